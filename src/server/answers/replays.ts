/**
 * Recordings that rules replay by request, and what they have for one request. Must never ask one
 * collection twice about a request: each asking goes on in its sequence.
 */
import type { HttpRequest } from '../../core/http.ts'
import { type Soon, soon } from '../../core/soon.ts'
import type { Recording } from '../../recording/format.ts'
import { openRecording } from '../../recording/store.ts'
import type { Reply } from '../../scenario/scenario.ts'
import type { CandidateTape } from '../../scenario/state.ts'
import type {
  Play,
  ReplayAnswer,
  ReplayMiss,
  ReplaySource,
  Takes,
} from '../../sources/recording.ts'
import type { SharedState } from '../shared/shared-state.ts'

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

/** What rules have of recordings once they answer. */
export type RuleReplays = Pick<Replays, 'answer' | 'add'>

/** For one request. */
export class Replays {
  readonly #sources: ReplaySources
  readonly #http: HttpRequest
  readonly #found = new Map<string, Takes | ReplayMiss>()
  /** Collections whose folder was looked through because their sequence was used up. */
  readonly #lookedThrough = new Set<string>()

  constructor(sources: ReplaySources, http: HttpRequest) {
    this.#sources = sources
    this.#http = http
  }

  /** What a rule may take of its sequence; undefined where nothing was taped for the request. */
  tape(reply: Reply): CandidateTape | undefined {
    if (reply.kind !== 'replay') return undefined
    const found = this.#ask(reply)
    const source = this.#source(reply)
    if ('miss' in found || !source) return undefined
    const isLast = this.#lookedThrough.has(collectionOf(reply))
    const usedUp = reply.missing !== 'next' ? 'answers' : isLast ? 'next' : 'stop'
    return { ...source.sequence(found), usedUp }
  }

  /** Why the next rule has its turn, where nothing was taped for the request. */
  declines(reply: Reply): string | undefined {
    if (reply.kind !== 'replay' || reply.missing !== 'next') return undefined
    const found = this.#ask(reply)
    return 'miss' in found ? found.miss : undefined
  }

  /** Why it has, where all takes have been played. */
  usedUp(reply: Reply): string | undefined {
    if (reply.kind !== 'replay') return undefined
    const found = this.#ask(reply)
    return 'miss' in found ? found.miss : this.#usedUp(reply, found).miss
  }

  /** The sequence is used up: there may be more by now. */
  lookAgain(reply: Reply): void {
    if (reply.kind !== 'replay') return
    const collection = collectionOf(reply)
    this.#lookedThrough.add(collection)
    if (this.#source(reply)?.lookAgain(false)) this.#found.delete(collection)
  }

  /**
   * What the rule plays.
   * @param take the place of what it has taken; undefined where all takes had been played
   */
  answer(reply: ReplayReply, take: number | undefined, play: Play): Soon<ReplayAnswer> {
    const found = this.#ask(reply)
    const source = this.#source(reply)
    if ('miss' in found || !source) return 'miss' in found ? found : unknownTo(reply)
    const recording = take === undefined ? undefined : found.takes[take]
    const isDoubtful = recording === undefined || recording.isCurrent === false
    if (isDoubtful && source.lookAgain(recording !== undefined)) {
      return source.answer(this.#http, play)
    }
    if (!recording) return this.#usedUp(reply, found)
    source.note(recording)
    return { recording }
  }

  /** What was taped just now is played from now on, if it is whole. */
  add(reply: ReplayReply, file: string): void {
    const recording = openRecording(file)
    if (hasEnding(recording)) this.#source(reply)?.add(recording)
  }

  #source(reply: ReplayReply): ReplaySource | undefined {
    return this.#sources.get(collectionOf(reply))
  }

  #ask(reply: ReplayReply): Takes | ReplayMiss {
    const collection = collectionOf(reply)
    const known = this.#found.get(collection)
    if (known) return known
    const found = this.#askSource(reply)
    this.#found.set(collection, found)
    return found
  }

  #askSource(reply: ReplayReply): Takes | ReplayMiss {
    const source = this.#source(reply)
    if (!source) return unknownTo(reply)
    const found = source.ask(this.#http)
    // Where the next rule has its turn, that must be known before anything is taken.
    const isGone = reply.missing === 'next' && 'takes' in found && found.takes.some(isOutdated)
    return isGone && source.lookAgain(true) ? source.ask(this.#http) : found
  }

  #usedUp(reply: ReplayReply, { takes }: Takes): ReplayMiss {
    return this.#source(reply)?.usedUp(this.#http, takes) ?? unknownTo(reply)
  }
}

/** Of a stage whose rules replay nothing. */
export const noReplays = {
  answer: (reply: ReplayReply): ReplayAnswer => unknownTo(reply),
  add: (): void => {},
}

/** Takes what comes next of a sequence, in a session. */
export const playIn =
  (session: string, states: SharedState): Play =>
  (sequence) =>
    soon(states.play({ session, ...sequence }), (at) => at ?? undefined)

const isOutdated = ({ isCurrent }: Recording): boolean => isCurrent === false

const unknownTo = ({ path }: ReplayReply): ReplayMiss => ({ miss: `nothing is known of ${path}` })

/** The service said all that it had to say, well or badly. */
export const hasEnding = ({ ending }: { readonly ending: string | undefined }): boolean =>
  ending === 'end' || ending === 'close' || ending === 'reset'
