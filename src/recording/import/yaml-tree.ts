/**
 * YAML as a tree that keeps its places and the way each scalar was written: whether a text was
 * binary, and whether `null` was a word. Reads JSON as well, which is YAML. Pure.
 *
 * Tags of Python and Ruby objects are looked through: what they hold is what was meant.
 */
import {
  type Document,
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
} from 'yaml'
import { type Place, Unreadable } from './imported.ts'
import { bytesOfBase64, bytesOfText, type TextOptions } from './text-bytes.ts'

export type TreeKind = 'map' | 'list' | 'text' | 'binary' | 'null'

/** The documents of a file. Throws `Unreadable` where it is no YAML. */
export function parseYaml(text: string): Tree[] {
  const lines = new LineCounter()
  // Only this schema leaves every scalar as it was written: nothing is a date, or a number.
  const parsed = parseAllDocuments(text, {
    schema: 'failsafe',
    lineCounter: lines,
    uniqueKeys: false,
    logLevel: 'silent',
  })
  if (!Array.isArray(parsed)) return []
  return parsed.flatMap((document) => {
    const [error] = document.errors
    if (error) {
      const { line, col } = lines.linePos(error.pos[0])
      throw new Unreadable({ line, column: col }, `it is no YAML: ${firstLine(error.message)}`)
    }
    return document.contents ? [new Tree(document.contents, { document, lines })] : []
  })
}

const firstLine = (message: string): string =>
  (message.split('\n')[0] ?? '').replace(/ at line \d+, column \d+:?$/, '')

interface Origin {
  readonly document: Document.Parsed
  readonly lines: LineCounter
}

const noValue = /^(?:~|null|Null|NULL|)$/
const binaryTag = /(?:^!|:)binary$/
const nullTag = /:null$/
/**
 * In YAML 1.1, which Python writes, these end a line, and what stands before the next one is its
 * indentation.
 */
const oldBreak = /([\u0085\u2028\u2029]) +/g
/** Nothing real is as deep as this, but an alias to what holds it is endless. */
const deepest = 200

export class Tree {
  readonly #node: Node
  readonly #origin: Origin

  constructor(node: Node, origin: Origin) {
    this.#origin = origin
    this.#node = isAlias(node) ? (node.resolve(origin.document) ?? node) : node
  }

  get kind(): TreeKind {
    const node = this.#node
    if (isMap(node)) return 'map'
    if (isSeq(node)) return 'list'
    if (isScalar(node) && binaryTag.test(node.tag ?? '')) return 'binary'
    if (!isScalar(node)) return 'text'
    const isNull = isPlain(node.type) && noValue.test(this.#source)
    return isNull || nullTag.test(node.tag ?? '') ? 'null' : 'text'
  }

  get place(): Place {
    const { line, col } = this.#origin.lines.linePos(this.#node.range?.[0] ?? 0)
    return { line, column: col }
  }

  fail(message: string): Unreadable {
    return new Unreadable(this.place, message)
  }

  /** Undefined also where the value is null. */
  get(name: string): Tree | undefined {
    const child = this.has(name)
    return child?.kind === 'null' ? undefined : child
  }

  /** The member of a map, whatever it is. */
  has(name: string): Tree | undefined {
    const value = isMap(this.#node) ? this.#node.get(name, true) : undefined
    return isNode(value) ? new Tree(value, this.#origin) : undefined
  }

  /** The first of the members that is there. */
  first(...names: readonly string[]): Tree | undefined {
    for (const name of names) {
      const child = this.get(name)
      if (child) return child
    }
    return undefined
  }

  entries(): [name: string, value: Tree][] {
    if (!isMap(this.#node)) return []
    return this.#node.items.flatMap((pair): [string, Tree][] => {
      if (!isPair(pair) || !isNode(pair.key) || !isNode(pair.value)) return []
      const key = new Tree(pair.key, this.#origin)
      return [[key.asText(), new Tree(pair.value, this.#origin)]]
    })
  }

  /** The items of a list; of anything else, the one that it is. */
  items(): Tree[] {
    if (this.kind === 'null') return []
    if (!isSeq(this.#node)) return [this]
    return this.#node.items.flatMap((item) => (isNode(item) ? [new Tree(item, this.#origin)] : []))
  }

  /** Binary as one character a byte, as HTTP has its headers. */
  asText(): string {
    if (this.kind === 'binary') return Buffer.from(this.bytes()).toString('latin1')
    const scalar = this.#scalar()
    return scalar.kind === 'null' ? '' : scalar.#source
  }

  /** Throws where it can be no bytes. */
  bytes(options: TextOptions = {}): Uint8Array {
    const scalar = this.#scalar()
    if (scalar.kind === 'null') return Buffer.alloc(0)
    const isBinary = scalar.kind === 'binary'
    const bytes = isBinary ? bytesOfBase64(scalar.#source) : bytesOfText(scalar.#source, options)
    if (bytes) return bytes
    throw this.fail(isBinary ? 'this is no base64' : 'this text holds half of a character')
  }

  base64(): Uint8Array {
    const bytes = bytesOfBase64(this.asText())
    if (bytes) return bytes
    throw this.fail('this is no base64')
  }

  number(): number | undefined {
    const number = Number(this.asText())
    return this.asText().trim() === '' || Number.isNaN(number) ? undefined : number
  }

  /** The value as Python's `json.dumps` writes it, since that is what vcrpy plays. */
  json(depth = 0): string {
    if (depth > deepest) throw this.fail('this is nested too deep, or holds itself')
    const { kind } = this
    if (kind === 'list')
      return `[${this.items()
        .map((item) => item.json(depth + 1))
        .join(', ')}]`
    if (kind === 'map') {
      const members = this.entries().map(([name, value]) => [ascii(name), value.json(depth + 1)])
      return `{${members.map(([name, value]) => `${name}: ${value}`).join(', ')}}`
    }
    if (kind === 'null') return 'null'
    if (kind === 'binary') return ascii(Buffer.from(this.bytes()).toString('utf8'))
    return this.#jsonScalar()
  }

  #jsonScalar(): string {
    const node = this.#node
    const source = this.#source
    if (!isScalar(node) || !isPlain(node.type)) return ascii(source)
    if (/^(?:true|false)$/i.test(source)) return source.toLowerCase()
    if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(source)) return source
    if (/^[-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(source)) {
      return JSON.stringify(Number(source.replaceAll('_', '')))
    }
    return ascii(source)
  }

  /**
   * The scalar within what only wraps it: a Python object with its state, a tuple, a one-item list.
   */
  #scalar(depth = 0): Tree {
    if (depth > deepest) throw this.fail('this is nested too deep, or holds itself')
    if (this.kind === 'list') {
      const [inner] = this.items()
      if (inner) return inner.#scalar(depth + 1)
    }
    if (this.kind === 'map') {
      const inner = this.first('state', 'args', 'string')
      if (inner) return inner.#scalar(depth + 1)
      throw this.fail('there must be a text here, not a map')
    }
    return this
  }

  get #source(): string {
    const node = this.#node
    if (!isScalar(node)) return ''
    const source = node.source ?? String(node.value ?? '')
    return node.type === 'QUOTE_SINGLE' ? source.replaceAll(oldBreak, '$1') : source
  }
}

const isNode = (value: unknown): value is Node =>
  isScalar(value) || isMap(value) || isSeq(value) || isAlias(value)

const isPlain = (type: unknown): boolean => type === 'PLAIN' || type === undefined

const ascii = (text: string): string =>
  JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
