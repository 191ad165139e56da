/** Whether everything that was taped was played, and everything that was asked was answered. */
import { StuntdoubleError } from '../core/errors.ts'
import type { ServerState } from './server-state.ts'

const mostShown = 20

/** Throws an `unverified` error that names what is wrong; a reset forgets none of it. */
export function verify({ stage, journal, counters }: ServerState): void {
  const sources = [...(stage.replay ? [stage.replay.source] : []), ...stage.replays.values()]
  const unused = new Set(sources.flatMap((source) => source.unused))
  // Two rules may have one folder in two ways.
  for (const file of sources.flatMap((source) => [...source.used])) unused.delete(file)
  const missed = journal.entries.filter(({ rule }) => rule === 'miss' || rule === 'no-route')
  const lines = [
    ...listed(unused.size, ['recording was never used', 'recordings were never used'], [...unused]),
    ...listed(
      counters.misses,
      ['request was answered by nothing', 'requests were answered by nothing'],
      missed.map(({ method, path, at }) => `${method} ${path} (${at})`),
    ),
  ]
  if (lines.length > 0) throw new StuntdoubleError('unverified', lines.join('\n'))
}

function listed(
  count: number,
  [one, several]: readonly [string, string],
  names: readonly string[],
): string[] {
  if (count === 0) return []
  const shown = names.slice(0, mostShown)
  const more = count - shown.length
  return [
    `${count} ${count === 1 ? one : several}:`,
    ...shown.map((name) => `  ${name}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]
}
