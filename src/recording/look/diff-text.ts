/** The differences of two recordings as text for people. Pure. */
import { wholeText } from '../../core/bytes.ts'
import { hexDump } from './chunk-preview.ts'
import type { DiffPart, EventDifferences, RecordingDiff, TimingDifference } from './diff.ts'
import type { BodyDifference, ChunkDifference } from './diff-body.ts'
import { clip, counted, grouped, shortMs, visible } from './printable.ts'
import type { Timing } from './statistics.ts'
import type { Piece } from './text-diff.ts'
import type { TreeDifference } from './tree-diff.ts'

const mostShown = 10

/** Nothing but one line where they are the same. */
export function* renderDiff(diff: RecordingDiff, width: number): Generator<string> {
  yield `a  ${diff.a}`
  yield `b  ${diff.b}`
  if (diff.differ.length === 0) {
    yield `the same${notCompared(diff)}`
    return
  }
  yield* section('request', treeLines(diff.request, width))
  yield* section('head', treeLines(diff.head, width))
  yield* section('body', bodyLines(diff.body, width))
  yield* section('events', eventLines(diff.events, width))
  yield* section('chunks', chunkLines(diff.chunks))
  if (diff.differ.includes('times')) yield* section('times', timingLines(diff.timing))
  yield* section('ending', treeLines(diff.ending, width))
  yield ''
  yield `${summaryOf(diff)}${notCompared(diff)}`
}

/** `they differ in head, body and times` */
export const summaryOf = ({ differ }: RecordingDiff): string =>
  differ.length === 0 ? 'the same' : `they differ in ${listed(differ)}`

const listed = (parts: readonly DiffPart[]): string =>
  parts.length < 2
    ? parts.join('')
    : `${parts.slice(0, -1).join(', ')} and ${parts.slice(-1).join('')}`

function notCompared({ chunks, timing }: RecordingDiff): string {
  const left = [...(chunks ? [] : ['chunk borders']), ...(timing ? [] : ['times'])]
  return left.length === 0 ? '' : ` (${left.join(' and ')} not compared)`
}

function* section(title: string, lines: Iterable<string>): Generator<string> {
  let isFirst = true
  for (const line of lines) {
    if (isFirst) {
      yield ''
      yield title
    }
    isFirst = false
    yield `  ${line}`
  }
}

function* treeLines(differences: readonly TreeDifference[], width: number): Generator<string> {
  for (const { where, a, b } of differences.slice(0, mostShown)) {
    const [left, right] = aligned(written(a), written(b), width - 8)
    yield where
    yield `  a: ${left}`
    yield `  b: ${right}`
  }
  const more = differences.length - mostShown
  if (more > 0) yield `and ${counted(more, 'more difference')}`
}

const written = (value: unknown): string =>
  value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value))

const shownBefore = 24

/** Both cut so that the first place where they differ can be seen. */
function aligned(a: string, b: string, width: number): [string, string] {
  let same = 0
  while (same < a.length && a[same] === b[same]) same++
  const from = Math.max(0, same - shownBefore)
  const show = (text: string): string =>
    `${from > 0 ? '…' : ''}${clip(visible(text.slice(from, from + width * 2)), width - 1)}`
  return [show(a), show(b)]
}

function* bodyLines(difference: BodyDifference | undefined, width: number): Generator<string> {
  if (!difference) return
  const { byte, frame, before, a, b } = difference
  const atByte = byte === undefined ? '' : ` at byte ${grouped(byte)}`
  const inFrame = frame === undefined ? '' : ` in frame ${grouped(frame)}`
  yield `first difference${atByte}${inFrame}`
  const shown = asText([before, a, b])
  if (!shown) {
    yield `a: ${a.length === 0 ? 'nothing more' : hexDump(a, width - 8)}`
    yield `b: ${b.length === 0 ? 'nothing more' : hexDump(b, width - 8)}`
    return
  }
  const [start = '', textA = '', textB = ''] = shown.map(visible)
  const lead = clipLead(start)
  yield `a: ${clip(`${lead}${textA === '' ? '(nothing more)' : textA}`, width - 5)}`
  yield `b: ${clip(`${lead}${textB === '' ? '(nothing more)' : textB}`, width - 5)}`
  yield `   ${' '.repeat(lead.length)}^`
}

const clipLead = (text: string): string => (text.length > 32 ? `…${text.slice(-31)}` : text)

/** Undefined where any of them is no text; one cut within a character counts as text. */
function asText(parts: readonly Uint8Array[]): string[] | undefined {
  const texts = parts.map((bytes) => wholeText(bytes) ?? wholeText(trimmed(bytes)))
  return texts.every((text) => text !== undefined) ? texts : undefined
}

/** Without the parts of a character at either end. */
function trimmed(bytes: Uint8Array): Uint8Array {
  let from = 0
  while (from < 3 && isContinuation(bytes[from])) from++
  let to = bytes.length
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (isContinuation(byte)) continue
    if (byte >= 0xc0) to = bytes.length - back
    break
  }
  return bytes.subarray(from, to)
}

const isContinuation = (byte: number | undefined): boolean =>
  byte !== undefined && (byte & 0xc0) === 0x80

function* eventLines({ texts, others }: EventDifferences, width: number): Generator<string> {
  for (const { where, pieces } of texts) {
    yield `${where}:`
    for (const line of pieceLines(pieces, width - 6)) yield `  ${line}`
  }
  yield* treeLines(others, width)
}

const aroundCharacters = 30

/** `…the sky is [-blue-]{+grey+} today…`, a line for each place. */
function* pieceLines(pieces: readonly Piece[], width: number): Generator<string> {
  let shown = 0
  let left = 0
  for (const [at, piece] of pieces.entries()) {
    if ('same' in piece) continue
    if (++shown > mostShown) {
      left++
      continue
    }
    const before = sameOf(pieces[at - 1]).slice(-aroundCharacters - 1)
    const after = clip(sameOf(pieces[at + 1]), aroundCharacters)
    const room = Math.max(20, Math.floor((width - before.length - after.length - 8) / 2))
    const removed = piece.a === '' ? '' : `[-${clip(visible(piece.a), room)}-]`
    const added = piece.b === '' ? '' : `{+${clip(visible(piece.b), room)}+}`
    const start = before.length > aroundCharacters ? `…${before.slice(-aroundCharacters)}` : before
    yield `${visible(start)}${removed}${added}${visible(after)}`
  }
  if (left > 0) yield `and ${counted(left, 'more place')}`
}

const sameOf = (piece: Piece | undefined): string => (piece && 'same' in piece ? piece.same : '')

function* chunkLines(chunks: ChunkDifference | undefined): Generator<string> {
  if (chunks?.byte === undefined) return
  yield `a has ${counted(chunks.chunksA, 'chunk')}, b has ${counted(chunks.chunksB, 'chunk')}`
  yield `the first border that only one of them has is at byte ${grouped(chunks.byte)}`
}

function* timingLines(timing: TimingDifference | undefined): Generator<string> {
  if (!timing) return
  const { a, b, distance } = timing
  yield `${'ms'.padEnd(12)}${'a'.padStart(12)}${'b'.padStart(12)}${'b - a'.padStart(12)}`
  const rows: readonly (readonly [string, (one: Timing) => number | undefined])[] = [
    ['head', ({ headMs }) => headMs],
    ['ttft', ({ ttftMs }) => ttftMs],
    ['gap p50', ({ gaps }) => gaps?.p50],
    ['gap p90', ({ gaps }) => gaps?.p90],
    ['gap p99', ({ gaps }) => gaps?.p99],
    ['ending', ({ durationMs }) => durationMs],
  ]
  for (const [name, of] of rows) yield timingRow(name, of(a), of(b))
  if (!distance) return
  yield `the gaps are ${shortMs(distance.wassersteinMs)} ms apart (Wasserstein: so far would each`
  yield `be moved, on average, to turn the one distribution into the other); KS ${distance.ks.toFixed(3)}`
  yield '(0: distributed alike, 1: nothing in common)'
}

function timingRow(name: string, a: number | undefined, b: number | undefined): string {
  const cell = (value: number | undefined): string =>
    (value === undefined ? '-' : shortMs(value)).padStart(12)
  const more = a === undefined || b === undefined ? undefined : b - a
  const sign = more !== undefined && more > 0 ? `+${shortMs(more)}` : undefined
  const change = sign ?? (more === undefined ? '-' : more === 0 ? '0' : `-${shortMs(-more)}`)
  return `${name.padEnd(12)}${cell(a)}${cell(b)}${change.padStart(12)}`
}
