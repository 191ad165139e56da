/**
 * Takes out of a body what the settings say is not compared. Pure.
 * An ignored place may be on one side only: its key is left out with its value.
 */
import { JSONPathEnvironment } from 'json-p3'
import { lazy } from '../../core/lazy.ts'

// Deep bodies are rare, and no mistake.
const paths = lazy(() => new JSONPathEnvironment({ maxRecursionDepth: 2000 }))

type Query = ReturnType<JSONPathEnvironment['compile']>
type Key = string | number

const compiled = new Map<string, Query>()

function queryOf(place: string): Query {
  const query = compiled.get(place) ?? paths().compile(place)
  compiled.set(place, query)
  return query
}

export function withoutIgnored(body: unknown, ignore: readonly string[]): unknown {
  const places = ignore.filter((place) => place.startsWith('$'))
  if (places.length === 0 || !isTree(body)) return body
  const ignored = new Cut()
  for (const place of places) {
    for (const node of queryOf(place).query(body).nodes) ignored.add(node.location)
  }
  return ignored.cut(body)
}

const isTree = (value: unknown): value is Record<string, never> | never[] =>
  typeof value === 'object' && value !== null

/** Places as a tree; a leaf is cut off. */
class Cut {
  readonly #inner = new Map<string, Cut>()
  isLeaf = false

  add(location: readonly Key[]): void {
    const [first, ...rest] = location
    if (first === undefined) {
      this.isLeaf = true
      return
    }
    const inner = this.#inner.get(String(first)) ?? new Cut()
    this.#inner.set(String(first), inner)
    inner.add(rest)
  }

  cut(value: unknown): unknown {
    if (this.#inner.size === 0 || typeof value !== 'object' || value === null) return value
    const kept = Object.entries(value)
      .filter(([key]) => this.#inner.get(key)?.isLeaf !== true)
      .map(([key, inner]: [string, unknown]) => [key, this.#inner.get(key)?.cut(inner) ?? inner])
    return Array.isArray(value) ? kept.map(([, inner]) => inner) : Object.fromEntries(kept)
  }
}
