/**
 * Where in a JSON text a value stands. `JSON.parse` is ten times as fast as a parser that keeps
 * places, so that it reads the values, and this finds the places of those that matter: each list
 * and object on the way is walked through once. Pure. The text must be JSON.
 */
import type { Place } from './imported.ts'

export type JsonPath = readonly (string | number)[]

/** The place of an offset in a text. */
export function placeAt(text: string, offset: number): Place {
  return new LineStarts(text).place(offset)
}

export class JsonPlaces {
  readonly #text: string
  readonly #lines: LineStarts
  /** Of lists and objects that have been walked through, by their own offsets. */
  readonly #children = new Map<number, ReadonlyMap<string | number, number>>()

  constructor(text: string) {
    this.#text = text
    this.#lines = new LineStarts(text)
  }

  /** The place of the value at `path`, or of the nearest value around it. */
  of(path: JsonPath): Place {
    let offset = new Walk(this.#text, this.#text.startsWith('\uFEFF') ? 1 : 0).start()
    for (const step of path) {
      const child = this.#childrenAt(offset).get(step)
      if (child === undefined) break
      offset = child
    }
    return this.#lines.place(offset)
  }

  #childrenAt(offset: number): ReadonlyMap<string | number, number> {
    const known = this.#children.get(offset)
    if (known) return known
    const found = new Map(new Walk(this.#text, offset).children())
    this.#children.set(offset, found)
    return found
  }
}

class LineStarts {
  readonly #text: string
  #starts: number[] | undefined

  constructor(text: string) {
    this.#text = text
  }

  place(offset: number): Place {
    this.#starts ??= startsOf(this.#text)
    let [low, high] = [0, this.#starts.length - 1]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if ((this.#starts[middle] ?? 0) <= offset) low = middle
      else high = middle - 1
    }
    return { line: low + 1, column: offset - (this.#starts[low] ?? 0) + 1 }
  }
}

function startsOf(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

const space = /[^ \t\r\n]/g
const scalarEnd = /[,\]}\s]|$/g

class Walk {
  readonly #text: string
  #at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.#at = at
  }

  /** Where the value begins that stands here. */
  start(): number {
    this.#skipSpace()
    return this.#at
  }

  /** The members or items of the value that begins here, each with its offset. */
  *children(): Generator<[string | number, number]> {
    const isList = this.#text[this.#at] === '['
    if (!isList && this.#text[this.#at] !== '{') return
    this.#at++
    for (let index = 0; ; index++) {
      this.#skipSpace()
      const character = this.#text[this.#at]
      if (character === ']' || character === '}' || character === undefined) return
      const key = isList ? index : this.#key()
      yield [key, this.#at]
      this.#skipValue()
      this.#skipSpace()
      if (this.#text[this.#at] === ',') this.#at++
    }
  }

  #key(): string {
    const from = this.#at
    this.#skipString()
    const written = this.#text.slice(from, this.#at)
    this.#at = this.#text.indexOf(':', this.#at) + 1
    this.#skipSpace()
    return written.includes('\\') ? String(JSON.parse(written)) : written.slice(1, -1)
  }

  #skipValue(): void {
    const first = this.#text[this.#at]
    if (first === '"') this.#skipString()
    else if (first === '{' || first === '[') this.#skipNested()
    else this.#skipTo(scalarEnd)
  }

  #skipNested(): void {
    let depth = 0
    do {
      const character = this.#text[this.#at]
      if (character === '"') this.#skipString()
      else {
        if (character === '{' || character === '[') depth++
        else if (character === '}' || character === ']') depth--
        this.#at++
      }
    } while (depth > 0 && this.#at < this.#text.length)
  }

  #skipString(): void {
    let end = this.#at + 1
    for (;;) {
      end = this.#text.indexOf('"', end)
      if (end < 0) break
      let slashes = 0
      while (this.#text[end - 1 - slashes] === '\\') slashes++
      if (slashes % 2 === 0) break
      end++
    }
    this.#at = end < 0 ? this.#text.length : end + 1
  }

  #skipSpace(): void {
    this.#skipTo(space)
  }

  #skipTo(pattern: RegExp): void {
    pattern.lastIndex = this.#at
    this.#at = pattern.exec(this.#text)?.index ?? this.#text.length
  }
}
