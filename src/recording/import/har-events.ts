/**
 * The messages of an event stream that Chrome has noted beside an entry, each with its time. Pure.
 * Where the body was kept as well they give it its times; where it was not, they are all there is,
 * and the stream is written anew from them.
 */
import { sse } from '../../framing/index.ts'
import { numberAt, textAt } from './fields.ts'
import { framesOf } from './frames.ts'

export interface EventSource {
  /** Undefined where the archive has the body itself. */
  readonly body?: Uint8Array
  /** Since the request, one for each frame with data. */
  readonly frameMs: readonly number[] | undefined
  readonly words: readonly string[]
}

interface Noted {
  readonly timeMs: number | undefined
  readonly event: string | undefined
  readonly id: string | undefined
  readonly data: string
}

export function eventSource(
  messages: readonly unknown[] | undefined,
  body: Uint8Array | undefined,
  startedMs: number | undefined,
): EventSource | undefined {
  if (!messages || messages.length === 0) return undefined
  const noted = messages.map(readMessage)
  const times = timesSince(noted, startedMs)
  if (!body || body.length === 0) {
    const said = 'the stream is written anew from its messages: comments and line ends are lost'
    return { body: written(noted), frameMs: times, words: [said] }
  }
  const frames = framesOf(body, sse()).filter(({ data }) => data !== undefined)
  const isSame =
    frames.length === noted.length && frames.every(({ data }, at) => data === noted[at]?.data)
  const said = `its ${noted.length} messages are not those of its body: their times are left out`
  return isSame ? { frameMs: times, words: [] } : { frameMs: undefined, words: [said] }
}

function readMessage(message: unknown): Noted {
  const event = textAt(message, 'eventName')
  const id = textAt(message, 'eventId')
  return {
    timeMs: wallTime(message),
    // What names no event is one named `message` to a browser.
    event: event === '' || event === 'message' ? undefined : event,
    id: id === '' ? undefined : id,
    data: textAt(message, 'data') ?? '',
  }
}

/** Chrome counts seconds, others milliseconds, or write a date. */
function wallTime(message: unknown): number | undefined {
  const time = numberAt(message, 'time')
  if (time !== undefined) return time > 1e11 ? time : time * 1000
  const date = Date.parse(textAt(message, 'time') ?? '')
  return Number.isNaN(date) ? undefined : date
}

/** Undefined where not all of them have one, or the clock of the messages is another. */
function timesSince(noted: readonly Noted[], startedMs: number | undefined): number[] | undefined {
  const times = noted.flatMap(({ timeMs }) => (timeMs === undefined ? [] : [timeMs]))
  if (times.length < noted.length) return undefined
  const first = times[0] ?? 0
  const isSameClock = startedMs !== undefined && first >= startedMs && first - startedMs < 3_600_000
  return times.map((time) => Math.max(0, time - (isSameClock ? startedMs : first)))
}

function written(noted: readonly Noted[]): Uint8Array {
  const framing = sse()
  let lastId: string | undefined
  const frames = noted.map(({ event, id, data }) => {
    const isNew = id !== undefined && id !== lastId
    lastId = id
    const message = {
      data,
      ...(event === undefined ? {} : { event }),
      ...(isNew ? { id } : {}),
    }
    return framing.encode(message)?.bytes ?? Buffer.alloc(0)
  })
  return Buffer.concat(frames)
}
