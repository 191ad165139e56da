/** Chunks cut smaller, where it hurts a reader that takes a chunk for a message. */
import { z } from 'zod'
import type { Step, WriteStep } from '../core/timeline.ts'
import type { Acted, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { choose, duration, isMapping, strict, wholeNumber } from './options.ts'
import { optionalPlace, type Place, theVeryStart } from './place.ts'
import { scannerFor } from './places.ts'

type Where = 'utf8' | 'crlf' | 'json' | 'everywhere'

interface SliceOptions {
  readonly cut: { readonly bytes: number } | { readonly in: Where }
  readonly gap: number
  readonly at?: Place
}

const common = {
  gap: duration.default(0).describe('Time between the pieces; none unless said.'),
  at: optionalPlace.describe('From where on; the whole stream unless said.'),
}

const bySize: z.ZodType<SliceOptions> = strict({
  bytes: wholeNumber(1).describe('The most bytes that a piece may have.'),
  ...common,
}).transform(({ bytes, ...rest }) => ({ cut: { bytes }, ...rest }))

const byContent: z.ZodType<SliceOptions> = strict({
  in: z
    .enum(['utf8', 'crlf', 'json', 'everywhere'], {
      error: 'must be utf8, crlf, json or everywhere',
    })
    .describe(
      'utf8: within each character of several bytes; crlf: between CR and LF; json: after each byte that JSON gives a meaning, such as a brace, a quote or a backslash; everywhere: each byte alone.',
    ),
  ...common,
}).transform(({ in: where, ...rest }) => ({ cut: { in: where }, ...rest }))

export const slice: FaultKind<SliceOptions> = {
  name: 'slice',
  summary: 'Cuts chunks into smaller ones: by size, or within characters, line ends or JSON.',
  schema: choose(pickForm, () => [bySize, byContent], 'How chunks are cut.'),
  create: ({ cut, gap, at = theVeryStart }, context) =>
    fromPlace(
      scannerFor(at, context),
      new Slicer(borderTest(cut), gap, (reached) => context.onAct?.('slice', reached)),
    ),
}

function pickForm(written: unknown): z.ZodType<SliceOptions> | string {
  const isBySize = isMapping(written) && 'bytes' in written
  const isByContent = isMapping(written) && 'in' in written
  if (isBySize && isByContent) return 'slice takes bytes or in, not both'
  if (isBySize) return bySize
  if (isByContent) return byContent
  return 'slice needs { bytes: n } or { in: utf8 }, with crlf, json and everywhere beside utf8'
}

/** Whether to cut between two bytes, when the piece so far has `length` bytes. */
type BorderTest = (last: number, next: number, length: number) => boolean

const jsonBytes = new Set(Buffer.from('{}[],:"\\'))

function borderTest(cut: SliceOptions['cut']): BorderTest {
  if ('bytes' in cut) return (_last, _next, length) => length === cut.bytes
  switch (cut.in) {
    case 'utf8':
      // A byte of at least 0xC0 begins a character of several bytes.
      return (last) => last >= 0xc0
    case 'crlf':
      return (last, next) => last === 13 && next === 10
    case 'json':
      return (last) => jsonBytes.has(last)
    case 'everywhere':
      return () => true
  }
}

class Slicer implements Aftermath {
  readonly #isBorder: BorderTest
  readonly #gapMs: number
  readonly #report: (at: Acted) => void
  #reported = false
  #byte = 0
  /** The next piece may not come before this. */
  #freeAtMs = 0
  #lastAtMs = 0

  constructor(isBorder: BorderTest, gapMs: number, report: (at: Acted) => void) {
    this.#isBorder = isBorder
    this.#gapMs = gapMs
    this.#report = report
  }

  reach({ byte }: Reached): Step[] {
    this.#byte = byte
    return []
  }

  push(step: Step): Step[] {
    if (step.do === 'write' && step.bytes.length > 0) return this.#slice(step)
    // A slice before it may have pushed later pieces back beyond the time of this step.
    return [step.atMs < this.#lastAtMs ? { ...step, atMs: this.#lastAtMs } : step]
  }

  end(): Step[] {
    return []
  }

  #slice(step: WriteStep): Step[] {
    const pieces = piecesOf(step.bytes, this.#isBorder)
    if (pieces.length > 1 && !this.#reported) {
      this.#reported = true
      this.#report({ atMs: step.atMs, byte: this.#byte })
    }
    this.#byte += step.bytes.length
    return pieces.map((bytes) => {
      this.#lastAtMs = Math.max(step.atMs, this.#freeAtMs)
      this.#freeAtMs = this.#lastAtMs + this.#gapMs
      return { atMs: this.#lastAtMs, do: 'write', bytes }
    })
  }
}

function piecesOf(bytes: Uint8Array, isBorder: BorderTest): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let start = 0
  for (let at = 1; at < bytes.length; at++) {
    if (!isBorder(bytes[at - 1] ?? 0, bytes[at] ?? 0, at - start)) continue
    pieces.push(bytes.subarray(start, at))
    start = at
  }
  pieces.push(bytes.subarray(start))
  return pieces
}
