/**
 * One matcher, compiled: whether any of the values that a request has for a field fits, and if not,
 * what was wanted and how near it came. Pure; knows neither requests nor rules.
 */
import { isDeepStrictEqual } from 'node:util'
import { distance } from 'fastest-levenshtein'
import picomatch from 'picomatch'
import { messageOf } from '../core/errors.ts'
import { type Problem, shown } from './problem.ts'
import type { Scalar } from './schema-basics.ts'
import type { WrittenConditions, WrittenMatcher } from './schema-matcher.ts'

export type Captures = Record<string, string>

/** The groups that a matcher captures when it fits: their names, and how many there are at most. */
export interface Groups {
  readonly names: readonly string[]
  /** The number of groups, counting the whole match; 0 where there is no regular expression. */
  readonly count: number
}

export interface ValueTest {
  /** True where a candidate fits; what a regular expression captured is added to `captures`. */
  fits(candidates: readonly unknown[], captures: Captures): boolean
  /** What is wanted, to follow `expected`. */
  readonly wants: string
  /** Texts that would fit or nearly so, to measure how near a miss was. */
  readonly samples: readonly string[]
  readonly groups: Groups
}

export interface ValueTestOptions {
  /** Candidates are JSON values, compared as such; otherwise they are texts. */
  readonly json?: boolean
  /** A `*` in a glob stops at a slash. */
  readonly segments?: boolean
  readonly ignoreCase?: boolean
}

const noGroups: Groups = { names: [], count: 0 }

type Check = (candidate: unknown, captures: Captures) => boolean

interface Part {
  readonly check: Check
  readonly wants: string
  readonly samples?: readonly string[]
  readonly groups?: Groups
}

/** Compiles a matcher; problems, such as a broken regular expression, are added to `problems`. */
export function compileValueTest(
  written: WrittenMatcher,
  options: ValueTestOptions,
  problems: Problem[],
): ValueTest {
  if (isList(written)) return single(oneOf(written, options))
  if (typeof written !== 'object') return single(equals(written, options))
  return conditional(written, { ...options, ...ignoreCaseOf(written) }, problems)
}

const isList = (written: WrittenMatcher): written is readonly Scalar[] => Array.isArray(written)

const ignoreCaseOf = ({ ignoreCase }: WrittenConditions): ValueTestOptions =>
  ignoreCase === undefined ? {} : { ignoreCase }

const single = (part: Part): ValueTest => ({
  fits: (candidates, captures) => candidates.some((candidate) => part.check(candidate, captures)),
  wants: part.wants,
  samples: part.samples ?? [],
  groups: part.groups ?? noGroups,
})

/** All conditions on one and the same candidate, but `exists` and `not` on all of them. */
function conditional(
  written: WrittenConditions,
  options: ValueTestOptions,
  problems: Problem[],
): ValueTest {
  const parts = partsOf(written, options, problems)
  const { exists } = written
  const not = written.not === undefined ? undefined : negated(written.not, options, problems)
  const wants = [...parts.map((part) => part.wants)]
  if (exists !== undefined) wants.push(exists ? 'any value' : 'no value')
  if (not) wants.push(`not ${not.wants}`)
  return {
    fits(candidates, captures) {
      if (exists !== undefined && exists !== candidates.length > 0) return false
      if (not?.fits(candidates, {})) return false
      if (parts.length === 0) return true
      return candidates.some((candidate) => parts.every((part) => part.check(candidate, captures)))
    },
    wants: wants.join(' and '),
    samples: parts.flatMap((part) => part.samples ?? []),
    groups: joinGroups(parts.map((part) => part.groups ?? noGroups)),
  }
}

function negated(
  written: WrittenMatcher,
  options: ValueTestOptions,
  problems: Problem[],
): ValueTest {
  const inner: Problem[] = []
  const test = compileValueTest(written, options, inner)
  problems.push(...inner.map((problem) => ({ ...problem, path: ['not', ...problem.path] })))
  return test
}

function partsOf(
  written: WrittenConditions,
  options: ValueTestOptions,
  problems: Problem[],
): Part[] {
  const parts: Part[] = []
  if ('equals' in written) parts.push(equals(written.equals, options))
  if (written.oneOf) parts.push(oneOf(written.oneOf, options))
  if (written.contains !== undefined) parts.push(contains(written.contains, options))
  if (written.glob !== undefined) parts.push(glob(written.glob, options))
  if (written.matches !== undefined) {
    const part = matches(written.matches, options)
    if (typeof part === 'string') problems.push({ path: ['matches'], message: part })
    else parts.push(part)
  }
  return parts
}

function equals(wanted: unknown, options: ValueTestOptions): Part {
  return {
    check: (candidate) => same(candidate, wanted, options),
    wants: json(wanted),
    samples: [String(wanted)],
  }
}

function oneOf(wanted: readonly unknown[], options: ValueTestOptions): Part {
  return {
    check: (candidate) => wanted.some((value) => same(candidate, value, options)),
    wants: `one of ${wanted.map(json).join(', ')}`,
    samples: wanted.map(String),
  }
}

function same(candidate: unknown, wanted: unknown, options: ValueTestOptions): boolean {
  if (typeof candidate === 'string' && (typeof wanted === 'string' || !options.json)) {
    return folded(candidate, options) === folded(String(wanted), options)
  }
  return (
    candidate === wanted || (typeof wanted === 'object' && isDeepStrictEqual(candidate, wanted))
  )
}

function contains(wanted: Scalar, options: ValueTestOptions): Part {
  const part = folded(String(wanted), options)
  return {
    check(candidate) {
      if (Array.isArray(candidate)) return candidate.some((item) => same(item, wanted, options))
      return typeof candidate === 'string' && folded(candidate, options).includes(part)
    },
    wants: `a text with ${json(wanted)}`,
    samples: [String(wanted)],
  }
}

function glob(pattern: string, { segments, ignoreCase }: ValueTestOptions): Part {
  const expression = picomatch.makeRe(pattern, {
    dot: true,
    nocase: ignoreCase === true,
    ...(segments ? {} : { bash: true, flags: ignoreCase ? 'is' : 's' }),
  })
  return {
    check: (candidate) => isSimple(candidate) && expression.test(String(candidate)),
    wants: `a text like ${pattern}`,
    samples: [pattern],
  }
}

function matches(source: string, { ignoreCase }: ValueTestOptions): Part | string {
  let expression: RegExp
  try {
    expression = regularExpression(source, ignoreCase ? 'i' : '')
  } catch (thrown) {
    const reason = messageOf(thrown).replace(/^Invalid regular expression: \/.*\/\w*: /s, '')
    return `not a regular expression: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`
  }
  return {
    check(candidate, captures) {
      if (!isSimple(candidate)) return false
      const found = expression.exec(String(candidate))
      if (found) capture(found, captures)
      return found !== null
    },
    wants: `a match of /${source}/`,
    groups: groupsOf(source),
  }
}

/**
 * With whole characters and `\p{L}` for a letter. What only the older rules allow, such as an
 * escape that needs none, is read by those.
 */
function regularExpression(source: string, flags: string): RegExp {
  try {
    return new RegExp(source, `${flags}u`)
  } catch {
    return new RegExp(source, flags)
  }
}

/** The first regular expression of a rule keeps the numbers, so that they mean one thing. */
function capture(found: RegExpExecArray, captures: Captures): void {
  for (const [name, value] of Object.entries(found.groups ?? {})) captures[name] = value ?? ''
  if ('0' in captures) return
  found.forEach((value, index) => {
    captures[index] = value ?? ''
  })
}

/** Every expression matches the empty text once an empty alternative is added: its groups show. */
function groupsOf(source: string): Groups {
  const found = regularExpression(`${source}|`, '').exec('')
  return { names: Object.keys(found?.groups ?? {}), count: found?.length ?? 1 }
}

export function joinGroups(all: readonly Groups[]): Groups {
  return {
    names: all.flatMap((groups) => groups.names),
    count: Math.max(0, ...all.map((groups) => groups.count)),
  }
}

const isSimple = (candidate: unknown): candidate is Scalar =>
  typeof candidate === 'string' || typeof candidate === 'number' || typeof candidate === 'boolean'

const folded = (text: string, { ignoreCase }: ValueTestOptions): string =>
  ignoreCase ? text.toLowerCase() : text

const json = (value: unknown): string =>
  typeof value === 'string' ? shown(value) : JSON.stringify(value)

/** 0 where a value is nothing like what was wanted, towards 1 the nearer it is. */
export function nearness(test: ValueTest, candidates: readonly unknown[]): number {
  let best = 0
  for (const candidate of candidates) {
    if (!isSimple(candidate)) continue
    for (const sample of test.samples) best = Math.max(best, likeness(String(candidate), sample))
  }
  return best
}

const comparedLength = 200

function likeness(candidate: string, sample: string): number {
  const a = candidate.slice(0, comparedLength).toLowerCase()
  const b = sample.slice(0, comparedLength).toLowerCase()
  if (a.includes(b)) return 0.9
  const longest = Math.max(a.length, b.length)
  return longest === 0 ? 0 : 0.9 * (1 - distance(a, b) / longest)
}
