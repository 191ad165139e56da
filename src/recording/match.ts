/**
 * When two requests are the same, and if they are not, where they first differ.
 * Pure. Compares method, path, query and body, all without secrets: another key or another host is
 * no other request, nor is another order of keys or parameters. Headers are not compared.
 */
import { createHash } from 'node:crypto'
import { wholeText } from '../core/bytes.ts'
import { type HttpRequest, header } from '../core/http.ts'
import type { RecordedRequest } from './format.ts'
import { plainRequest } from './plain-body.ts'
import { redactRequest } from './redact.ts'
import { isForm, isSecretField, levelPairs, levelPlaceholders } from './secrets.ts'
import { pathAndQuery } from './transcribe.ts'

/** A request in the form in which it is compared. */
export interface Comparable {
  readonly method: string
  readonly path: string
  /** Sorted, so that the order of parameters means nothing. */
  readonly query: readonly string[]
  /** The JSON value with its keys sorted, or the text, or base64 of what is neither. */
  readonly body: unknown
}

type Plain = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body'>

/** A request as a client asks it now. */
export const comparable = (request: HttpRequest): Comparable =>
  compare({ ...plainRequest(request), method: request.method, url: request.url })

/** A request as it was taped. */
export const comparableOf = (request: RecordedRequest): Comparable =>
  compare({
    method: request.method,
    url: request.asked ?? pathAndQuery(request.url),
    headers: request.headers,
    body:
      request.base64 === undefined
        ? Buffer.from(request.body ?? '', 'utf8')
        : Buffer.from(request.base64, 'base64'),
  })

function compare(request: Plain): Comparable {
  const { url, body } = redactRequest(request)
  const [path = '/', query = ''] = pathAndQuery(url).split('?', 2)
  return {
    method: request.method.toUpperCase(),
    path,
    query: levelPairs(query)
      .filter((pair) => pair !== '')
      .sort(),
    body: comparableBody(body, isForm(header(request.headers, 'content-type'))),
  }
}

function comparableBody(body: Uint8Array, isPairs: boolean): unknown {
  const text = wholeText(body)
  if (text === undefined) return Buffer.from(body).toString('base64')
  if (isPairs) return levelPairs(text).join('&')
  try {
    return level(JSON.parse(text))
  } catch {
    return levelPlaceholders(text) // No JSON, or too deep to walk: compared as it stands.
  }
}

/** Keys in order, secrets all alike. */
function level(value: unknown): unknown {
  if (typeof value === 'string') return levelPlaceholders(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(level)
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    entries.map(([key, inner]: [string, unknown]) => [
      key,
      typeof inner === 'string' && isSecretField(key) ? 'REDACTED' : level(inner),
    ]),
  )
}

/** The same for requests that are the same, and short. */
export const keyOf = (request: Comparable): string =>
  createHash('sha256')
    .update(JSON.stringify([request.method, request.path, request.query, request.body]))
    .digest('base64')

export interface Difference {
  /** `method`, `path`, `query`, or a place in the body as `$.messages[0].content`. */
  readonly where: string
  /** Undefined where it has nothing there. */
  readonly taped: unknown
  readonly asked: unknown
}

/** Every difference between two requests, the weightiest first, lazily. */
export function* differences(taped: Comparable, asked: Comparable): Generator<Difference> {
  for (const part of ['method', 'path'] as const) {
    if (taped[part] !== asked[part]) {
      yield { where: part, taped: taped[part], asked: asked[part] }
    }
  }
  const [tapedQuery, askedQuery] = [taped.query.join('&'), asked.query.join('&')]
  if (tapedQuery !== askedQuery) yield { where: 'query', taped: tapedQuery, asked: askedQuery }
  yield* within('$', taped.body, asked.body)
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null

function* within(where: string, taped: unknown, asked: unknown): Generator<Difference> {
  if (!isTree(taped) || !isTree(asked) || Array.isArray(taped) !== Array.isArray(asked)) {
    if (taped !== asked) yield { where, taped, asked }
    return
  }
  const left = new Map<string, unknown>(Object.entries(taped))
  const right = new Map<string, unknown>(Object.entries(asked))
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    yield* within(where + step(key, Array.isArray(taped)), left.get(key), right.get(key))
  }
}

function step(key: string, isIndex: boolean): string {
  if (isIndex) return `[${key}]`
  return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}

const shownCharacters = 72
const shownBefore = 24

const written = (value: unknown): string =>
  value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value))

/** Both values on one line each, cut around the first place where they differ. */
export function explainDifference({ where, taped, asked }: Difference): string {
  const [left, right] = [written(taped), written(asked)]
  let same = 0
  while (same < left.length && left[same] === right[same]) same++
  const from = Math.max(0, same - shownBefore)
  const show = (text: string): string => {
    const end = from + shownCharacters
    return `${from > 0 ? '…' : ''}${text.slice(from, end)}${end < text.length ? '…' : ''}`
  }
  return `${where}\n  taped: ${show(left)}\n  asked: ${show(right)}`
}
