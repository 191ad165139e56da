/**
 * The texts within a body of JSON, wherever its frames begin and end: server-sent events, a JSON
 * value a line, an array of them, one document. Each text is named by the path to it, without the
 * numbers of array elements, so that what is dealt out over frames has one name.
 *
 * Reads byte by byte, cut anywhere, and never fails: what is no JSON has no texts, and a line end
 * within a text ends it. Must keep nothing but the path to where it is.
 */

/** One path; the same path is the same object. */
export class Path {
  readonly name: string
  /** Names its own text apart, as an index or an id does. */
  readonly isLane: boolean
  readonly #inner = new Map<string, Path>()
  #elements: Path | undefined

  constructor(name: string, key: string) {
    this.name = name
    this.isLane = (key.endsWith('d') || key.endsWith('x')) && laneName.test(key)
  }

  field(key: string): Path {
    const known = this.#inner.get(key)
    if (known) return known
    // Keys that are data of their own are not all remembered.
    if (this.#inner.size >= mostKeys) this.#inner.clear()
    const path = new Path(`${this.name}.${key}`, key)
    this.#inner.set(key, path)
    return path
  }

  get elements(): Path {
    this.#elements ??= new Path(`${this.name}[]`, '')
    return this.#elements
  }
}

const mostKeys = 256
const laneName = /(?:^i|[_-]i|I)(?:d|ndex)$/

export interface Piece {
  readonly path: Path
  /** The ids and indices on the way, which tell parallel texts apart. */
  readonly lane: string
  /** Without escapes; one character a byte. */
  readonly text: string
  /** Where the first character stands in the body. */
  readonly from: number
  /** Where each stands after that, and the length after the last; undefined where side by side. */
  readonly at: Uint32Array | undefined
  /** The text begins with this piece, and is over with it. */
  readonly isFirst: boolean
  readonly isLast: boolean
  /** The code of a character in digits, as in a list of bytes. */
  readonly isNumber: boolean
}

interface Level {
  readonly isArray: boolean
  readonly path: Path
  lane: string
  /** Of the value that is being read. */
  inner: Path
  expectsKey: boolean
}

const [QUOTE, BACKSLASH, LF, CR, COMMA] = [34, 92, 10, 13, 44]
const [OPEN, CLOSE, OPEN_LIST, CLOSE_LIST, SPACE] = [123, 125, 91, 93, 32]

const longestPrefix = 16
const longestId = 64
const deepest = 64

export class LeafScanner {
  #state: 'prefix' | 'payload' | 'value' | 'skip' | 'text' | 'json' | 'string' = 'prefix'
  #prefix = ''
  readonly #root = new Path('', '')
  readonly #levels: Level[] = []
  /** Of the text being read. */
  #isFirst = true
  #isKey = false
  #key = ''
  #id = ''
  /** The byte before was a line end: two of them end a frame. */
  #wasLineEnd = false
  /** An escape or a number that the chunk cut in two. */
  #carry = ''
  readonly #isDocument: boolean
  #pieces: Piece[] = []
  /** The next escape and the next line end, for they are rare. */
  #nextEscape = 0
  #nextLineEnd = 0

  /** @param isDocument JSON from the first byte on, in which line ends mean nothing */
  constructor(isDocument: boolean) {
    this.#isDocument = isDocument
    this.reset()
  }

  /** How many bytes at the end are not decided yet. */
  get undecided(): number {
    return this.#carry.length
  }

  /** Between two frames: what comes next is read as if it were the first. */
  get isAtRest(): boolean {
    return this.#state === 'prefix' && this.#prefix === '' && this.#carry === ''
  }

  /** What comes next has nothing to do with what came. */
  reset(): void {
    this.#state = this.#isDocument ? 'json' : 'prefix'
    this.#prefix = ''
    this.#levels.length = 0
  }

  /** `base` is where the chunk begins in the body. */
  push(chunk: string, base: number): Piece[] {
    const text = this.#carry + chunk
    const from = base - this.#carry.length
    this.#carry = ''
    this.#pieces = []
    this.#nextEscape = 0
    this.#nextLineEnd = 0
    let at = 0
    while (at < text.length) {
      if (this.#state === 'string') at = this.#readString(text, at, from)
      else if (this.#state === 'json') at = this.#readJson(text, at, from)
      else if (this.#state === 'text') at = this.#readLine(text, at, from)
      else at = this.#readPrefix(text, at)
    }
    return this.#pieces
  }

  /** What stands in a line before its JSON: `data: `, `0:`, or nothing. */
  #readPrefix(text: string, at: number): number {
    const code = text.charCodeAt(at)
    if (code === LF || code === CR) {
      this.reset()
      return at + 1
    }
    if (this.#state === 'skip') return at + 1
    if (this.#state === 'payload' && code === SPACE) {
      this.#state = 'value'
      return at + 1
    }
    const isData = this.#state !== 'prefix'
    if (code === OPEN || code === OPEN_LIST || code === QUOTE) {
      if (isData || this.#prefix === '' || this.#prefix.endsWith(':')) {
        this.#state = 'json'
        return at
      }
    }
    if (isData) {
      this.#state = 'text'
      this.#isFirst = true
      return at
    }
    this.#prefix += text.charAt(at)
    if (this.#prefix === 'data:') this.#state = 'payload'
    else if (this.#prefix.length > longestPrefix) this.#state = 'skip'
    return at + 1
  }

  /** Data that is no JSON is a text by itself. */
  #readLine(text: string, at: number, base: number): number {
    let end = at
    while (end < text.length && text.charCodeAt(end) !== LF && text.charCodeAt(end) !== CR) end++
    const run = { text: text.slice(at, end), from: base + at, at: undefined }
    this.#give(run, undefined, end < text.length)
    if (end < text.length) this.reset()
    return end
  }

  /** Reads on to where a text begins. */
  #readJson(text: string, start: number, base: number): number {
    let at = start
    while (at < text.length) {
      const code = text.charCodeAt(at)
      const wasLineEnd = this.#wasLineEnd
      if (code !== CR) this.#wasLineEnd = code === LF
      const level = this.#levels.at(-1)
      if (code === QUOTE) return this.#open(level, at)
      if (code === LF && !this.#isDocument && (wasLineEnd || !level)) {
        this.reset()
        return at + 1
      }
      if (level && code >= 48 && code <= 57) {
        if (isLookedAt(level)) return this.#readNumber(text, at, base, level)
      } else this.#mark(code, level)
      at++
    }
    return at
  }

  /** What stands between texts and numbers. */
  #mark(code: number, level: Level | undefined): void {
    if (code === OPEN || code === OPEN_LIST) this.#enter(code === OPEN_LIST, level)
    else if (code === CLOSE || code === CLOSE_LIST) this.#levels.pop()
    else if (level && code === COMMA) level.expectsKey = !level.isArray
  }

  #open(level: Level | undefined, at: number): number {
    this.#isKey = level?.expectsKey ?? false
    this.#isFirst = true
    this.#key = ''
    this.#state = 'string'
    return at + 1
  }

  #enter(isArray: boolean, level: Level | undefined): void {
    if (this.#levels.length >= deepest) this.#levels.length = 0
    const path = this.#pathOf(level)
    const lane = level ? level.lane : ''
    const inner = isArray ? path.elements : path
    this.#levels.push({ isArray, path, lane, inner, expectsKey: !isArray })
  }

  #pathOf(level: Level | undefined): Path {
    if (level) return level.inner
    return this.#prefix === '' ? this.#root : this.#root.field(this.#prefix)
  }

  #readNumber(text: string, at: number, base: number, level: Level): number {
    let end = at
    while (end < text.length && text.charCodeAt(end) >= 48 && text.charCodeAt(end) <= 57) end++
    const written = text.slice(at, end)
    if (end === text.length && written.length < longestPrefix) {
      this.#carry = written
      return end
    }
    if (!level.isArray) level.lane += `#${written}`
    else if (Number(written) < 256) {
      const positions = Uint32Array.of(0, written.length)
      this.#pieces.push({
        ...{ path: level.inner, lane: level.lane, from: base + at, at: positions },
        ...{ text: String.fromCharCode(Number(written)), isFirst: true, isLast: true },
        isNumber: true,
      })
    }
    return end
  }

  #readString(text: string, at: number, base: number): number {
    if (this.#nextEscape < at) this.#nextEscape = indexFrom(text, '\\', at)
    if (this.#nextLineEnd < at) this.#nextLineEnd = indexFrom(text, '\n', at)
    const end = indexFrom(text, '"', at)
    if (this.#nextEscape > end && this.#nextLineEnd > end) {
      const run = { text: text.slice(at, end), from: base + at, at: undefined }
      this.#endPiece(run, end < text.length)
      return end + 1
    }
    return this.#readEscaped(text, at, base)
  }

  #readEscaped(text: string, at: number, base: number): number {
    const run = new TextRun(base + at)
    let index = at
    while (index < text.length) {
      const code = text.charCodeAt(index)
      if (code === QUOTE || code === LF) break
      if (code !== BACKSLASH) {
        index++
        continue
      }
      const length = escapeLength(text, index)
      if (index + length > text.length) {
        this.#carry = text.slice(index)
        this.#endPiece(run.upTo(text, at, index), false)
        return text.length
      }
      run.escape(text, at, index, length)
      index += length
    }
    this.#endPiece(run.upTo(text, at, index), index < text.length)
    if (index === text.length) return index
    if (text.charCodeAt(index) === QUOTE) return index + 1
    // No text of JSON has a line end in it: the line was none.
    if (!this.#isDocument) this.reset()
    return index
  }

  #endPiece(run: Run, isLast: boolean): void {
    const level = this.#levels.at(-1)
    if (this.#isKey) this.#key += run.text
    else this.#give(run, level, isLast)
    if (!isLast) return
    if (this.#isKey && level) {
      level.inner = level.path.field(this.#key)
      level.expectsKey = false
    }
    this.#state = 'json'
  }

  #give({ text, from, at }: Run, level: Level | undefined, isLast: boolean): void {
    const path = this.#pathOf(level)
    const isFirst = this.#isFirst
    if (level && path.isLane) {
      this.#id = ((isFirst ? '' : this.#id) + text).slice(0, longestId)
      if (isLast) level.lane += `#${this.#id}`
    }
    this.#isFirst = isLast
    if (text === '' && !isLast) return
    const lane = level ? level.lane : ''
    this.#pieces.push({ path, lane, text, from, at, isFirst, isLast, isNumber: false })
  }
}

type Run = Pick<Piece, 'text' | 'from' | 'at'>

/** Numbers are looked at where they tell texts apart, and where they are texts. */
const isLookedAt = ({ isArray, path, inner }: Level): boolean =>
  isArray ? path.name.endsWith('.bytes') : inner.isLane

/** The length of the text where there is none. */
function indexFrom(text: string, wanted: string, from: number): number {
  const at = text.indexOf(wanted, from)
  return at < 0 ? text.length : at
}

/** `\n`, `\u0041`, or two of these for a character beyond the first plane. */
function escapeLength(text: string, at: number): number {
  if (at + 1 >= text.length) return 2
  if (text[at + 1] !== 'u') return 2
  const isHigh = /^\\u[dD][89abAB]/.test(text.slice(at, at + 4))
  if (!isHigh) return 6
  if (at + 6 >= text.length) return 7
  if (!text.startsWith('\\', at + 6)) return 6
  if (at + 7 >= text.length) return 8
  return text[at + 7] === 'u' ? 12 : 6
}

const simple: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }

function meaning(written: string): string {
  if (written[1] !== 'u') return simple[written.charAt(1)] ?? written.slice(1)
  const codes = written
    .split('\\u')
    .slice(1)
    .map((hex) => Number.parseInt(hex, 16))
  const text = String.fromCharCode(...codes.filter((code) => !Number.isNaN(code)))
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** Collects a text and, once it has escapes, where its characters stand. */
class TextRun {
  readonly #from: number
  #text = ''
  #done = 0
  #at: number[] | undefined

  constructor(from: number) {
    this.#from = from
  }

  escape(source: string, start: number, index: number, length: number): void {
    this.#at ??= []
    this.#copy(source, start, index)
    const character = meaning(source.slice(index, index + length))
    for (const _ of character) this.#at.push(index - start)
    this.#text += character
    this.#done = index - start + length
  }

  #copy(source: string, start: number, end: number): void {
    const copied = source.slice(start + this.#done, end)
    if (this.#at) for (let i = 0; i < copied.length; i++) this.#at.push(this.#done + i)
    this.#text += copied
    this.#done += copied.length
  }

  upTo(source: string, start: number, end: number): Run {
    this.#copy(source, start, end)
    const at = this.#at && Uint32Array.from([...this.#at, this.#done])
    return { text: this.#text, from: this.#from, at }
  }
}
