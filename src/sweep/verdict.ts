/**
 * The words for what a client made of a variant, and how its output compares with that of the clean
 * run. Pure; `torture` and `sweep` judge by the same.
 */
import type { Expected } from './variant.ts'

export const verdicts = [
  'same output',
  'clean error',
  'silent truncation',
  'wrong output',
  'hang',
  'crash',
  'retry storm',
] as const

export type Verdict = (typeof verdicts)[number]

/** Whether a right client may have come to it. Where the bytes do not tell, no output is blamed. */
export function isRight(verdict: Verdict, expect: Expected): boolean {
  switch (verdict) {
    case 'same output':
      return true
    case 'clean error':
      return expect !== 'same'
    case 'silent truncation':
    case 'wrong output':
      return expect === 'either'
    default:
      return false
  }
}

export type Difference = 'same' | 'less' | 'other'

/**
 * `less` is what can be had from the clean output by leaving something out: its beginning, all but
 * one piece, or some of its words in their order.
 */
export function differenceOf(output: string, clean: string): Difference {
  if (output === clean) return 'same'
  const heard = output.trim()
  const whole = clean.trim()
  if (heard === whole) return 'same'
  if (heard.length >= whole.length) return 'other'
  const before = commonStart(heard, whole)
  if (before === heard.length) return 'less'
  if (before + commonEnd(heard, whole) >= heard.length) return 'less'
  return hasInOrder(whole.split(/\s+/), heard.split(/\s+/)) ? 'less' : 'other'
}

/** Of a client that said it was done. */
export function verdictOnOutput(output: string, clean: string): Verdict {
  switch (differenceOf(output, clean)) {
    case 'same':
      return 'same output'
    case 'less':
      return 'silent truncation'
    case 'other':
      return 'wrong output'
  }
}

function commonStart(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[length] === b[length]) length += 1
  return length
}

function commonEnd(a: string, b: string): number {
  let length = 0
  while (length < a.length && a[a.length - 1 - length] === b[b.length - 1 - length]) length += 1
  return length
}

function hasInOrder(whole: readonly string[], part: readonly string[]): boolean {
  let at = 0
  for (const word of whole) if (word === part[at]) at += 1
  return at === part.length
}
