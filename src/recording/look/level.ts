/**
 * What services draw anew for each answer, made the same in all: ids, dates, fingerprints, padding.
 * Pure. Only for comparing two answers by their meaning, never for what is played or kept.
 */
import { looseText } from '../../core/bytes.ts'
import type { Frame } from '../../core/frame.ts'
import { idsIn, uuidsIn } from '../match/canonical-ids.ts'
import { datesIn } from '../match/canonical-moments.ts'

/** Fields that hold nothing but what is drawn or told by a clock. */
const drawnFields =
  /("(?:\w*_id|\w*[a-z]Id|id|system_fingerprint|obfuscation|p|created\w*|\w+_at|timestamp)"\s*:\s*)("(?:[^"\\]|\\.)*"|\d+(?:\.\d+)?)/g

const placeholders = /REDACTED-[0-9a-f]{8}[x-]*/g

export function levelText(text: string): string {
  const fields = text.replaceAll(drawnFields, '$1"…"').replaceAll(placeholders, '…')
  const found = [...uuidsIn(fields), ...idsIn(fields), ...datesIn(fields)].toSorted(
    (a, b) => a.from - b.from,
  )
  let level = ''
  let at = 0
  for (const { from, text: drawn } of found) {
    if (from < at) continue
    level += `${fields.slice(at, from)}…`
    at = from + drawn.length
  }
  return level + fields.slice(at)
}

/** Of a binary frame what it carries counts, since its lengths and checksums follow from that. */
export const levelFrame = ({ bytes, headers, event, data }: Frame): string =>
  levelText(headers ? `${event ?? ''} ${data ?? ''}` : looseText(bytes))
