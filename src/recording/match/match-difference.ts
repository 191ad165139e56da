/** Where two requests differ, and how to show it to a person. Pure. */
import { MaskedText } from './canonical-masked.ts'
import { fitOfLeaves, isTree, type Seen } from './match.ts'

export interface Difference {
  /** `method`, `path`, `query`, `headers`, or a place in the body as `$.messages[0].content`. */
  readonly where: string
  /** Undefined where it has nothing there. */
  readonly taped: unknown
  readonly asked: unknown
}

/**
 * Every difference between two requests, the weightiest first, lazily. What may stand for each
 * other is none.
 */
export function* differences(taped: Seen, asked: Seen): Generator<Difference> {
  const times = [taped.atMs, asked.atMs] as const
  for (const part of ['method', 'path'] as const) {
    yield* within(part, taped.masked[part], asked.masked[part], times)
  }
  for (const part of ['query', 'headers'] as const) {
    yield* ofLines(part, taped.masked[part], asked.masked[part], times)
  }
  if (taped.exact.form !== asked.exact.form) {
    yield { where: '$', taped: plain(taped.masked.body), asked: plain(asked.masked.body) }
    return
  }
  yield* within('$', taped.masked.body, asked.masked.body, times)
}

type Times = readonly [tapedAtMs: number, askedAtMs: number]

/** Queries and headers are short: they are shown whole. */
function* ofLines(where: string, taped: unknown, asked: unknown, times: Times) {
  const [first] = within('', taped, asked, times)
  if (first) yield { where, taped: joined(taped), asked: joined(asked) }
}

const joined = (lines: unknown): string =>
  Array.isArray(lines) ? lines.map((line) => String(plain(line))).join('&') : ''

function* within(
  where: string,
  taped: unknown,
  asked: unknown,
  times: Times,
): Generator<Difference> {
  if (!isTree(taped) || !isTree(asked) || Array.isArray(taped) !== Array.isArray(asked)) {
    const isSame = !isTree(taped) && !isTree(asked) && fitOfLeaves(taped, asked, ...times)
    if (!isSame) yield { where, taped: plain(taped), asked: plain(asked) }
    return
  }
  const left = new Map<string, unknown>(Object.entries(taped))
  const right = new Map<string, unknown>(Object.entries(asked))
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    yield* within(where + step(key, Array.isArray(taped)), left.get(key), right.get(key), times)
  }
}

/** Without masks: people want to see what was there. */
export function plain(value: unknown): unknown {
  if (value instanceof MaskedText) return value.raw
  if (Array.isArray(value)) return value.map(plain)
  if (!isTree(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
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
export function inContext({ taped, asked }: Difference): { taped: string; asked: string } {
  const [left, right] = [written(taped), written(asked)]
  let same = 0
  while (same < left.length && left[same] === right[same]) same++
  const from = Math.max(0, same - shownBefore)
  const show = (text: string): string => {
    const end = from + shownCharacters
    const cut = text.slice(from, end).toWellFormed()
    return `${from > 0 ? '…' : ''}${cut}${end < text.length ? '…' : ''}`
  }
  return { taped: show(left), asked: show(right) }
}
