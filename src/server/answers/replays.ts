/**
 * Recordings that rules replay by request, and what they have for one request. Must never ask one
 * collection twice about a request: each asking goes on in its sequence.
 */
import type { HttpRequest } from '../../core/http.ts'
import { openRecording } from '../../recording/store.ts'
import type { Reply } from '../../scenario/scenario.ts'
import type { ReplayAnswer, ReplaySource } from '../../sources/recording.ts'

export type ReplayReply = Extract<Reply, { kind: 'replay' }>

/** The collections of a stage, by `collectionOf`. */
export type ReplaySources = ReadonlyMap<string, ReplaySource>

/**
 * Where somebody else can be asked, a recording whose rest nobody knows is none: two rules for one
 * folder share their place in its sequences, unless they differ in that.
 */
export const collectionOf = ({ path, missing }: ReplayReply): string =>
  `${isDemanding(missing) ? 'whole' : 'any'} ${path}`

export const isDemanding = (missing: ReplayReply['missing']): boolean => missing !== 'error'

/** For one request. */
export class Replays {
  readonly #sources: ReplaySources
  readonly #http: HttpRequest
  readonly #found = new Map<string, ReplayAnswer>()

  constructor(sources: ReplaySources, http: HttpRequest) {
    this.#sources = sources
    this.#http = http
  }

  find(reply: ReplayReply, session: string): ReplayAnswer {
    const collection = collectionOf(reply)
    const known = this.#found.get(collection)
    const found = known ?? this.#sources.get(collection)?.answer(this.#http, session)
    const answer = found ?? { miss: `nothing is known of ${reply.path}` }
    this.#found.set(collection, answer)
    return answer
  }

  /** What was taped just now is played from now on, if it is whole. */
  add(reply: ReplayReply, file: string): void {
    const recording = openRecording(file)
    if (hasEnding(recording)) this.#sources.get(collectionOf(reply))?.add(recording)
  }
}

/** The service said all that it had to say, well or badly. */
export const hasEnding = ({ ending }: { readonly ending: string | undefined }): boolean =>
  ending === 'end' || ending === 'close' || ending === 'reset'
