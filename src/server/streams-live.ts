/** Live streams in the library: the same as by HTTP, in the same words. */
import type { Ending } from '../core/timeline.ts'
import { readMatter } from './control/streams.ts'
import type { Stream, StreamFilter, StreamState, Streams } from './streams.ts'
import { readStreamPlace } from './streams-place.ts'

/** Where a stream is to pause: `frame:3`, or `{ frame: 3 }`. */
export type PauseAt =
  | string
  | { readonly frame: number }
  | { readonly byte: number }
  | { readonly time: string | number }

/** What is pushed: one of these, as for the fault `inject`. */
export interface Pushed {
  readonly raw?: string
  readonly base64?: string
  readonly comment?: string
  readonly error?: { readonly code: string; readonly message?: string }
  readonly event?: { readonly type: string; readonly [option: string]: unknown }
}

/** One or several streams. What cannot be done throws an error that says why. */
interface StreamControl {
  pause(at?: PauseAt): void
  resume(options?: { readonly catchUp?: boolean }): void
  step(frames?: number): void
  push(pushed: Pushed): void
  end(how?: Ending): void
}

/** A stream that is, or was, being played. */
export interface LiveStream extends StreamControl {
  /** That of its journal entry. */
  readonly id: number
  readonly session: string
  readonly rule: string
  readonly state: StreamState
  readonly bytes: number
  /** Whole frames written; undefined where nobody has counted them from the beginning. */
  readonly frames: number | undefined
  /** What the client's kernel has not acknowledged; only Linux tells. */
  unacknowledgedBytes(): Promise<number | undefined>
}

/** All methods act on every open stream of those that are meant. */
export interface LiveStreams extends StreamControl {
  list(filter?: StreamFilter): readonly LiveStream[]
  get(id: number): LiveStream | undefined
  /** Those of one session, or of one rule, for the methods. */
  of(filter: StreamFilter): StreamControl
}

export function liveStreams(streams: Streams): LiveStreams {
  const list = (filter?: StreamFilter) => streams.all(filter).map(liveStream)
  const of = (filter?: StreamFilter): StreamControl => controlOf(() => streams.all(filter))
  return {
    ...of(),
    list,
    of,
    get: (id) => {
      const stream = streams.get(id)
      return stream && liveStream(stream)
    },
  }
}

function controlOf(all: () => readonly Stream[]): StreamControl {
  const each = (act: (stream: Stream) => void): void => all().forEach(act)
  return {
    pause: (at) => {
      const place = at === undefined ? undefined : readStreamPlace(at, 'pause')
      each((stream) => stream.pause(place))
    },
    resume: (options) => each((stream) => stream.resume(options)),
    step: (frames) => each((stream) => stream.step(frames)),
    push: (pushed) => {
      const matter = readMatter(pushed)
      each((stream) => stream.push(matter))
    },
    end: (how) => each((stream) => stream.end(how)),
  }
}

function liveStream(stream: Stream): LiveStream {
  const { id, session, rule } = stream.record
  return {
    ...{ id, session, rule },
    ...controlOf(() => [stream]),
    get state() {
      return stream.state
    },
    get bytes() {
      return stream.bytes
    },
    get frames() {
      return stream.frames
    },
    unacknowledgedBytes: () => stream.unacknowledged(),
  }
}
