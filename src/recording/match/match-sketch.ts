/**
 * What is known of a request in a few numbers, so that of many recordings the few can be found that
 * are worth a full comparison. Pure.
 */
import { type Masked, MaskedText } from './canonical-masked.ts'

export interface Sketch {
  /** Of method and path. */
  readonly place: number
  /** One for each message, of all messages up to it: equal ones mean an equal beginning. */
  readonly turns: readonly number[]
  /** The least hash of the words that fall into each of some bins: equal ones mean like words. */
  readonly words: readonly number[]
}

const bins = 16
/** A conversation that is longer is compared by its beginning. */
const mostTurns = 64
const mostWords = 4000

export function sketchOf({ method, path, body }: Masked): Sketch {
  const turns: number[] = []
  let hash = 0
  for (const turn of turnsOf(body).turns.slice(0, mostTurns)) {
    hash = hashOf(JSON.stringify(turn), hash)
    turns.push(hash)
  }
  return { place: hashOf(`${method} ${shownText(path)}`), turns, words: wordSketch(body) }
}

/** Lists of messages by the names that APIs have for them, and where in the body they are. */
const turnNames = ['messages', 'contents', 'input', 'chat_history', 'history', 'conversation']

export function turnsOf(body: unknown): { name: string; turns: readonly unknown[] } {
  if (typeof body === 'object' && body !== null) {
    const fields = new Map<string, unknown>(Object.entries(body))
    for (const name of turnNames) {
      const turns = fields.get(name)
      if (Array.isArray(turns)) return { name, turns }
    }
  }
  return { name: '', turns: [] }
}

function wordSketch(body: unknown): number[] {
  const least: number[] = new Array(bins).fill(0xffffffff)
  let left = mostWords
  for (const [word] of (JSON.stringify(body) ?? '').matchAll(/[\p{L}\p{N}]+/gu)) {
    if (left-- === 0) break
    const hash = hashOf(word)
    const bin = hash % bins
    if (hash < (least[bin] ?? 0)) least[bin] = hash
  }
  return least
}

/** FNV-1a, 32 bits; `seed` carries on where another text ended. */
function hashOf(text: string, seed = 0): number {
  let hash = 0x811c9dc5 ^ seed
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  // The lower bits of FNV are weak where texts are short.
  hash ^= hash >>> 15
  return hash >>> 0
}

export const shownText = (value: unknown): string =>
  value instanceof MaskedText ? String(value.raw) : String(value)

const numbers = (list: readonly number[]): string => list.map((n) => n.toString(36)).join(',')

/** Without spaces. */
export const writeSketch = ({ place, turns, words }: Sketch): string =>
  [numbers([place]), numbers(turns), numbers(words)].join(';')

export function readSketch(written: string): Sketch {
  const [place = '', turns = '', words = ''] = written.split(';')
  const read = (list: string): number[] =>
    list === '' ? [] : list.split(',').map((number) => Number.parseInt(number, 36))
  return { place: read(place)[0] ?? 0, turns: read(turns), words: read(words) }
}

/** How many messages from the first on are the same. */
function commonTurns(one: Sketch, other: Sketch): number {
  let common = 0
  while (common < one.turns.length && one.turns[common] === other.turns[common]) common++
  return common
}

/** The more the nearer; of the same path always more than of another one. */
export function nearness(one: Sketch, other: Sketch): number {
  const common = commonTurns(one, other)
  const all = Math.max(one.turns.length + other.turns.length, 1)
  const words = one.words.filter((hash, bin) => hash === other.words[bin]).length / bins
  return (one.place === other.place ? 10 : 0) + (2 * common) / all + words
}
