/**
 * How often each session has played each take of what was taped several times, by name, so that a
 * reload forgets nothing. Bounded, so that a server which runs for weeks does not grow.
 */
import type { RecordingSettings } from '../core/recording-settings.ts'

/** What was taped for one request, as plain data. */
export interface SequenceAsk {
  /** Sessions count for each source on their own. */
  readonly source: string
  /** Names of the recordings, in their order. */
  readonly takes: readonly string[]
  /** What comes after the last. */
  readonly after: RecordingSettings['after']
}

const mostSessions = 10_000
const mostPlays = 200_000

export class Sequences {
  /** By session, and there by source and take. */
  readonly #plays = new Map<string, Map<string, number>>()
  #count = 0

  /** The place among the takes of the one that comes next; undefined where all have been played. */
  next(session: string, { source, takes, after }: SequenceAsk): number | undefined {
    const plays = this.#of(session)
    const times = takes.map((take) => plays.get(keyOf(source, take)) ?? 0)
    const fewest = Math.min(...times)
    const isOver = fewest > 0 && after !== 'loop'
    if (isOver && after === 'error') return undefined
    const at = isOver ? takes.length - 1 : times.indexOf(fewest)
    const take = takes[at]
    if (take === undefined) return undefined
    const key = keyOf(source, take)
    if (!plays.has(key)) this.#count++
    plays.set(key, (plays.get(key) ?? 0) + 1)
    this.#shrink()
    return at
  }

  hasUnplayed(session: string, { source, takes }: Omit<SequenceAsk, 'after'>): boolean {
    const plays = this.#plays.get(session)
    return takes.some((take) => !plays?.has(keyOf(source, take)))
  }

  reset(session?: string): void {
    if (session === undefined) this.#plays.clear()
    this.#count = session === undefined ? 0 : this.#count - this.#drop(session)
  }

  #of(session: string): Map<string, number> {
    const plays = this.#plays.get(session) ?? new Map<string, number>()
    this.#plays.delete(session)
    this.#plays.set(session, plays)
    return plays
  }

  #drop(session: string): number {
    const { size = 0 } = this.#plays.get(session) ?? {}
    this.#plays.delete(session)
    return size
  }

  /** The longest unused first; the one in use stays. */
  #shrink(): void {
    for (const oldest of this.#plays.keys()) {
      const isFull = this.#plays.size > mostSessions || this.#count > mostPlays
      if (!isFull || this.#plays.size === 1) return
      this.#count -= this.#drop(oldest)
    }
  }
}

const keyOf = (source: string, take: string): string => `${source}\0${take}`
