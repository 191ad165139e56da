/**
 * Recordings by their keys, a shelf for each way to compare that their folders ask for.
 * Must never take one of several for the one that was meant, where they differ in what is masked
 * and nothing tells which.
 */
import type { HttpRequest } from '../core/http.ts'
import { defaultSettings, type RecordingSettings } from '../core/recording-settings.ts'
import type { Recording } from '../recording/format.ts'
import { hasPieces } from '../recording/match/canonical-masked.ts'
import { type Keys, keysOf, likeness, Matching, type Seen } from '../recording/match/match.ts'
import type { MissReport } from '../recording/match/match-miss.ts'
import { type Near, nearest } from '../recording/match/match-nearest.ts'
import { shownText } from '../recording/match/match-sketch.ts'

interface Shelf {
  readonly matching: Matching
  readonly after: RecordingSettings['after']
  readonly exact: Map<string, Recording[]>
  readonly masked: Map<string, Recording[]>
}

/** What was taped for a request, in order; the same thing several times. */
interface Takes {
  readonly takes: readonly Recording[]
  readonly after: RecordingSettings['after']
}

interface NotFound {
  readonly reason: MissReport['reason']
  /** Those that the reason is about. */
  readonly takes: readonly Recording[]
}

export class Shelves {
  readonly #settingsOf: (recording: Recording) => RecordingSettings
  readonly #bySettings = new Map<RecordingSettings, Shelf>()
  readonly #shelfOf = new Map<Recording, Shelf>()
  #silent = 0

  constructor(settingsOf: (recording: Recording) => RecordingSettings) {
    this.#settingsOf = settingsOf
  }

  /** Those that hold an answer. */
  get answers(): readonly Recording[] {
    return [...this.#shelfOf.keys()]
  }

  get silent(): number {
    return this.#silent
  }

  get shelves(): readonly Shelf[] {
    return [...this.#bySettings.values()]
  }

  shelfOf(recording: Recording): Shelf | undefined {
    return this.#shelfOf.get(recording)
  }

  add(recording: Recording): void {
    if (!isAnswer(recording)) {
      this.#silent++
      return
    }
    const shelf = this.#shelfFor(this.#settingsOf(recording))
    const { exact, masked } = shelf.matching.keysOf(recording)
    this.#shelfOf.set(recording, shelf)
    put(shelf.exact, exact, recording)
    put(shelf.masked, masked, recording)
  }

  #shelfFor(settings: RecordingSettings): Shelf {
    const known = this.#bySettings.get(settings)
    if (known) return known
    const { after } = settings
    const shelf = { matching: new Matching(settings), after, exact: new Map(), masked: new Map() }
    this.#bySettings.set(settings, shelf)
    return shelf
  }

  question(request: HttpRequest, atMs: number): Question {
    return new Question(this, request, atMs)
  }
}

/** The service did something: also a connection broken before any head is an answer. */
const isAnswer = ({ status, ending }: Recording): boolean =>
  status !== undefined || (ending !== undefined && ending !== 'client-left')

function put(map: Map<string, Recording[]>, key: string, recording: Recording): void {
  const known = map.get(key)
  if (known) known.push(recording)
  else map.set(key, [recording])
}

/** One request, in every way in which it has to be looked at. */
class Question {
  readonly #shelves: Shelves
  readonly #request: HttpRequest
  readonly #atMs: number
  readonly #seen = new Map<Matching, { readonly seen: Seen; readonly keys: Keys }>()

  constructor(shelves: Shelves, request: HttpRequest, atMs: number) {
    this.#shelves = shelves
    this.#request = request
    this.#atMs = atMs
  }

  /** What was taped for exactly this, and else what was taped for the like of it. */
  find(): Takes | NotFound {
    const { shelves } = this.#shelves
    for (const { matching, exact, after } of shelves) {
      const takes = exact.get(this.#by(matching).keys.exact)
      if (takes) return { takes, after }
    }
    let missed: NotFound = { reason: 'none', takes: [] }
    for (const { matching, masked, after } of shelves) {
      const { seen, keys } = this.#by(matching)
      const chosen = choose(masked.get(keys.masked) ?? [], matching, seen)
      if ('reason' in chosen) missed = chosen.reason === 'none' ? missed : chosen
      else return { takes: chosen.takes, after }
    }
    return missed
  }

  report({ reason, takes }: NotFound): MissReport {
    const { answers, silent } = this.#shelves
    const [matching = new Matching(defaultSettings)] = this.#shelves.shelves.map(
      (one) => one.matching,
    )
    const { exact } = this.#by(matching).seen
    return {
      method: exact.method,
      path: shownText(exact.path),
      reason,
      recordings: answers.length,
      silent,
      nearest: this.#nearest(reason === 'none' ? answers : takes),
    }
  }

  #nearest(recordings: readonly Recording[]): readonly Near[] {
    const matchingOf = (recording: Recording): Matching =>
      this.#shelves.shelfOf(recording)?.matching ?? new Matching(defaultSettings)
    return nearest(recordings, matchingOf, (matching) => this.#by(matching).seen)
  }

  #by(matching: Matching): { readonly seen: Seen; readonly keys: Keys } {
    const known = this.#seen.get(matching)
    if (known) return known
    const seen = matching.asked(this.#request, this.#atMs)
    const found = { seen, keys: keysOf(seen) }
    this.#seen.set(matching, found)
    return found
  }
}

/** Of those that differ in what is masked alone, the ones that fit best. */
function choose(
  candidates: readonly Recording[],
  matching: Matching,
  asked: Seen,
): Pick<Takes, 'takes'> | NotFound {
  if (candidates.length === 0) return { reason: 'none', takes: [] }
  if (!hasPieces(asked.masked)) return { takes: candidates }
  const fitting = candidates.flatMap((recording) => {
    const found = likeness(matching.taped(recording), asked)
    return found ? [{ recording, guessed: found.guessed }] : []
  })
  const fewest = Math.min(...fitting.map(({ guessed }) => guessed.length))
  const best = fitting.filter(({ guessed }) => guessed.length === fewest)
  const takes = best.map(({ recording }) => recording)
  if (takes.length === 0) return { reason: 'none', takes }
  // Guesses that differ mean requests that differ: then none is as good as any other.
  const isOne = new Set(best.map(({ guessed }) => JSON.stringify(guessed))).size === 1
  return isOne ? { takes } : { reason: 'ambiguous', takes }
}
