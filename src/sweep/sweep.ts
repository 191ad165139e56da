/**
 * A client against every variant of a reply, on a virtual clock: a minute of silence takes no time,
 * and thousands of variants take seconds. No socket is opened.
 */
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import type { Headers } from '../core/http.ts'
import { type Ending, isEnding, type Step, type Timeline } from '../core/timeline.ts'
import { mayChangeLength } from '../faults/wire.ts'
import { VirtualClock } from '../time/clock.ts'
import { waiting } from '../time/waiting.ts'
import { shown, usage } from './given.ts'
import { Playback } from './playback.ts'
import { brokenBy, type SweptReply, specsOf } from './reply.ts'
import type { VariantPlan } from './variant.ts'
import { type VariantOptions, variantsOf } from './variants.ts'
import { isRight, type Verdict, verdictOnOutput } from './verdict.ts'
import { type Fetch, virtualFetch } from './virtual-fetch.ts'

/** A piece of the body, and when it comes: milliseconds since the request arrived. */
export interface TimedChunk {
  readonly atMs: number
  readonly bytes: Uint8Array
}

/** Asks by the given `fetch` and tells what it got, as text; throws where it sees that all is not well. */
export type SweptClient = (fetch: Fetch, variant: Variant) => Promise<string>

/** Reads chunks that are there already. A body that did not end cleanly has another `ending`. */
export type SweptParser = (chunks: readonly TimedChunk[], ending: Ending) => string

/** What a client made of a variant. */
export interface SweptResult {
  readonly verdict: Verdict
  /** Whether a right client may come to it. */
  readonly isRight: boolean
  /** What the client told; undefined where it threw or never came back. */
  readonly output: string | undefined
  /** What it threw. */
  readonly error: unknown
  readonly requests: number
  /** In virtual time. */
  readonly ms: number
}

/** A client that asks more often than this in answer to one variant is not asked to stop by itself. */
const mostRequests = 20

/** A client that sets itself alarms for ever is not waited for: this much silence is a hang. */
const longestMs = 60 * 60_000

export class Variant implements VariantPlan {
  readonly name: string
  readonly group: string
  readonly family: string
  readonly size: number
  readonly fault: VariantPlan['fault']
  readonly seed: number
  readonly expect: VariantPlan['expect']
  /** Stands still unless somebody waits for something. A client's own timeouts may be set on it. */
  readonly clock = new VirtualClock()

  readonly #sweep: Sweep
  #steps: readonly Step[] | undefined
  readonly #waiting = waiting(this.clock, longestMs)
  #requests = 0
  #onStill: () => void = () => {}

  constructor(plan: VariantPlan, sweep: Sweep) {
    this.name = plan.name
    this.group = plan.group
    this.family = plan.family
    this.size = plan.size
    this.fault = plan.fault
    this.seed = plan.seed
    this.expect = plan.expect
    this.#sweep = sweep
  }

  /** What a server does to the connection, and when; the same at every look. */
  timeline(): Timeline {
    this.#steps ??= this.#sweep.steps(this)
    return this.#steps
  }

  get status(): number | undefined {
    return headOf(this.timeline())?.status
  }

  get headers(): Headers {
    return headOf(this.timeline())?.headers ?? []
  }

  /** The whole body as it comes, without waiting for it. */
  get chunks(): readonly TimedChunk[] {
    const chunks: TimedChunk[] = []
    for (const step of this.timeline()) {
      if (step.do === 'write' && step.bytes.length > 0) chunks.push(step)
    }
    return chunks
  }

  get ending(): Ending {
    for (const step of this.timeline()) if (isEnding(step)) return step.do
    return 'end'
  }

  /** Each call is a request that is answered by this variant. */
  readonly fetch: Fetch = virtualFetch(() => this.#open())

  response(): Promise<Response> {
    return this.fetch('http://stuntdouble.invalid/')
  }

  /** The chunks of the body on the virtual clock, ending or breaking off as the variant does. */
  async *body(): AsyncGenerator<Uint8Array> {
    const { body } = await this.response()
    if (body) yield* body
  }

  /**
   * The client's answer beside its answer to the clean reply. The client is asked for that once a
   * sweep, and must tell the same each time.
   */
  async run(client: SweptClient): Promise<SweptResult> {
    const clean = this.fault.length === 0 ? undefined : await this.#sweep.cleanOutput(client)
    this.#requests = 0
    const startedMs = this.clock.now()
    const told = await this.#outcome(client)
    const { output, error } = told
    if (output !== undefined && clean === undefined && this.#requests === 0) throw neverAsked()
    const verdict = told.hangs ? 'hang' : this.#verdictOn(output, clean ?? output)
    const ms = this.clock.now() - startedMs
    return {
      verdict,
      isRight: isRight(verdict, this.expect),
      output,
      error,
      requests: this.#requests,
      ms,
    }
  }

  /** The same for a parser that needs no waiting. */
  runSync(parser: SweptParser): SweptResult {
    const clean = this.fault.length === 0 ? undefined : this.#sweep.cleanOutputSync(parser)
    const { output, error } = attempt(() => parser(this.chunks, this.ending))
    if (error === undefined) checkText(output, this.name)
    const verdict = this.#verdictOn(output, clean ?? output)
    return { verdict, isRight: isRight(verdict, this.expect), output, error, requests: 1, ms: 0 }
  }

  toString(): string {
    return this.name
  }

  #verdictOn(output: string | undefined, clean: string | undefined): Verdict {
    if (this.#requests > mostRequests) return 'retry storm'
    return output === undefined ? 'clean error' : verdictOnOutput(output, clean ?? '')
  }

  #open(): Playback {
    this.#requests += 1
    return new Playback(this.timeline(), {
      waiting: this.#waiting,
      startedMs: this.clock.now(),
      lengthMayChange: this.#sweep.lengthMayChange(this),
      onStill: () => this.#onStill(),
    })
  }

  async #outcome(client: SweptClient): Promise<Outcome> {
    const still = new Promise<Outcome>((resolve) => {
      this.#onStill = () => resolve({ hangs: true, output: undefined, error: undefined })
    })
    // One that throws before it waits for anything throws all the same.
    const done = new Promise<string>((resolve) => resolve(client(this.fetch, this))).then(
      (output): Outcome => ({ hangs: false, output, error: undefined }),
      (error: unknown): Outcome => ({ hangs: false, output: undefined, error }),
    )
    const outcome = await Promise.race([done, still])
    if (!outcome.hangs && outcome.error === undefined) checkText(outcome.output, this.name)
    return outcome
  }
}

/** Callers in plain JavaScript forget a `return`, or an `await`. */
function checkText(output: unknown, name: string): void {
  if (typeof output === 'string') return
  const hint = output instanceof Promise ? '; a parser that waits is for variant.run' : ''
  const said = `at ${name} the client returned ${shown(output)} and no text${hint}`
  throw usage(`sweep: ${said}`)
}

const neverAsked = (): StuntdoubleError =>
  usage(
    'sweep: the client never asked: it must call the fetch that it is given; for a parser of chunks there is variant.runSync',
  )

interface Outcome {
  readonly hangs: boolean
  readonly output: string | undefined
  readonly error: unknown
}

function attempt(run: () => string): { output: string | undefined; error: unknown } {
  try {
    return { output: run(), error: undefined }
  } catch (error) {
    return { output: undefined, error }
  }
}

function headOf(timeline: Timeline) {
  for (const step of timeline) if (step.do === 'head') return step
  return undefined
}

/** What all variants of one sweep share. */
class Sweep {
  readonly #reply: SweptReply
  readonly #clean = new WeakMap<SweptClient, Promise<string>>()
  readonly #cleanSync = new WeakMap<SweptParser, string>()

  constructor(reply: SweptReply) {
    this.#reply = reply
  }

  steps({ fault, seed }: VariantPlan): readonly Step[] {
    return [...brokenBy(this.#reply, specsOf(fault), seed)]
  }

  lengthMayChange({ fault }: VariantPlan): boolean {
    return mayChangeLength([...this.#reply.faults, ...specsOf(fault)])
  }

  cleanOutput(client: SweptClient): Promise<string> {
    const known = this.#clean.get(client)
    if (known) return known
    const clean = this.#cleanVariant()
      .run(client)
      .then(({ output, error, verdict }) => {
        if (output !== undefined) return output
        throw notClean(verdict === 'hang' ? 'it never came back' : messageOf(error))
      })
    this.#clean.set(client, clean)
    return clean
  }

  cleanOutputSync(parser: SweptParser): string {
    const known = this.#cleanSync.get(parser)
    if (known !== undefined) return known
    const { output, error } = this.#cleanVariant().runSync(parser)
    if (output === undefined) throw notClean(messageOf(error))
    this.#cleanSync.set(parser, output)
    return output
  }

  #cleanVariant(): Variant {
    const [plan] = variantsOf(this.#reply, { only: ['clean'] })
    if (!plan) throw new StuntdoubleError('internal', 'there is no clean variant')
    return new Variant(plan, this)
  }
}

const notClean = (why: string): StuntdoubleError =>
  new StuntdoubleError('usage', `sweep: the client has no output for the clean reply: ${why}`)

/**
 * Every variant of a reply, in an order that is the same each time. Throws a `usage` error at once
 * where an option makes no sense.
 */
export function sweep(reply: SweptReply, options: VariantOptions = {}): Generator<Variant> {
  const shared = new Sweep(reply)
  const plans = variantsOf(reply, options)
  return variantsWith(plans, shared)
}

function* variantsWith(plans: readonly VariantPlan[], shared: Sweep): Generator<Variant> {
  for (const plan of plans) yield new Variant(plan, shared)
}
