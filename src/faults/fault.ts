/**
 * What a fault is. A fault turns steps into steps and knows nothing of SSE, of a vendor or of a
 * socket: whatever it needs to know of the stream it acts on comes in its context.
 */
import type { z } from 'zod'
import type { ApiError } from '../core/api-error.ts'
import type { Event } from '../core/event.ts'
import type { Frame, Framing } from '../core/frame.ts'
import type { HttpReply } from '../core/http.ts'
import type { Push } from '../core/push.ts'
import type { Random } from '../core/random.ts'
import type { Step } from '../core/timeline.ts'

/**
 * Steps in, steps out. Must keep three laws: `atMs` never descends, there is one ending and it is
 * the last step, and what comes before the place where the fault acts stays as it was.
 */
export interface Fault extends Push<Step, Step> {
  /**
   * When it wants to be woken although nothing arrives. Live traffic then brings it a write of no
   * bytes at that time; a finite timeline never needs to, since its next step is already there.
   */
  readonly wakeAtMs?: number | undefined
}

/** How to read and write the stream a fault acts on; given by whoever knows the dialect. */
export interface StreamLanguage {
  readonly framing: Framing
  decoder(): Push<Frame, Event>
  countTokens(text: string): number
  /**
   * An event in the dialect's form, or undefined where it has none. Some say when it is, so that
   * `atMs` is the time at which it comes, counted from the request's arrival.
   */
  encode(event: Event, atMs?: number): Uint8Array | undefined
  /** What keeps a connection alive between two frames, counted from 1; undefined where nothing can. */
  heartbeat(nth: number): Uint8Array | undefined
  /** The dialect's answer to a request that fails. */
  errorReply(error: ApiError): HttpReply
}

/** Where and when a fault acted: body bytes that were before it, and the time. */
export interface Acted {
  readonly atMs: number
  readonly byte: number
}

/** A place that is reached. */
export interface Reached extends Acted {
  /** False where the place is before the status line, so that no byte may be written yet. */
  readonly afterHead: boolean
}

export interface FaultContext {
  readonly stream: StreamLanguage
  readonly random: Random
  /** Bytes of the whole body; undefined on live traffic, where nobody knows yet. Costs a walk. */
  readonly bodyLength: (() => number) | undefined
  /** Chance for a fault that brings a seed of its own; a fork of `random` unless given. */
  seeded?(seed: number): Random
  /**
   * Called once by each fault that acts, at every walk of the timeline; a chain adds which of its
   * specs it was, from 0.
   */
  onAct?(kind: string, at: Acted, index?: number): void
  /** Set where the stream goes on with one that was broken off. */
  readonly resumed?: ResumedFrom | undefined
}

/** What a client that has come back to a stream was sent before. */
export interface ResumedFrom {
  /** The id that it came back with; undefined where the stream's frames have no ids. */
  readonly after: string | undefined
  /** The last so many frames of those it has, oldest first; comments do not count. */
  before(count: number): readonly Uint8Array[]
}

/**
 * What not every protocol has: the chunks of HTTP/1.1, a length in their place, headers of a
 * connection, HTTP/2's frames, and the code of a reset.
 */
export type WireNeed = 'chunks' | 'length' | 'connection-headers' | 'http2' | 'http2-code'

export interface FaultKind<Options> {
  readonly name: string
  /** One sentence for users; it is published in the JSON Schema of scenarios. */
  readonly summary: string
  readonly schema: z.ZodType<Options>
  /** What the request's protocol must have for it; nothing unless said. See `wire.ts`. */
  needs?(options: Options): WireNeed | undefined
  /** With it the answer is a head and nothing else. */
  leavesNoBody?(options: Options): boolean
  /** `options` must have come out of this kind's own schema. */
  create(options: Options, context: FaultContext): Fault
}

/** A fault as a scenario or a request asks for it, checked. Plain data. */
export interface FaultSpec {
  readonly kind: string
  /** What the kind's schema made of the written options. */
  readonly options: unknown
  /** The chance that it acts at all, drawn once an exchange. */
  readonly probability: number
  /** Draws its chance from here instead of from the answer's own source. */
  readonly seed?: number
  /** What it was read from, in the form of a scenario; the schema always gives it. */
  readonly written?: WrittenFault
}

/** A fault as a scenario writes it: a bare name, or its name with options. Plain data. */
export type WrittenFault = string | Readonly<Record<string, unknown>>
