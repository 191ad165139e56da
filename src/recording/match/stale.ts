/** Which recordings are older than their keepers want them to be. Pure. */

import type { RecordingSettings } from '../../core/recording-settings.ts'
import { formatAge } from '../../core/written-settings.ts'
import type { RecordingInfo } from '../format.ts'

type Taped = Pick<RecordingInfo, 'at' | 'file'>

export interface Stale {
  /** How many there are, and which is the oldest. */
  readonly message: string
  readonly isFatal: boolean
}

/** Undefined where none is too old. What has no date that can be read is not. */
export function staleAmong<R extends Taped>(
  recordings: readonly R[],
  settingsOf: (recording: R) => RecordingSettings,
  nowMs: number,
): Stale | undefined {
  const stale = recordings.filter((recording) => {
    const { staleAfterMs } = settingsOf(recording)
    return staleAfterMs !== undefined && nowMs - Date.parse(recording.at) > staleAfterMs
  })
  const [first, ...others] = stale
  if (!first) return undefined
  const oldest = others.reduce((a, b) => (Date.parse(b.at) < Date.parse(a.at) ? b : a), first)
  const { staleAfterMs = 0 } = settingsOf(first)
  const are = stale.length === 1 ? '1 recording is' : `${stale.length} recordings are`
  const age = formatAge(nowMs - Date.parse(oldest.at))
  return {
    message: `${are} older than ${formatAge(staleAfterMs)}; the oldest is ${oldest.file}, taped ${age} ago (${oldest.at})`,
    isFatal: stale.some((recording) => settingsOf(recording).stale === 'fail'),
  }
}
