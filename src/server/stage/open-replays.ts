/**
 * Recordings on disk as sources of answers: those that a command names, and those that rules name.
 * Must never let one broken file keep the others from playing, nor hide that it is broken.
 */
import type { Clock } from '../../core/clock.ts'
import { formatMistake, type Mistake, StuntdoubleError } from '../../core/errors.ts'
import type { Recording } from '../../recording/format.ts'
import { staleAmong } from '../../recording/match/stale.ts'
import { type Library, type LibraryOptions, openLibrary } from '../../recording/store.ts'
import type { Scenario } from '../../scenario/scenario.ts'
import { type ReplaySource, replaySource } from '../../sources/recording.ts'
import { collectionOf, hasEnding, isDemanding, type ReplaySources } from '../answers/replays.ts'
import type { FolderSettings } from './folder-settings.ts'

export type OpeningOptions = Pick<LibraryOptions, 'onMistake' | 'onProgress'>

interface Surroundings extends OpeningOptions {
  readonly settings: FolderSettings
  readonly clock: Clock
  /** Somebody else can be asked, so that there need be no recording yet. */
  readonly mayBeEmpty?: boolean
}

/** With what is wrong with files of which the rest plays, or which others stand in for. */
interface Opened<T> {
  readonly opened: T
  readonly mistakes: readonly Mistake[]
  /** What somebody should know who keeps them. */
  readonly warnings: readonly string[]
}

/** Throws `bad-recording` where one of the paths, or all of them, give nothing to play. */
export function openRecordings(
  paths: readonly string[],
  { settings, clock, mayBeEmpty, ...options }: Surroundings,
): Opened<ReplaySource> {
  const library = openLibrary(paths, options)
  refuseUseless(library)
  if (library.recordings.length === 0 && !mayBeEmpty) {
    throw new StuntdoubleError('bad-recording', `There is no recording in ${paths.join(', ')}`)
  }
  const warnings = refuseStale(library, settings, clock)
  const opened = sourceOf(library, () => true, { name: '', settings, clock })
  refuseMistaken(settings)
  return { opened, mistakes: library.mistakes, warnings }
}

/** What rules replay by request; a folder may be empty, since something may be taped into it. */
export function openReplays(
  scenarios: readonly Scenario[],
  { settings, clock, ...options }: Surroundings,
): Opened<ReplaySources> {
  const opened = new Map<string, ReplaySource>()
  const mistakes: Mistake[] = []
  const warnings: string[] = []
  for (const { reply } of scenarios.flatMap(({ rules }) => rules)) {
    if (reply.kind !== 'replay' || opened.has(collectionOf(reply))) continue
    const library = openLibrary([reply.path], options)
    refuseUseless(library)
    mistakes.push(...library.mistakes)
    warnings.push(...refuseStale(library, settings, clock))
    const isWanted = isDemanding(reply.missing) ? hasEnding : () => true
    const name = collectionOf(reply)
    opened.set(name, sourceOf(library, isWanted, { name, settings, clock }))
  }
  refuseMistaken(settings)
  return { opened, mistakes, warnings }
}

function refuseMistaken({ mistakes }: FolderSettings): void {
  if (mistakes.length > 0) throw badFiles('bad-recording', mistakes)
}

function refuseStale(library: Library, settings: FolderSettings, clock: Clock): string[] {
  const settingsOf = ({ file }: Recording) => settings.of(file)
  const stale = staleAmong(library.recordings, settingsOf, clock.wallTime())
  if (stale?.isFatal) throw new StuntdoubleError('bad-recording', stale.message)
  return stale ? [stale.message] : []
}

function refuseUseless({ recordings, mistakes, refused }: Library): void {
  const fatal = recordings.length === 0 ? mistakes : refused
  if (fatal.length > 0) throw badFiles('bad-recording', fatal)
}

const sourceOf = (
  library: Library,
  isWanted: (recording: Recording) => boolean,
  { name, settings, clock }: { readonly name: string } & Pick<Surroundings, 'settings' | 'clock'>,
): ReplaySource =>
  replaySource(library.recordings.filter(isWanted), {
    name,
    settingsOf: ({ file }) => settings.of(file),
    wallTime: () => clock.wallTime(),
    refresh: (all) => (library.refresh({ all }) ? library.recordings.filter(isWanted) : undefined),
  })

/** One error for all of them. */
export function badFiles(
  code: 'bad-scenario' | 'bad-recording',
  mistakes: readonly Mistake[],
): StuntdoubleError {
  const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`
  return new StuntdoubleError(code, [`${count}:`, ...mistakes.map(formatMistake)].join('\n'))
}
