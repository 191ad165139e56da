/**
 * What the user says is a secret beside what looks like one anyway: patterns, and e-mail addresses.
 * Pure. Texts are one character a byte.
 */
import { StuntdoubleError } from '../../core/errors.ts'
import type { RedactSettings } from '../../core/recording-settings.ts'
import { mostRepeats, readPattern, type SafePattern } from '../../core/safe-pattern.ts'
import { utf8View } from './redact-views.ts'

interface PatternRange {
  readonly from: number
  readonly to: number
}

/** A match is held back up to this, in bytes; what of it is longer is masked where it is seen. */
const longestHeld = 2048

/** Throws a `usage` error where a pattern cannot be used. */
function safePattern(pattern: RegExp): SafePattern {
  const read = readPattern(pattern)
  if ('problem' in read) {
    throw new StuntdoubleError('usage', `the secret ${String(pattern)}: ${read.problem}`)
  }
  return read
}

const compiled = new WeakMap<RedactSettings, Patterns>()

/** The same for the same settings, since reading patterns costs more than using them. */
export function patternsOf(settings: RedactSettings): Patterns {
  const known = compiled.get(settings)
  if (known) return known
  const patterns = new Patterns(settings)
  compiled.set(settings, patterns)
  return patterns
}

export class Patterns {
  readonly #patterns: readonly SafePattern[]
  readonly #emails: boolean
  readonly isEmpty: boolean

  constructor({ patterns, emails }: RedactSettings) {
    this.#patterns = patterns.map(safePattern)
    this.#emails = emails
    this.isEmpty = patterns.length === 0 && !emails
  }

  ranges(bytes: string): PatternRange[] {
    if (this.isEmpty) return []
    const ranges = this.#emails ? emailsIn(bytes) : []
    if (this.#patterns.length === 0) return ranges
    const view = isAscii(bytes) ? undefined : utf8View(bytes)
    const text = view?.text ?? bytes
    const found = stretchesOf(text).flatMap((stretch) => this.#matchesIn(text, stretch))
    for (const { from, to } of found) {
      ranges.push(
        view ? { from: view.at[from] ?? 0, to: view.at[to] ?? bytes.length } : { from, to },
      )
    }
    return ranges
  }

  #matchesIn(text: string, { from, to }: PatternRange): PatternRange[] {
    const part = text.slice(from, to)
    const found = this.#patterns.flatMap((pattern) => [...matchesOf(pattern, part)])
    return from === 0 ? found : found.map((one) => ({ from: one.from + from, to: one.to + from }))
  }

  /** From where in `bytes` a match may be unfinished. */
  unfinished(bytes: string): number {
    let from = this.#emails ? unfinishedEmail(bytes) : bytes.length
    for (const pattern of this.#patterns) from = Math.min(from, unfinishedMatch(pattern, bytes))
    return from
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is what it asks for.
export const isAscii = (text: string): boolean => /^[\x00-\x7f]*$/.test(text)

/** So many letters and digits without a break are an image or the like, and hold no words. */
const leastDataLength = 4096
/** What is still looked at where such data begins and ends. */
const dataMargin = mostRepeats

const isDataCode = Uint8Array.from({ length: 256 }, (_, code) =>
  /[A-Za-z0-9+/=_-]/.test(String.fromCharCode(code)) ? 1 : 0,
)

/** The text without the insides of data, which would take patterns long to look through. */
function stretchesOf(text: string): PatternRange[] {
  const stretches: PatternRange[] = []
  let from = 0
  let run = 0
  if (text.length < leastDataLength) return [{ from: 0, to: text.length }]
  for (let at = 0; at <= text.length; at++) {
    if (isDataCode[text.charCodeAt(at)] === 1) continue
    if (at - run >= leastDataLength) {
      stretches.push({ from, to: run + dataMargin })
      from = at - dataMargin
    }
    run = at + 1
  }
  return [...stretches, { from, to: text.length }]
}

const codeIn = (set: ReadonlySet<number>, code: number): boolean => set.has(Math.min(code, 128))

/** What the groups of a match hold, or all of it where there are none. */
function* matchesOf({ regex, made, needs }: SafePattern, text: string): Generator<PatternRange> {
  if (!needs.every((character) => text.includes(character))) return
  regex.lastIndex = 0
  for (let found = regex.exec(text); found; found = regex.exec(text)) {
    const [whole, ...groups] = found.indices ?? []
    if (!whole) return
    if (whole[0] === whole[1]) regex.lastIndex++
    const isCut = whole[1] - whole[0] >= mostRepeats
    const held = groups.flatMap((group) => (group && group[0] < group[1] ? [group] : []))
    for (const [from, to] of held.length > 0 ? held : [whole]) {
      // Repetitions are bounded: what would have gone on belongs to it.
      yield { from, to: isCut && to === whole[1] ? runEnd(text, to, made) : to }
    }
  }
}

function runEnd(text: string, from: number, made: ReadonlySet<number>): number {
  let end = from
  while (end < text.length && codeIn(made, text.charCodeAt(end))) end++
  return end
}

/** Only what is made of the pattern's own characters, up to the end, can still become a match. */
function unfinishedMatch({ longest, first, made }: SafePattern, text: string): number {
  const earliest = Math.max(
    0,
    text.length - Math.min(longest * (made.has(128) ? 3 : 1), longestHeld),
  )
  let from = text.length
  for (let at = text.length - 1; at >= earliest; at--) {
    const code = text.charCodeAt(at)
    if (!codeIn(made, code)) break
    if (codeIn(first, code)) from = at
  }
  return from
}

const mostLocal = 64
const mostDomain = 253

const isLocal = (code: number): boolean => code > 127 || /[\w.+-]/.test(String.fromCharCode(code))

const localCodes = Uint8Array.from({ length: 256 }, (_, code) => (isLocal(code) ? 1 : 0))
const domain =
  /(?:[A-Za-z0-9\x80-\xff](?:[A-Za-z0-9\x80-\xff-]{0,61}[A-Za-z0-9\x80-\xff])?\.){1,8}[A-Za-z\x80-\xff][A-Za-z0-9\x80-\xff-]{0,62}[A-Za-z0-9\x80-\xff]/y

function emailsIn(text: string): PatternRange[] {
  const ranges: PatternRange[] = []
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', at + 1)) {
    let from = at
    while (from > 0 && at - from < mostLocal && localCodes[text.charCodeAt(from - 1)] === 1) from--
    domain.lastIndex = at + 1
    if (from < at && domain.test(text)) ranges.push({ from, to: domain.lastIndex })
  }
  return ranges
}

/** A word that has no `@` yet may get one. */
function unfinishedEmail(text: string): number {
  let from = text.length
  const earliest = Math.max(0, text.length - mostLocal - mostDomain)
  let hasAt = false
  while (from > earliest) {
    const code = text.charCodeAt(from - 1)
    if (code === 64 && hasAt) break
    if (code !== 64 && localCodes[code] !== 1) break
    hasAt ||= code === 64
    from--
  }
  return hasAt ? from : Math.max(from, text.length - mostLocal)
}
