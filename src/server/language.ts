/**
 * How the stream of one exchange is read and written, for faults: its framing follows from the
 * content type of the head, which on live traffic nobody knows before it comes.
 */

import { joinBytes, utf8 } from '../core/bytes.ts'
import type { Dialect, ReplyContext } from '../core/dialect.ts'
import type { Event } from '../core/event.ts'
import type { Frame, Framing } from '../core/frame.ts'
import { header } from '../core/http.ts'
import type { Push } from '../core/push.ts'
import type { HeadStep, LiveSteps, LiveTimeline, Step, Timeline } from '../core/timeline.ts'
import { countTokens } from '../dialects/grain.ts'
import type { StreamLanguage } from '../faults/fault.ts'
import { framingFor } from '../framing/index.ts'
import { plainDialect } from './answers/plain.ts'

export interface Listening<T extends Timeline | LiveTimeline> {
  readonly language: StreamLanguage
  /** The same timeline, listened to until its head has told the content type. */
  readonly timeline: T
}

export function listenFinite(
  timeline: Timeline,
  dialect: Dialect | undefined,
  reply: ReplyContext,
): Listening<Timeline> {
  const { language, note } = lateLanguage(dialect, reply)
  // A finite timeline can be looked at before it is played, and its head comes first.
  for (const step of timeline) {
    note(step)
    break
  }
  const listened = {
    *[Symbol.iterator]() {
      for (const step of timeline) {
        note(step)
        yield step
      }
    },
  }
  return { language, timeline: listened }
}

export function listenLive(
  timeline: LiveTimeline,
  dialect: Dialect | undefined,
  reply: ReplyContext,
): Listening<LiveTimeline> {
  const { language, note } = lateLanguage(dialect, reply)
  const listened = {
    [Symbol.asyncIterator](): LiveSteps {
      const steps = timeline[Symbol.asyncIterator]()
      return {
        async next() {
          const next = await steps.next()
          if (!next.done) note(next.value)
          return next
        },
        return: async () => (await steps.return?.()) ?? { done: true, value: undefined },
        detach: () => {
          if (steps.detach) steps.detach()
          else steps.return?.().catch(() => {})
        },
      }
    },
  }
  return { language, timeline: listened }
}

/** For a stream whose head is known. */
export function languageAfter(
  head: HeadStep,
  dialect: Dialect | undefined,
  reply: ReplyContext,
): StreamLanguage {
  const { language, note } = lateLanguage(dialect, reply)
  note(head)
  return language
}

function lateLanguage(
  dialect: Dialect | undefined,
  reply: ReplyContext,
): { language: StreamLanguage; note: (step: Step) => void } {
  let contentType: string | undefined
  const framing = (): Framing => {
    const framings = framingsOf(dialect)
    // A tape may have lost the type; the dialect's usual stream is the best guess there is.
    if (contentType === undefined && framings[0]) return framings[0]
    const own = framings.find((one) => typeOf(one.contentType) === typeOf(contentType))
    return own ?? framingFor(contentType)
  }
  return {
    language: {
      framing: lateFraming(framing),
      decoder: () => lateDecoder(() => eventDecoder(dialect, framing())),
      countTokens,
      encode: (event, atMs) => encode({ event, atMs }, dialect, framing(), reply),
      heartbeat: (nth) => heartbeat(nth, dialect, framing()),
      errorReply: (error) =>
        (dialect ?? plainDialect).error(error, reply.request.http, reply.random),
    },
    note: (step) => {
      if (step.do === 'head') contentType = header(step.headers, 'content-type')
    },
  }
}

const framingsOf = (dialect: Dialect | undefined): readonly Framing[] =>
  dialect ? [dialect.framing, ...(dialect.otherFramings ?? [])] : []

const typeOf = (contentType: string | undefined): string | undefined =>
  contentType?.split(';')[0]?.trim().toLowerCase()

const isOwn = (dialect: Dialect | undefined, framing: Framing): boolean =>
  framingsOf(dialect).some(({ name }) => name === framing.name)

/** A framing that is chosen when the first bytes come. */
function lateFraming(choose: () => Framing): Framing {
  return {
    get name() {
      return choose().name
    },
    get contentType() {
      return choose().contentType
    },
    encode: (message) => choose().encode(message),
    withData: (frame, data) => choose().withData(frame, data),
    decoder: () => lateDecoder(() => choose().decoder()),
  }
}

function lateDecoder<In, Out>(choose: () => Push<In, Out>): Push<In, Out> {
  let chosen: Push<In, Out> | undefined
  const decoder = (): Push<In, Out> => {
    chosen ??= choose()
    return chosen
  }
  return { push: (input) => decoder().push(input), end: () => decoder().end() }
}

/** Frames of another framing than the dialect's streams are whole replies or nothing it knows. */
function eventDecoder(dialect: Dialect | undefined, framing: Framing): Push<Frame, Event> {
  if (dialect && isOwn(dialect, framing)) return dialect.decoder()
  return {
    push: (frame) => {
      const events = dialect?.decodeWhole(frame.bytes) ?? []
      return events.length > 0 ? events : [{ type: 'raw', bytes: frame.bytes }]
    },
    end: () => [],
  }
}

function encode(
  { event, atMs }: { readonly event: Event; readonly atMs: number | undefined },
  dialect: Dialect | undefined,
  framing: Framing,
  reply: ReplyContext,
): Uint8Array | undefined {
  if (event.type === 'raw') return event.bytes
  if (event.type === 'comment') return framing.encode({ comment: event.text })?.bytes
  if (!dialect || !isOwn(dialect, framing)) return undefined
  const frames = dialect.encoder(reply).push(event, atMs)
  return frames.length === 0 ? undefined : joinBytes(frames.map(({ bytes }) => bytes))
}

/** Framings of JSON, between whose frames white space means nothing. */
const jsonFramings: ReadonlySet<Framing['name']> = new Set(['ndjson', 'json-array', 'json'])

function heartbeat(
  nth: number,
  dialect: Dialect | undefined,
  framing: Framing,
): Uint8Array | undefined {
  if (dialect?.heartbeat && isOwn(dialect, framing)) return dialect.heartbeat.frame(nth).bytes
  const comment = framing.encode({ comment: 'keep-alive' })
  return comment?.bytes ?? (jsonFramings.has(framing.name) ? utf8('\n') : undefined)
}
