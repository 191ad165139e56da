/**
 * What callers in plain JavaScript, or in a hurry, hand in: looked at once, so that a slip is told as
 * one clear error and never as an empty sweep. Must know nothing of replies and variants.
 */
import { parseDuration } from '../core/duration.ts'
import { StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'

export const usage = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)

/** For people: what a value is, and not all that is in it. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (value instanceof Promise) return 'a promise'
  if (typeof value === 'object' && value !== null) return 'an object'
  return typeof value === 'function' ? 'a function' : String(value)
}

/** The keys that are there; those that are undefined are as good as not there. */
function keysOf(given: unknown, what: string, known: readonly string[]): readonly string[] {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw usage(`${what} must be an object, not ${shown(given)}`)
  }
  const keys = Object.entries(given).flatMap(([key, value]) => (value === undefined ? [] : [key]))
  const stranger = keys.find((key) => !known.includes(key))
  if (stranger === undefined) return keys
  throw usage(`${what}: there is no "${stranger}"${suggestion(stranger, known)}`)
}

function checkSeed(seed: unknown, what: string): void {
  if (seed === undefined || (Number.isSafeInteger(seed) && Number(seed) >= 0)) return
  throw usage(`${what}: seed must be a whole number from 0, not ${shown(seed)}`)
}

/** @param what `sweep` or who else is asked */
export function checkNames(only: unknown, what: string): void {
  if (only === undefined) return
  const form = `must be a list of names such as ['cut/reset', 'http/500']`
  if (!Array.isArray(only)) throw usage(`${what}: only ${form}, not ${shown(only)}`)
  if (only.length === 0) throw usage(`${what}: only is empty, and chooses nothing; it ${form}`)
  const wrong = only.find((name) => typeof name !== 'string' || name.trim() === '')
  if (wrong !== undefined) throw usage(`${what}: only ${form}; there is ${shown(wrong)} in it`)
}

const optionNames = ['seed', 'only', 'budget', 'silence', 'retryAfter']

/** Throws a `usage` error for the first thing that makes no sense. */
export function checkOptions(given: unknown): void {
  keysOf(given, 'sweep: its options', optionNames)
  const { seed, only, budget, silence, retryAfter }: Record<string, unknown> = { ...Object(given) }
  checkSeed(seed, 'sweep')
  checkNames(only, 'sweep')
  const isBudget = budget === undefined || budget === 'all'
  if (!isBudget && !(Number.isSafeInteger(budget) && Number(budget) >= 1)) {
    throw usage(`sweep: budget must be a whole number from 1, or 'all'; not ${shown(budget)}`)
  }
  checkDuration('silence', silence)
  checkDuration('retryAfter', retryAfter)
}

function checkDuration(name: string, value: unknown): void {
  if (value === undefined) return
  const isWritten = typeof value === 'string' || typeof value === 'number'
  if (isWritten && (parseDuration(value) ?? 0) > 0) return
  throw usage(`sweep: ${name} must be a duration such as 250ms, 1.5s or 2m, not ${shown(value)}`)
}

const sourceKeys: Readonly<Record<string, readonly string[]>> = {
  scenario: ['rule', 'dialect', 'user', 'stream', 'seed'],
  recording: ['dialect', 'seed'],
  timeline: ['dialect', 'name', 'seed'],
}

const sources = Object.keys(sourceKeys)

/** A reply comes from one place, and what is said besides has to do with that. */
export function checkSource(given: unknown): void {
  const known = [...new Set([...sources, ...Object.values(sourceKeys).flat()])]
  const keys = keysOf(given, 'openReply: what it is given', known)
  const named = keys.filter((key) => sources.includes(key))
  const [source] = named
  if (source === undefined) {
    throw usage(
      'openReply: nothing says what is swept; give { scenario }, { recording }, or { timeline, dialect }',
    )
  }
  if (named.length > 1) {
    throw usage(
      `openReply: the reply comes from one of ${sources.join(', ')}; ${named.join(' and ')} are given`,
    )
  }
  const own = sourceKeys[source] ?? []
  const foreign = keys.find((key) => key !== source && !own.includes(key))
  if (foreign !== undefined) {
    throw usage(`openReply: ${foreign} says nothing of a ${source}; known are ${own.join(', ')}`)
  }
  const { seed, dialect }: Record<string, unknown> = { ...Object(given) }
  checkSeed(seed, 'openReply')
  if (source === 'timeline' && dialect === undefined) {
    throw usage('openReply: a timeline needs a dialect, so that its frames can be read')
  }
}
