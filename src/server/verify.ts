/** Whether all that was taped was played, all that was asked was answered, and all of it on time. */
import { StuntdoubleError } from '../core/errors.ts'
import type { JournalRecord } from './journal.ts'
import type { VerifyPart } from './peers/peers.ts'
import type { ServerState } from './server-state.ts'

const mostShown = 20

/** What one process knows of it; a reset forgets none of it. */
export function verifyPart({ stage, journal, counters }: ServerState): VerifyPart {
  const sources = [...(stage.replay ? [stage.replay.source] : []), ...stage.replays.values()]
  const missed = journal.entries.filter(({ rule }) => rule === 'miss' || rule === 'no-route')
  return {
    unused: [...new Set(sources.flatMap((source) => source.unused))],
    used: [...new Set(sources.flatMap((source) => [...source.used]))],
    misses: counters.misses,
    missed: missed.map(({ method, path, at }) => `${method} ${path} (${at})`),
    late: counters.late,
    lateOnes: journal.records.flatMap(lateText),
  }
}

export interface VerifyOptions {
  /** A stream that could not be kept on time is wrong, too; the journal marks such a one `late`. */
  readonly onTime?: boolean
}

/** Throws an `unverified` error that names what is wrong in all of them together. */
export function verify(parts: readonly VerifyPart[], { onTime = false }: VerifyOptions = {}): void {
  const unused = new Set(parts.flatMap((part) => part.unused))
  // Two rules may have one folder in two ways, and two workers play it.
  for (const file of parts.flatMap(({ used }) => used)) unused.delete(file)
  const misses = parts.reduce((sum, part) => sum + part.misses, 0)
  const late = onTime ? parts.reduce((sum, part) => sum + part.late, 0) : 0
  const lines = [
    ...listed(unused.size, ['recording was never used', 'recordings were never used'], [...unused]),
    ...listed(
      misses,
      ['request was answered by nothing', 'requests were answered by nothing'],
      parts.flatMap(({ missed }) => missed),
    ),
    ...listed(
      late,
      ['stream was not kept on time', 'streams were not kept on time'],
      parts.flatMap(({ lateOnes }) => lateOnes),
    ),
  ]
  if (lines.length > 0) throw new StuntdoubleError('unverified', lines.join('\n'))
}

function lateText({ late, method, path, at }: JournalRecord): readonly string[] {
  if (!late) return []
  const { chunks, maxMs, chunk, blockedMs } = late
  const which = chunks === 1 ? `chunk ${chunk}` : `${chunks} chunks, the worst of them ${chunk},`
  const why =
    blockedMs * 2 > maxMs
      ? 'the process was blocked'
      : 'many were due at once, or it was a first answer'
  return [`${method} ${path} (${at}): ${which} ${maxMs.toFixed(1)} ms late; ${why}`]
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
