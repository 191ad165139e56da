/**
 * What our own export notes beside an entry, since HAR has no field for it: chunks, times, ending.
 * Pure. Looked at only where it is whole.
 */
import { lostParts, type RecordedEnding, recordedEndings } from '../format.ts'
import { at, isFields, listAt, numberAt, textAt } from './fields.ts'
import type { Exact } from './imported.ts'
import { bytesOfBase64 } from './text-bytes.ts'

export interface Told {
  readonly exact: Exact
  readonly dialect: string | undefined
  /** Path and query as the client gave them. */
  readonly asked: string | undefined
  /** The body as it was sent, where it was compressed. */
  readonly wire: Uint8Array | undefined
}

export function exactIn(entry: unknown): Told | undefined {
  const noted = at(entry, '_stuntdouble')
  const chunks = chunksOf(listAt(noted, 'chunks'))
  const endMs = numberAt(noted, 'endMs')
  if (!isFields(noted) || !chunks || endMs === undefined) return undefined
  const lost = listAt(noted, 'about', 'lost') ?? []
  const wire = textAt(noted, 'wire')
  return {
    exact: {
      headMs: numberAt(noted, 'headMs'),
      chunks,
      endMs,
      ending: endingOf(textAt(noted, 'end')),
      failed: textAt(noted, 'failed'),
      by: textAt(noted, 'about', 'by'),
      note: textAt(noted, 'about', 'note'),
      lost: lostParts.filter((part) => lost.includes(part)),
    },
    dialect: textAt(noted, 'about', 'dialect'),
    asked: textAt(noted, 'asked'),
    wire: wire === undefined ? undefined : bytesOfBase64(wire),
  }
}

const endingOf = (text: string | undefined): RecordedEnding | undefined =>
  recordedEndings.find((one) => one === text)

function chunksOf(list: readonly unknown[] | undefined): [number, number][] | undefined {
  const chunks = list?.flatMap((one): [number, number][] => {
    const [atMs, length]: unknown[] = Array.isArray(one) ? one : []
    return typeof atMs === 'number' && typeof length === 'number' ? [[atMs, length]] : []
  })
  return chunks?.length === list?.length ? chunks : undefined
}
