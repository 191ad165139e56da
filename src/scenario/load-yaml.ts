/**
 * YAML text to plain data that remembers where everything stood. With `load.ts` the only place that
 * knows YAML; all others speak of paths.
 */
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml'
import { type Mistake, messageOf } from '../core/errors.ts'
import type { Problem } from './problem.ts'

export interface YamlFile {
  readonly value: unknown
  /** A problem in the data as a mistake in the file. */
  place(problem: Problem): Mistake
}

/** The data of a file with one document, or every mistake of syntax in it. */
export function readYaml(text: string, file: string): YamlFile | readonly Mistake[] {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true })
  const at = (offset: number, message: string): Mistake => {
    const { line, col } = lines.linePos(offset)
    return { file, line: Math.max(1, line), column: Math.max(1, col), message }
  }
  const problems = [...firstOfEachLine(document.errors, lines), ...document.warnings]
  if (problems.length > 0) {
    return problems.map((error) => at(errorOffset(error, document), inOurWords(error, text)))
  }
  if (document.contents === null || isEmptyScalar(document.contents)) {
    return [at(0, 'the file is empty: a mapping of keys and values is expected')]
  }
  const unresolved = brokenAliases(document)
  if (unresolved.length > 0) return unresolved.map(([offset, message]) => at(offset, message))
  try {
    const value: unknown = document.toJS({ maxAliasCount: 1000 })
    return { value, place: (problem) => at(offsetOf(document, text, problem), problem.message) }
  } catch (thrown) {
    return [at(0, `YAML: ${messageOf(thrown)}`)]
  }
}

function brokenAliases(document: Document.Parsed): [offset: number, message: string][] {
  const found: [number, string][] = []
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document)) return
      const message = `YAML: no anchor &${alias.source} stands before this alias`
      found.push([startOf(alias) ?? 0, message])
    },
  })
  return found
}

const isEmptyScalar = (node: unknown): boolean => isScalar(node) && node.value === null

/** One slip makes the parser stumble several times on a line; the first time tells the most. */
function firstOfEachLine(errors: readonly YAMLError[], lines: LineCounter): YAMLError[] {
  const seen = new Set<number>()
  return errors.filter((error) => {
    const { line } = lines.linePos(error.pos[0])
    if (seen.has(line)) return false
    seen.add(line)
    return true
  })
}

const wordsByCode: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'a tab cannot indent; use spaces',
  MULTIPLE_DOCS:
    'a second document begins here; a file holds one, so put it into a file of its own',
  MULTILINE_IMPLICIT_KEY:
    'a key must stand on one line; is a colon missing, or a quote not closed?',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping cannot begin within a value; quote a text that holds ": "',
  BAD_SCALAR_START: 'a text cannot begin with this character; put it in quotes',
  BAD_DQ_ESCAPE:
    'this escape is unknown in double quotes; double the backslash or use single quotes',
}

const unclosedQuote = /^Missing closing .quote/

/** An unclosed quote swallows the rest of the file; where it opens is where the slip is. */
function errorOffset(
  error: { message: string; pos: [number, number] },
  document: Document,
): number {
  if (!unclosedQuote.test(error.message)) return error.pos[0]
  let opened: number | undefined
  visit(document, {
    Scalar(_, scalar) {
      if (scalar.type?.startsWith('QUOTE')) opened = startOf(scalar)
    },
  })
  return opened ?? error.pos[0]
}

function inOurWords(
  error: { code: string; message: string; pos: [number, number] },
  text: string,
): string {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^["']?([^\s:"']+)/.exec(text.slice(error.pos[0]))?.[1] ?? ''
    return `the key "${key}" is written twice; keep one`
  }
  if (unclosedQuote.test(error.message)) return 'YAML: this quote is never closed'
  if (error.message === 'Unexpected scalar at node end') {
    return 'YAML: the value has ended before this; put all of it in quotes, doubling those within'
  }
  return `YAML: ${wordsByCode[error.code] ?? lowerFirst(error.message)}`
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** Where a problem stands: as deep as the file goes along its path. */
function offsetOf(document: Document.Parsed, text: string, problem: Problem): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const key of problem.path) {
    const child = childAt(resolved(node, document), key)
    if (!child) return offset
    offset = child.offset
    node = child.node
  }
  if (problem.key !== undefined)
    return childAt(resolved(node, document), problem.key)?.keyOffset ?? offset
  if (problem.piece !== undefined) return offset + pieceOffset(text, node, problem.piece)
  return offset
}

interface Child {
  readonly node: unknown
  /** Where the value begins, or its key where it has none. */
  readonly offset: number
  readonly keyOffset: number
}

function childAt(parent: unknown, key: string | number): Child | undefined {
  if (isSeq(parent)) {
    const node = parent.items[Number(key)]
    const offset = startOf(node)
    return offset === undefined ? undefined : { node, offset, keyOffset: offset }
  }
  if (!isMap(parent)) return undefined
  for (const pair of parent.items) {
    if (!isPair(pair) || !isScalar(pair.key) || String(pair.key.value) !== String(key)) continue
    const keyOffset = startOf(pair.key) ?? 0
    return {
      node: pair.value,
      keyOffset,
      offset: isBlank(pair.value) ? keyOffset : (startOf(pair.value) ?? keyOffset),
    }
  }
  return undefined
}

/** A value that is not written at all, as in `rules:`. */
const isBlank = (node: unknown): boolean =>
  node === null || (isScalar(node) && node.value === null && node.range?.[0] === node.range?.[1])

const resolved = (node: unknown, document: Document.Parsed): unknown =>
  isAlias(node) ? node.resolve(document) : node

function startOf(node: unknown): number | undefined {
  if (!isNode(node)) return undefined
  return node.range?.[0]
}

const isNode = (value: unknown): value is Node =>
  isScalar(value) || isCollection(value) || isAlias(value)

/** How far into a text, as it is written, a piece of it stands; 0 where it cannot be found. */
function pieceOffset(source: string, node: unknown, { text, nth }: Piece): number {
  if (!isNode(node) || !node.range) return 0
  const written = source.slice(node.range[0], node.range[1])
  let offset = written.indexOf(text)
  for (let passed = 0; passed < nth && offset >= 0; passed++) {
    offset = written.indexOf(text, offset + text.length)
  }
  return Math.max(0, offset)
}

type Piece = NonNullable<Problem['piece']>
