/** Live streams in the library: the same as by HTTP, in the same words. */
import type { Ending } from '../../core/timeline.ts'
import { readMatter } from './act.ts'
import type { Stream, StreamState } from './stream.ts'
import { actOnAll, refusedByAll, type StreamFilter, type Streams } from './streams.ts'
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

/**
 * One or several streams. What cannot be done throws an error that says why; of several, where it
 * can be done to none of them.
 */
interface StreamControl<Said> {
  pause(at?: PauseAt): Said
  resume(options?: { readonly catchUp?: boolean }): Said
  step(frames?: number): Said
  push(pushed: Pushed): Said
  end(how?: Ending): Said
}

/** What became of one stream of several. */
export interface StreamActedOn {
  readonly id: number
  readonly done: boolean
  /** Why it could not be done. */
  readonly why?: string
}

/** A stream that is, or was, being played. */
export interface LiveStream extends StreamControl<void> {
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

/** All methods act on every open stream of those that are meant, and say of each what happened. */
export interface LiveStreams extends StreamControl<readonly StreamActedOn[]> {
  list(filter?: StreamFilter): readonly LiveStream[]
  get(id: number): LiveStream | undefined
  /** Those of one session, or of one rule, for the methods. */
  of(filter: StreamFilter): StreamControl<readonly StreamActedOn[]>
}

export function liveStreams(streams: Streams): LiveStreams {
  const list = (filter?: StreamFilter) => streams.all(filter).map(liveStream)
  const of = (filter?: StreamFilter) =>
    controlOf((act) => {
      const acted = actOnAll(streams.all(filter), act)
      const refusal = refusedByAll(acted.map(({ stream, refusal: own }) => [stream.record.id, own]))
      if (refusal) throw refusal
      return acted.map(({ stream: { record }, refusal: own }) => ({
        id: record.id,
        done: own === undefined,
        ...(own ? { why: own.message } : {}),
      }))
    })
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

function controlOf<Said>(each: (act: (stream: Stream) => void) => Said): StreamControl<Said> {
  return {
    pause: (at) => {
      const place = at === undefined ? undefined : readStreamPlace(at, 'pause')
      return each((stream) => stream.pause(place))
    },
    resume: (options) => each((stream) => stream.resume(options)),
    step: (frames) => each((stream) => stream.step(frames)),
    push: (pushed) => {
      const matter = readMatter(pushed)
      return each((stream) => stream.push(matter))
    },
    end: (how) => each((stream) => stream.end(how)),
  }
}

function liveStream(stream: Stream): LiveStream {
  const { id, session, rule } = stream.record
  return {
    ...{ id, session, rule },
    ...controlOf((act) => act(stream)),
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
