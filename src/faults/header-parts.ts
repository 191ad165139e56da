/**
 * The grammar of faults in one line: items with a comma between them, each a name and its options
 * with semicolons between. Knows characters only, and no fault.
 */

export interface Part {
  /** `error.code` is two; a quoted one may hold any character. */
  readonly path: readonly string[]
  readonly value: Value | undefined
}

/** How it was written says how it may be meant: a bare 7 is a number, a quoted one is text. */
export type Value =
  | { readonly bare: string }
  | { readonly quoted: string }
  /** A list or a mapping, in full. */
  | { readonly json: unknown }

/** Faults, each as the parts that stand between its semicolons; or what is wrong. */
export function splitHeader(text: string): Part[][] | string {
  const items: Part[][] = [[]]
  const reader = new Reader(text)
  do {
    const part = reader.part()
    if (typeof part === 'string') return part
    if (part) items.at(-1)?.push(part)
    const next = reader.border()
    if (next === undefined) return reader.unreadable
    if (next !== ';' && items.at(-1)?.length === 0) return 'names no fault; write reset; at=frame:4'
    if (next === ',') items.push([])
  } while (!reader.isDone || items.at(-1)?.length === 0)
  return items
}

const quotedForm = /"(?:[^"\\]|\\.)*"/y
const segmentForm = /[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"/y
const bareForm = /[^",;]*/y
const spaceForm = /\s*/y
/** What stands in JSON between two brackets, with whole texts skipped. */
const bracketForm = /"(?:[^"\\]|\\.)*"|[{}[\]]/g

class Reader {
  readonly #text: string
  #at = 0
  /** Where the latest part begins, for messages. */
  #start = 0

  constructor(text: string) {
    this.#text = text
  }

  get isDone(): boolean {
    return this.#at >= this.#text.length
  }

  get unreadable(): string {
    const rest = this.#text.slice(this.#start).trim()
    return `cannot read "${rest}"; write reset; at=frame:4; seed=9`
  }

  /** Undefined between two semicolons. */
  part(): Part | string | undefined {
    this.#take(spaceForm)
    this.#start = this.#at
    const path = this.#path()
    if (path === undefined || typeof path === 'string') return path
    this.#take(spaceForm)
    if (this.#text[this.#at] !== '=') return { path, value: undefined }
    this.#at += 1
    this.#take(spaceForm)
    const value = this.#value()
    return typeof value === 'string' ? value : { path, value }
  }

  /** `;` or `,` or the end, which is an empty text; undefined where something else stands. */
  border(): string | undefined {
    this.#take(spaceForm)
    if (this.isDone) return ''
    const next = this.#text[this.#at]
    if (next !== ';' && next !== ',') return undefined
    this.#at += 1
    return next
  }

  #path(): string[] | string | undefined {
    const path: string[] = []
    for (;;) {
      const segment = this.#take(segmentForm)
      if (segment === '') return path.length === 0 ? undefined : this.unreadable
      const name = segment.startsWith('"') ? parsed(segment) : { value: segment }
      if (!name) return notJson(segment)
      path.push(String(name.value))
      if (this.#text[this.#at] !== '.') return path
      this.#at += 1
    }
  }

  #value(): Value | string {
    const first = this.#text[this.#at]
    if (first === '"') {
      const quoted = this.#take(quotedForm)
      if (quoted === '') return `${this.#text.slice(this.#at)} is a quote that is never closed`
      const found = parsed(quoted)
      return found ? { quoted: String(found.value) } : notJson(quoted)
    }
    if (first === '{' || first === '[') return this.#json()
    return { bare: this.#take(bareForm).trim() }
  }

  #json(): Value | string {
    const start = this.#at
    let depth = 0
    bracketForm.lastIndex = start
    for (;;) {
      const bracket = bracketForm.exec(this.#text)?.[0]
      if (bracket === undefined) return `${this.#text.slice(start)} is never closed`
      if (bracket === '{' || bracket === '[') depth += 1
      else if (!bracket.startsWith('"')) depth -= 1
      if (depth === 0) break
    }
    this.#at = bracketForm.lastIndex
    const written = this.#text.slice(start, this.#at)
    const found = parsed(written)
    return found ? { json: found.value } : `${written} is no JSON`
  }

  #take(form: RegExp): string {
    form.lastIndex = this.#at
    const found = form.exec(this.#text)?.[0] ?? ''
    this.#at += found.length
    return found
  }
}

const notJson = (quoted: string): string => `${quoted} is no JSON string`

function parsed(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) }
  } catch {
    return undefined
  }
}
