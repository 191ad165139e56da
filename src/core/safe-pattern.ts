/**
 * Regular expressions that users bring, made safe to run on whatever passes: how long a match can
 * be, what it can be made of, and whether matching can take for ever. Pure.
 *
 * Must never let through a pattern whose time grows without bound: a pattern is run on live traffic.
 * Source: ECMA-262, section 22.2.1 (the grammar of patterns).
 */
import { messageOf } from './errors.ts'
import { allCharacters, charactersOf } from './safe-pattern-characters.ts'

export interface SafePattern {
  /** As it was written, but without end: each repetition is bounded. Flags `g` and `d` are set. */
  readonly regex: RegExp
  /** The most characters that a match and what it looks at can have. */
  readonly longest: number
  /** What a match can begin with, by code; 128 stands for all that is not ASCII. */
  readonly first: ReadonlySet<number>
  /** What a match can be made of, in the same way. */
  readonly made: ReadonlySet<number>
  /** Characters without which there is no match: quickly looked for in what has none. */
  readonly needs: readonly string[]
}

export interface UnsafePattern {
  /** What is wrong, and what would be right. */
  readonly problem: string
}

/** `*`, `+` and `{n,}` stop here: nothing that is looked for is longer. */
export const mostRepeats = 512
const mostLength = 4096
/** Repetitions whose length varies by less cost nothing to speak of. */
const leastWide = 32

class Unsafe extends Error {}

/** What is known of a part of a pattern. Sets are bits by character code, bit 128 for the others. */
interface Part {
  readonly source: string
  readonly min: number
  readonly max: number
  readonly first: bigint
  readonly made: bigint
  /** What those repetitions in it are made of that can be of several lengths. */
  readonly varies: bigint
  /** The same for each one that can be of many lengths. */
  readonly wide: readonly bigint[]
  /** Characters that must come, one after the other, outside of repetitions. */
  readonly marks: readonly bigint[]
  /** Two of its alternatives can begin alike. */
  readonly isAmbiguous: boolean
}

const nothing: Part = {
  ...{ source: '', min: 0, max: 0, first: 0n, made: 0n, varies: 0n },
  ...{ wide: [], marks: [], isAmbiguous: false },
}

/** Reads a pattern; the same one always gives the same. */
export function readPattern(pattern: RegExp): SafePattern | UnsafePattern {
  if (pattern.flags.includes('v')) return { problem: 'the flag v is not known here; use u' }
  const flags = pattern.flags.replace(/[gydv]/g, '')
  try {
    const reader = new Reader(pattern.source, flags)
    const whole = reader.alternatives()
    if (whole.min === 0) throw new Unsafe('it matches the empty text, and so everywhere')
    return {
      regex: new RegExp(whole.source, `${flags}dg`),
      longest: Math.min(whole.max, mostLength),
      first: codes(whole.first),
      made: codes(whole.made),
      needs: [...new Set(whole.marks.flatMap(onlyOne))],
    }
  } catch (error) {
    if (error instanceof Unsafe) return { problem: error.message }
    return { problem: `it cannot be read: ${messageOf(error)}` }
  }
}

const codes = (set: bigint): ReadonlySet<number> => {
  const found = new Set<number>()
  for (let code = 0; code <= 128; code++) if ((set >> BigInt(code)) & 1n) found.add(code)
  return found
}

/** The character that a place takes, if it takes no other. */
function onlyOne(set: bigint): string[] {
  const [code, ...others] = codes(set)
  return code === undefined || code > 127 || others.length > 0 ? [] : [String.fromCharCode(code)]
}

interface Count {
  readonly written: string
  readonly min: number
  readonly max: number
}

class Reader {
  readonly #source: string
  readonly #flags: string
  #at = 0

  constructor(source: string, flags: string) {
    this.#source = source
    this.#flags = flags
  }

  alternatives(): Part {
    const parts = [this.#sequence()]
    while (this.#source[this.#at] === '|') {
      this.#at++
      parts.push(this.#sequence())
    }
    const [only] = parts
    return only && parts.length === 1 ? only : either(parts)
  }

  #sequence(): Part {
    const parts: Part[] = []
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at] ?? '')) {
      parts.push(this.#term())
    }
    return sequence(parts)
  }

  #term(): Part {
    const part = this.#atom()
    const count = this.#count()
    return count ? repeated(part, count) : part
  }

  #take(pattern: RegExp): string | undefined {
    const sticky = new RegExp(pattern.source, 'sy')
    sticky.lastIndex = this.#at
    const [found] = sticky.exec(this.#source) ?? []
    if (found !== undefined) this.#at += found.length
    return found
  }

  #count(): Count | undefined {
    const written = this.#take(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/)
    if (written === undefined) return undefined
    const lazy = /.\?$/.test(written) ? '?' : ''
    const [, low, comma, high] = /^\{(\d+)(,?)(\d*)\}/.exec(written) ?? []
    const min = low === undefined ? (written.startsWith('+') ? 1 : 0) : Number(low)
    const isOpen = low === undefined ? !written.startsWith('?') : comma !== '' && high === ''
    const closed = low === undefined ? 1 : Number(high || low)
    const max = isOpen ? Math.max(mostRepeats, min) : closed
    return { written: isOpen ? `{${min},${max}}${lazy}` : written, min, max }
  }

  #atom(): Part {
    const open = this.#take(/\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?/)
    if (open !== undefined) return this.#group(open)
    const edge = this.#take(/\^|\$|\\[bB]/)
    if (edge !== undefined) return { ...nothing, source: edge }
    const back = this.#take(/\\(?:[1-9]\d*|k<[^>]*>)/)
    if (back !== undefined) {
      // What it repeats is not known here, so that it may be anything.
      const made = allCharacters
      return { ...nothing, source: back, max: mostRepeats, first: made, made, wide: [made] }
    }
    return this.#character()
  }

  #group(open: string): Part {
    const inner = this.alternatives()
    if (this.#take(/\)/) === undefined) throw new Unsafe('a bracket is not closed')
    const source = `${open}${inner.source})`
    if (open.startsWith('(?<=') || open.startsWith('(?<!')) return { ...nothing, source }
    // What stands ahead must have come before anything can be said, and so counts as a part.
    if (open === '(?=' || open === '(?!') return { ...inner, source, min: 0, marks: [] }
    return { ...inner, source }
  }

  #character(): Part {
    const source =
      this.#take(/\[\^?(?:\\.|[^\]\\])*\]/) ??
      this.#take(
        /\\(?:x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|[pP]\{[^}]*\}|c[A-Za-z]|.)/,
      ) ??
      this.#take(this.#flags.includes('u') ? /./u : /./)
    if (source === undefined) throw new Unsafe('it ends too early')
    const set = charactersOf(source, this.#flags)
    const length = this.#flags.includes('u') ? 2 : 1
    return { ...nothing, source, min: 1, max: length, first: set, made: set, marks: [set] }
  }
}

function sequence(parts: readonly Part[]): Part {
  let first = 0n
  for (const part of parts) {
    first |= part.first
    if (part.min > 0) break
  }
  refuseRivals(parts)
  return {
    source: parts.map(({ source }) => source).join(''),
    min: parts.reduce((sum, { min }) => sum + min, 0),
    max: parts.reduce((sum, { max }) => sum + max, 0),
    first,
    made: union(parts.map(({ made }) => made)),
    varies: union(parts.map(({ varies }) => varies)),
    wide: parts.flatMap(({ wide }) => wide),
    marks: parts.flatMap(({ marks }) => marks),
    isAmbiguous: parts.some(({ isAmbiguous }) => isAmbiguous),
  }
}

const union = (sets: readonly bigint[]): bigint => sets.reduce((all, set) => all | set, 0n)

/**
 * Two long repetitions that can take the same characters, with nothing between them that neither
 * can take: a text that fits neither is tried with every border between the two.
 */
function refuseRivals(parts: readonly Part[]): void {
  let open: bigint[] = []
  let areRivals = false
  for (const part of parts) {
    if (areRivals && (part.min > 0 || part.source === '$')) {
      throw new Unsafe(
        'two of its long repetitions can take the same characters, which can take for ever; ' +
          'say what each is made of, as in [^=]*=[^;]*; and not .*=.*;',
      )
    }
    for (const set of part.wide) {
      areRivals ||= open.some((other) => (other & set) !== 0n)
      open.push(set)
    }
    if (part.wide.length === 0) {
      for (const mark of part.marks) open = open.filter((other) => (other & mark) !== 0n)
    }
  }
}

function either(parts: readonly Part[]): Part {
  const isFixed = (part: Part): boolean =>
    part.max === part.min && part.marks.length === part.min && part.marks.every(isOne)
  const overlaps = parts.some((part, at) =>
    parts.slice(0, at).some((other) => (part.first & other.first) !== 0n),
  )
  const literal = parts.every(isFixed) && noneBegins(parts.map(({ source }) => source))
  return {
    source: parts.map(({ source }) => source).join('|'),
    min: Math.min(...parts.map(({ min }) => min)),
    max: Math.max(...parts.map(({ max }) => max)),
    first: union(parts.map((part) => part.first)),
    made: union(parts.map(({ made }) => made)),
    varies: union(parts.map(({ varies }) => varies)),
    wide: parts.flatMap(({ wide }) => wide),
    marks: [],
    isAmbiguous: (overlaps && !literal) || parts.some(({ isAmbiguous }) => isAmbiguous),
  }
}

const isOne = (set: bigint): boolean => set !== 0n && (set & (set - 1n)) === 0n

const noneBegins = (texts: readonly string[]): boolean =>
  texts.every((text, at) => texts.every((other, i) => i === at || !other.startsWith(text)))

function repeated(part: Part, { written, min, max }: Count): Part {
  const isSimple = part.marks.length === 1 && part.varies === 0n && part.wide.length === 0
  if (max > 1 && !(isSimple && part.min === 1)) refuseLoop(part)
  const varies = min === max ? part.varies : part.varies | part.made
  const wide = max - min > leastWide ? [part.made] : part.wide
  const marks = min === 1 && max === 1 ? part.marks : min > 0 && isSimple ? part.marks : []
  return {
    ...{ source: part.source + written, first: part.first, made: part.made, varies, wide, marks },
    min: part.min * min,
    max: Math.min(part.max * max, mostLength),
    isAmbiguous: part.isAmbiguous,
  }
}

/** What is repeated must be told apart from its next repetition in one way only. */
function refuseLoop(part: Part): void {
  if (part.min === 0) {
    throw new Unsafe(
      'it repeats what can be empty, which can take for ever; leave out the inner ? or *',
    )
  }
  if (part.isAmbiguous) {
    throw new Unsafe('it repeats a choice of which two can begin alike, which can take for ever')
  }
  if (part.varies !== 0n && !part.marks.some((mark) => (mark & part.varies) === 0n)) {
    throw new Unsafe(
      'it repeats a repetition, as in (a+)+, which can take for ever; ' +
        'put a character between them that only ends the inner one, as in (a+-)+',
    )
  }
}
