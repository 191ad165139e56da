/** What the journal says of a stream, while it goes on and when it is over. */
import type { Outcome, Playback } from '../../time/play.ts'
import type { JournalRecord } from '../journal.ts'
import type { ConnectionUse } from '../wire/connections.ts'

/** How far it has come. */
export function noteProgress(
  record: JournalRecord,
  { bytes, chunks, pushedBytes, headMs, firstByteMs }: Playback,
  { socketBytes, handedBytes }: ConnectionUse,
): void {
  record.bytes = bytes
  record.chunks = chunks
  if (headMs !== undefined) record.headMs = headMs
  if (firstByteMs !== undefined) record.firstByteMs = firstByteMs
  if (pushedBytes > 0) record.pushedBytes = pushedBytes
  if (socketBytes === undefined || handedBytes === undefined) return
  record.socketBytes = socketBytes
  record.handedBytes = handedBytes
}

/** How it ended. */
export function noteOutcome(
  record: JournalRecord,
  { ended, durationMs, pausedMs, maxLagMs, late }: Outcome,
  connection: ConnectionUse,
): void {
  record.ended = ended
  record.durationMs = durationMs
  record.maxLagMs = maxLagMs
  if (late) record.late = late
  if (pausedMs > 0) record.pausedMs = pausedMs
  if (ended !== 'client-left') return
  record.leftMs = durationMs
  record.leftBy = connection.leftBy()
}
