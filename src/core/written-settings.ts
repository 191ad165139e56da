/**
 * Settings of recordings as people write them, in a file, on a command line or in a call: read, or
 * refused with what would be right. Pure.
 */
import { JSONPathEnvironment } from 'json-p3'
import { messageOf } from './errors.ts'
import { type VolatileText, volatileKinds } from './recording-settings.ts'
import { readPattern } from './safe-pattern.ts'
import { suggestion } from './suggest.ts'

interface Refused {
  readonly problem: string
}

const placeForm = '$.metadata.run_id, $..timestamp, $.messages[*].id or query:page'

/** Why a place cannot be ignored; undefined where it can. */
export function problemOfPlace(place: string): string | undefined {
  if (/^query:./.test(place)) return undefined
  if (!place.startsWith('$')) return `a place is written as ${placeForm}, found "${place}"`
  if (place === '$') return 'the whole body cannot be ignored: every request would be the same'
  try {
    new JSONPathEnvironment().compile(place)
    return undefined
  } catch (thrown) {
    const reason = messageOf(thrown).replace(/ \('.*'.*\)$/s, '')
    return `"${place}" is no place such as ${placeForm}: ${reason}`
  }
}

const neverKept = /^(?:proxy-)?authorization$|^(?:set-)?cookie$|(?:^|[-_])(?:key|token|secret)$/i

/** Why a header cannot be compared; undefined where it can. */
export function problemOfHeader(name: string): string | undefined {
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) return `"${name}" is no name of a header`
  if (!neverKept.test(name)) return undefined
  return `"${name}" cannot be compared: secrets are on no tape`
}

/** `/regex/` or `/regex/i`. */
export function parsePattern(written: string): RegExp | Refused {
  const [, source, flags = ''] = /^\/(.+)\/([imsu]*)$/s.exec(written) ?? []
  if (source === undefined) {
    return { problem: `a pattern is written as /order-\\d+/, found "${written}"` }
  }
  let pattern: RegExp
  try {
    pattern = new RegExp(source, flags)
  } catch (thrown) {
    return { problem: `${written} is no regular expression: ${reasonOf(thrown)}` }
  }
  if (pattern.test('')) return { problem: `${written} finds even nothing, and so would mask all` }
  const read = readPattern(pattern)
  return 'problem' in read ? { problem: `${written}: ${read.problem}` } : pattern
}

/** `Invalid regular expression: /(/: Unterminated group` says the pattern twice. */
const reasonOf = (thrown: unknown): string => messageOf(thrown).replace(/^.*\/[a-z]*: /s, '')

/** A kind by its name, or a pattern. */
export function parseVolatile(written: string): VolatileText | Refused {
  if (written.startsWith('/')) {
    const pattern = parsePattern(written)
    return pattern instanceof RegExp ? { pattern } : pattern
  }
  const kind = volatileKinds.find((name) => name === written)
  if (kind) return kind
  const known = [...volatileKinds, '/a pattern/']
  return { problem: `"${written}" is no kind of volatile text${suggestion(written, known)}` }
}

const unitMs = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const

/** An age such as `30d`, `12h` or `2w` in milliseconds; undefined where it is none. */
export function parseAge(written: string): number | undefined {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([mhdw])$/.exec(written.trim()) ?? []
  const found = Object.entries(unitMs).find(([name]) => name === unit)
  return found ? Number(number) * found[1] : undefined
}

export const ageForm = 'an age such as 30d, 12h or 2w'

/** The largest unit that tells enough: `30d`, `36h`. */
export function formatAge(ms: number): string {
  const days = ms / unitMs.d
  if (days >= 2 || Number.isInteger(days)) return `${Math.floor(days)}d`
  return ms >= unitMs.h ? `${Math.floor(ms / unitMs.h)}h` : `${Math.floor(ms / unitMs.m)}m`
}
