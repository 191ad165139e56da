/**
 * One text that is dealt out in pieces, such as what a model says token by token: looked at as the
 * whole that it is, and overwritten where each piece stands.
 */
import { contextBytes, type Finder, longestHeldBytes } from './redact-finder.ts'
import type { HeldChunks } from './redact-held.ts'
import type { Range } from './redact-hide.ts'
import type { Piece } from './redact-leaves.ts'
import { longestSign } from './redact-signs.ts'
import { placeholder } from './secrets.ts'
import { endsInBeginning, isKeyCharacter, knownLetters } from './secrets-shapes.ts'

/** Where pieces stand, and how they are written. */
export interface Ground {
  readonly chunks: HeldChunks
  /** Set where the pieces stand in JSON that is itself base64 in the body, from there on. */
  readonly base64From?: number
}

interface Placed {
  readonly piece: Piece
  readonly ground: Ground
  /** Where in the trail's text it begins. */
  begin: number
  /** Counts the texts that pieces are of. */
  readonly leaf: number
}

const leastName = 3
const mostQuietBytes = 2 * contextBytes
/** What may stand before a secret that is whole in the next piece. */
const leadsTo = /(?:earer|Basic)(?: |%20|\+)*$|[=:["]\s*\\*["']?$/
const mayHold = /[:=@]/

export class Trail {
  readonly #finder: Finder
  #text = ''
  #placed: Placed[] = []
  /** Up to here all is looked at, and from here on something may be unfinished. */
  #open = 0
  #leaf = 0
  #last = ''
  /** There is no sign of a secret in the text, nor a secret's first letters at its end. */
  #wasQuiet = false
  /** A secret was so long that its beginning was let out, masked; the rest of it follows. */
  #isInside = false

  constructor(finder: Finder) {
    this.#finder = finder
  }

  /** The first byte of what may be unfinished; undefined where nothing is. */
  get openAt(): number | undefined {
    if (this.#open >= this.#text.length) return undefined
    const placed = this.#placed.find((one) => one.begin + one.piece.text.length > this.#open)
    if (!placed) return undefined
    return placed.ground.base64From ?? place(placed.piece, this.#open - placed.begin)
  }

  /** A new text that has nothing to do with the one before. */
  restart(): void {
    this.#text = ''
    this.#placed = []
    this.#open = 0
    this.#isInside = false
  }

  /** Goes on where another one stands. */
  begin(other: Trail): void {
    this.#text = other.#text
    this.#placed = other.#placed.map((placed) => ({ ...placed }))
    this.#open = other.#open
    this.#leaf = other.#leaf
    this.#last = other.#last
    this.#isInside = other.#isInside
    this.#wasQuiet = other.#wasQuiet
  }

  /** A text that comes again as it was is a name, and no part of what is dealt out. */
  passesOver(piece: Piece): boolean {
    if (!piece.isFirst || !piece.isLast) return false
    const isSame = piece.text === this.#last && piece.text.length >= leastName
    this.#last = piece.text
    return isSame && this.#open >= this.#text.length
  }

  push(piece: Piece, ground: Ground): void {
    if (piece.isFirst) this.#leaf++
    if (!this.#isInside && this.#passesQuietly(piece, ground)) return
    this.#wasQuiet = false
    // The long look is at no more than it must be.
    this.#forget()
    const hadOpen = this.#open < this.#text.length
    const isLed = hadOpen || this.#leadsOn()
    const begin = this.#text.length
    this.#placed.push({ piece, ground, begin, leaf: this.#leaf })
    this.#text += piece.text
    if (this.#isInside) this.#hideRest(begin)
    const open = this.#finder.open(this.#text)
    if (isLed || !this.#finder.patterns.isEmpty || mayHold.test(piece.text)) this.#settle(open)
    else this.#open = Math.max(this.#open, open)
    if (this.#text.length - this.#open > longestHeldBytes) this.close()
    this.#forget()
  }

  /** Most pieces, without the long look: nothing is open after them, and nothing is to be seen. */
  #passesQuietly(piece: Piece, ground: Ground): boolean {
    const before = this.#wasQuiet ? this.#text.slice(-longestSign) : this.#text
    this.#wasQuiet = this.#finder.isQuietSoFar(before + piece.text)
    if (!this.#wasQuiet) return false
    const text = this.#text + piece.text
    this.#placed.push({ piece, ground, begin: this.#text.length, leaf: this.#leaf })
    this.#text = text
    this.#open = text.length
    // To forget is to renumber what is left, which need not be done with each of them.
    if (text.length > mostQuietBytes) this.#forget()
    return true
  }

  /** Nothing more comes, or nothing more can be waited for. */
  close(): void {
    const ranges = this.#settle(this.#text.length)
    this.#isInside = ranges.at(-1)?.to === this.#text.length
    this.#forget()
  }

  /** What was said may be what a secret stands behind, or its first letters. */
  #leadsOn(): boolean {
    const text = this.#text
    return endsInBeginning(text) || leadsTo.test(text.slice(-24)) || text.includes('PRIVATE KEY')
  }

  /** What still belongs to a secret whose beginning is out. */
  #hideRest(begin: number): void {
    let end = begin
    while (end < this.#text.length && isKeyCharacter(this.#text.charCodeAt(end))) end++
    this.#isInside = end === this.#text.length
    if (end > begin) this.#write(begin, end, this.#text.slice(begin, end))
    this.#text = this.#text.slice(0, begin) + 'x'.repeat(end - begin) + this.#text.slice(end)
    this.#open = Math.max(this.#open, end)
  }

  /** Hides what is certain, up to `certain`. */
  #settle(certain: number): readonly Range[] {
    let open = certain
    const ranges = this.#finder.ranges(this.#text)
    for (const range of ranges) {
      const { from, to } = range
      if (to <= this.#open) continue
      if (to > certain && from < certain) open = Math.min(open, from)
      else if (to <= certain) this.#hide(range)
    }
    this.#open = Math.max(this.#open, open)
    return ranges
  }

  #hide({ from, to, secret, isLoose }: Range): void {
    const letters = isLoose ? 0 : knownLetters(this.#text.slice(from, to))
    // Whole within one text it is found where it stands in the bytes, letters and all.
    if (letters > 0 && this.#isOneText(from, to)) return
    this.#write(Math.max(from + letters, this.#open), to, secret)
  }

  #isOneText(from: number, to: number): boolean {
    const parts = this.#parts(from, to)
    const [first] = parts
    const covered = parts.reduce((sum, { length }) => sum + length, 0)
    return covered === to - from && parts.every(({ placed }) => placed.leaf === first?.placed.leaf)
  }

  #parts(from: number, to: number): { placed: Placed; start: number; length: number }[] {
    return this.#placed.flatMap((placed) => {
      const start = Math.max(from, placed.begin)
      const end = Math.min(to, placed.begin + placed.piece.text.length)
      return start < end ? [{ placed, start: start - placed.begin, length: end - start }] : []
    })
  }

  /** One placeholder, dealt out over the pieces as the secret was. */
  #write(from: number, to: number, secret: string): void {
    const spans = this.#parts(from, to).map(({ placed, start, length }) => ({
      placed,
      from: place(placed.piece, start),
      to: placeAfter(placed.piece, start + length),
    }))
    const total = spans.reduce((sum, span) => sum + span.to - span.from, 0)
    const hidden = placeholder(secret, total)
    let done = 0
    for (const { placed, from: start, to: end } of spans) {
      const text = hidden.slice(done, done + end - start)
      writeOn(placed.ground, start, placed.piece.isNumber ? numberFor(end - start) : text)
      done += end - start
    }
  }

  #forget(): void {
    const cut = Math.min(this.#open, this.#text.length - contextBytes)
    if (cut <= 0) return
    this.#text = this.#text.slice(cut)
    this.#open -= cut
    for (const placed of this.#placed) placed.begin -= cut
    const gone = this.#placed.findIndex(({ begin, piece }) => begin + piece.text.length > 0)
    this.#placed.splice(0, gone < 0 ? this.#placed.length : gone)
  }
}

const place = ({ from, at }: Piece, index: number): number => from + (at ? (at[index] ?? 0) : index)

/** The end of a character: several bytes of it may have been one escape. */
function placeAfter({ from, at }: Piece, index: number): number {
  if (!at) return from + index
  let next = index
  while (next < at.length - 1 && at[next] === at[next - 1]) next++
  return from + (at[next] ?? 0)
}

/** `x` or, where there is no room for it, another code that says nothing. */
const numberFor = (digits: number): string => ['', '9', '88', '120'][digits] ?? '1'.repeat(digits)

/** Overwrites bytes of the body, or of what is base64 in it. */
export function writeOn({ chunks, base64From }: Ground, from: number, text: string): void {
  if (base64From === undefined) {
    chunks.write(from, text)
    return
  }
  const group = Math.floor(from / 3)
  const start = base64From + group * 4
  const groups = Math.ceil((from + text.length) / 3) - group
  const written = chunks.read(start, start + groups * 4)
  const bytes = Buffer.from(written, 'base64')
  bytes.write(text, from - group * 3, 'latin1')
  chunks.write(start, bytes.toString('base64').slice(0, written.length))
}
