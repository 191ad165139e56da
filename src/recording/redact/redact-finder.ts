/**
 * Where secrets stand in a text, and from where one may be unfinished: all that is known of secrets
 * put together. Pure; texts are one character a byte.
 */
import type { RedactSettings } from '../../core/recording-settings.ts'
import { type Form, formsOf, unfinishedForm } from './redact-forms.ts'
import type { Range } from './redact-hide.ts'
import { Signs } from './redact-signs.ts'
import { cutEscapeIn, plainView } from './redact-views.ts'
import { endsOfNames, isPlaceholder, namesInAnswers, worthHunting } from './secrets.ts'
import { fieldValues, unescaped } from './secrets-fields.ts'
import { type Patterns, patternsOf } from './secrets-patterns.ts'
import {
  isKeyCharacter,
  knownLetters,
  secretsByShape,
  unfinishedKeyIn,
  unfinishedPemIn,
} from './secrets-shapes.ts'

/** A stretch of key characters longer than this is data, not a key, and is held back no longer. */
export const longestHeldBytes = 16 * 1024
/** What was let out already and is still looked at, to see what a key stands after. */
export const contextBytes = 96

const startOfPlaceholder = /^REDACTED(?:x*|-[0-9a-f]{0,8}|-[0-9a-f]{8}-x*)$/

/** Also what a token by token placeholder looks like, which keeps the letters that all keys have. */
const isHidden = (secret: string): boolean =>
  isPlaceholder(secret) || startOfPlaceholder.test(secret.slice(knownLetters(secret)))

const endOfName = new RegExp(`(?:${endsOfNames.join('|')})s?\\\\*"`)

/** A longer run of key characters may be held back for its length alone. */
const longestQuiet = longestHeldBytes / 4

/** A request is over before that many, and a stream has just begun. */
const fewLooks = 8

/** Where no secret is known. */
const signsOfAll = new Signs([])

const always = (): boolean => true

export class Finder {
  readonly patterns: Patterns
  readonly #forms: readonly Form[]
  /** The same once the escapes are taken away. */
  readonly #plainForms: readonly Form[]
  readonly #names: RegExp
  readonly #hasOwnNames: boolean
  /** Texts that look like a secret and are none. */
  readonly #allow: readonly string[]
  #signs: Signs | undefined
  #looks = 0

  constructor(secrets: readonly string[], settings: RedactSettings) {
    const known = [...new Set(secrets)]
    this.#forms = known.flatMap(formsOf)
    this.#plainForms = known.map((secret) => {
      const written = Buffer.from(secret, 'utf8').toString('latin1')
      return { text: plainView(written)?.text ?? written, secret }
    })
    this.#allow = (settings.allow ?? []).map((one) => Buffer.from(one, 'utf8').toString('latin1'))
    this.#hasOwnNames = settings.fields.length > 0
    this.#names = namesInAnswers(settings.fields)
    this.patterns = patternsOf(settings)
  }

  /**
   * Nothing is found in the first `length` bytes, and nothing in them is unfinished; false where that
   * is not certain.
   */
  isQuiet(bytes: Buffer, length = bytes.length): boolean {
    if (isKeyCharacter(bytes[length - 1] ?? 0)) return false
    const signs = this.#usableSigns()
    return !!signs && !signs.mayBeginAtEndOf(bytes, length) && !signs.areInBytes(bytes, length)
  }

  /** The same for a text that goes on elsewhere, where a word may be over at its end. */
  isQuietSoFar(text: string): boolean {
    if (text.length > longestQuiet || text.includes('\\')) return false
    const signs = this.#usableSigns()
    return !!signs && !signs.mayBeginAtEnd(text) && !signs.areIn(text)
  }

  /** Known once something was quiet; from then on the same. */
  get signs(): Signs | undefined {
    return this.#signs
  }

  /**
   * What the user describes has no signs that could be known; and to gather those of secrets that
   * are known takes as long as a few looks.
   */
  #usableSigns(): Signs | undefined {
    if (this.#signs) return this.#signs
    if (this.#hasOwnNames || !this.patterns.isEmpty) return undefined
    if (this.#forms.length === 0) this.#signs = signsOfAll
    else if (++this.#looks > fewLooks) this.#signs = new Signs(this.#forms)
    return this.#signs
  }

  /** In order, none overlapping. */
  ranges(text: string): Range[] {
    const known = findForms(text, this.#forms)
    const ranges = [...byShape(text), ...this.#byName(text)]
    const view = plainView(text)
    if (view) {
      const place = (range: Range): Range => {
        const [from, to] = [view.at[range.from] ?? 0, view.at[range.to] ?? text.length]
        return { from, to, secret: range.secret }
      }
      known.push(...findForms(view.text, this.#plainForms).map(place))
      ranges.push(...byShape(view.text).map(place))
    }
    const looking = [...ranges, ...this.#byPattern(text)]
    const allowed = this.#allow.length > 0 ? this.#allowedIn(text) : []
    const isAllowed = (one: Range): boolean =>
      allowed.some(({ from, to }) => from <= one.from && one.to <= to)
    return merge([...known, ...looking.filter((one) => !isAllowed(one))], text)
  }

  #allowedIn(text: string): Range[] {
    return this.#allow.flatMap((allowed) => findForms(text, [{ text: allowed, secret: '' }]))
  }

  #byName(text: string): Range[] {
    if (!this.#mayHaveNames(text)) return []
    const { values } = fieldValues(text, this.#names, always)
    return values.flatMap((value): Range[] => {
      const { from, to, written } = value
      if (value.isNumber) return [{ from, to, secret: written, isLoose: true }]
      const secret = unescaped(value)
      return worthHunting(secret, 1) ? [{ from, to, secret }] : []
    })
  }

  /** The ends of all names that are known, which most texts have not. */
  #mayHaveNames(text: string): boolean {
    return text.includes('"') && (this.#hasOwnNames || endOfName.test(text))
  }

  #byPattern(text: string): Range[] {
    if (this.patterns.isEmpty) return []
    const ranges = this.patterns.ranges(text)
    const view = plainView(text)
    if (view) {
      for (const { from, to } of this.patterns.ranges(view.text)) {
        ranges.push({ from: view.at[from] ?? 0, to: view.at[to] ?? text.length })
      }
    }
    return ranges
      .map(({ from, to }) => ({ from, to, secret: text.slice(from, to), isLoose: true as const }))
      .filter(({ secret }) => !isHidden(secret))
  }

  /** From where in `text` a secret may be unfinished; its length where none is. */
  unfinished(text: string): number {
    return this.#open(text, false)
  }

  /** The same for a text that goes on elsewhere: the letters that all keys begin with may go. */
  open(text: string): number {
    return this.#open(text, true)
  }

  #open(text: string, pastLetters: boolean): number {
    const from = this.#openAsWritten(text, this.#forms, pastLetters)
    const cut = cutEscapeIn(text)
    const whole = cut < text.length ? text.slice(0, cut) : text
    const view = plainView(whole)
    if (!view && whole === text) return from
    const plain = this.#openAsWritten(view?.text ?? whole, this.#plainForms, pastLetters)
    return Math.min(from, cut, view ? (view.at[plain] ?? cut) : plain)
  }

  #openAsWritten(text: string, forms: readonly Form[], pastLetters: boolean): number {
    const tail = Math.max(0, text.length - longestHeldBytes)
    let run = text.length
    while (run > tail && isKeyCharacter(text.charCodeAt(run - 1))) run--
    if (run === tail && tail > 0) return tail
    const before = text.slice(Math.max(0, run - contextBytes), run)
    let from = run + unfinishedKeyIn(text.slice(run), before, pastLetters)
    for (const form of forms) from = Math.min(from, openForm(text, form, pastLetters))
    from = Math.min(from, this.#openField(text, tail), unfinishedPemIn(text))
    return this.patterns.isEmpty ? from : Math.min(from, this.patterns.unfinished(text))
  }

  #openField(text: string, tail: number): number {
    if (!this.#mayHaveNames(text)) return text.length
    const { openFrom } = fieldValues(tail > 0 ? text.slice(tail) : text, this.#names, always)
    return openFrom === undefined ? text.length : tail + openFrom
  }
}

function openForm(text: string, { text: form, secret }: Form, pastLetters: boolean): number {
  const from = unfinishedForm(text, form)
  if (!pastLetters || from === text.length || !form.startsWith(secret)) return from
  return Math.min(text.length, from + knownLetters(secret))
}

function findForms(text: string, forms: readonly Form[]): Range[] {
  const ranges: Range[] = []
  for (const form of forms) {
    for (let from = text.indexOf(form.text); from >= 0; ) {
      ranges.push({ from, to: from + form.text.length, secret: form.secret })
      from = text.indexOf(form.text, from + 1)
    }
  }
  return ranges
}

const byShape = (text: string): Range[] =>
  secretsByShape(text)
    .filter(({ secret }) => !isHidden(secret))
    .map(({ from, secret }) => ({ from, to: from + secret.length, secret }))

/** Overlapping ranges become one; it is named after a known secret where it is exactly that. */
function merge(ranges: Range[], text: string): Range[] {
  if (ranges.length < 2) return ranges
  const merged: Range[] = []
  for (const range of ranges.sort((a, b) => a.from - b.from || b.to - a.to)) {
    const last = merged.at(-1)
    if (!last || range.from >= last.to) merged.push(range)
    else if (range.to > last.to) {
      const secret = text.slice(last.from, range.to)
      const isLoose = last.isLoose ?? range.isLoose
      const joined = { from: last.from, to: range.to, secret }
      merged[merged.length - 1] = isLoose ? { ...joined, isLoose } : joined
    }
  }
  return merged
}
