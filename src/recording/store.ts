/**
 * Recordings on disk, for everybody else: one by its name, or all of some files and folders.
 * The files named `store*` are the only ones of this folder that touch files.
 */
import type { Clock } from '../core/clock.ts'
import { formatMistake, type Mistake } from '../core/errors.ts'
import { RealClock } from '../time/clock.ts'
import type { Recording } from './format.ts'
import { badRecording, FileRecording, firstOf, type OnMistakes } from './store-file.ts'
import { Listing } from './store-listing.ts'
import { scan } from './store-scan.ts'

export { createTape, type Tape } from './store-tape.ts'
export type { TapeHead } from './transcribe.ts'

export interface LibraryOptions {
  /** Reads every file to its end; of large ones, else only head and ending are looked at. */
  readonly whole?: boolean
  /** Called now and then while files are read that no index knows: so many of so many. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined
  /** Told once of what is found after opening: while playing, or in files that came or changed. */
  readonly onMistake?: ((mistake: Mistake) => void) | undefined
  readonly clock?: Clock
}

/** The recordings of some files and folders, as they are on disk. */
export interface Library {
  /**
   * In the order of the paths, each folder's by their names. A broken file is among them if some
   * of it plays, and says so (`broken`).
   */
  readonly recordings: readonly Recording[]
  /** What was found by looking, not by playing; of a file that still plays, also what does. */
  readonly mistakes: readonly Mistake[]
  /** Of those, what is wrong with paths that were named and give nothing to play. */
  readonly refused: readonly Mistake[]
  /**
   * Looks what came, changed or went meanwhile; true where something did. What has no ending yet
   * may still be in the middle of being taped, and is not among the recordings until it has.
   *
   * Of more than a thousand files those that were known are looked at only now and then, unless
   * `all` of them must be.
   */
  refresh(options?: { readonly all?: boolean }): boolean
}

/** Never throws: what cannot be read is a mistake. */
export function openLibrary(paths: readonly string[], options: LibraryOptions = {}): Library {
  const clock = options.clock ?? new RealClock()
  const { whole: isWhole = false, onProgress, onMistake } = options
  const told = new Set<string>()
  const onMistakes = toldOnce(told, onMistake ?? (() => undefined))
  const listings = paths.map(
    (path) => new Listing(path, { clock, isWhole, onProgress, onMistakes }),
  )
  const recordingsNow = (): readonly Recording[] => listings.flatMap((one) => one.recordings)
  let recordings = recordingsNow()
  // What the caller can read in `mistakes` at once is no news.
  for (const { mistakes } of listings) for (const one of mistakes) told.add(formatMistake(one))
  return {
    get recordings() {
      return recordings
    },
    get mistakes() {
      return listings.flatMap(({ mistakes }) => mistakes)
    },
    get refused() {
      const isRefused = (one: Listing): boolean => !one.isFolder && one.recordings.length === 0
      return listings.filter(isRefused).flatMap(({ mistakes }) => mistakes)
    },
    refresh({ all = false } = {}) {
      const changed = listings.map((one) => one.refresh(all))
      if (!changed.includes(true)) return false
      recordings = recordingsNow()
      return true
    },
  }
}

/** A broken recording is played many times, and looked at with each refresh. */
function toldOnce(told: Set<string>, tell: (mistake: Mistake) => void): OnMistakes {
  return (mistakes) => {
    for (const mistake of mistakes) {
      const text = formatMistake(mistake)
      if (told.has(text)) continue
      told.add(text)
      tell(mistake)
    }
  }
}

/** Every file is read to its end; the recordings are those without a mistake. */
export function listRecordings(paths: readonly string[]): {
  recordings: readonly Recording[]
  mistakes: readonly Mistake[]
} {
  const library = openLibrary(paths, { whole: true })
  return {
    recordings: library.recordings.filter(({ broken }) => !broken),
    mistakes: library.mistakes,
  }
}

/** What was opened, by file, as long as the file is the same. */
const opened = new Map<string, FileRecording>()
const mostOpened = 1000

/**
 * The same recording for the same file until the file changes, so that it can be asked for with
 * every request. Throws `bad-recording` where there is a mistake in it, or it cannot be read; what
 * is found in the middle of a large one is thrown by its timeline.
 */
export function openRecording(file: string): Recording {
  const known = opened.get(file)
  if (known?.isCurrent) return known
  const { version, facts, mistakes } = scan(file)
  if (!facts || mistakes.length > 0) throw badRecording(firstOf(mistakes))
  const recording = new FileRecording({ file, version, facts, onMistakes: undefined })
  if (opened.size >= mostOpened) opened.clear()
  opened.set(file, recording)
  return recording
}
