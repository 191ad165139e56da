/**
 * Masks in a request what changes from run to run, so that two requests of two runs have the same
 * key. Pure. What is masked keeps its text: whether two masked texts may stand for each other is
 * decided when two requests are compared, see `match.ts`.
 *
 * Must never mask what somebody says but for a date, which is compared by the moment it stands for,
 * and an id that the request uses as one elsewhere.
 */
import type { MatchSettings } from '../../core/recording-settings.ts'
import type { Canonical } from './canonical.ts'
import { nestedJson } from './canonical-body.ts'
import { idsIn, isUuid, looksDrawn, Ordinals, uuidsIn } from './canonical-ids.ts'
import { type DateText, datesIn } from './canonical-moments.ts'
import {
  idNameOf,
  isStampName,
  outside,
  type Place,
  placeOfMapping,
  placeUnder,
} from './canonical-places.ts'

/** A piece that is masked, and must be looked at when two requests are compared. */
export interface MaskedPiece {
  readonly text: string
  /**
   * `moment`: the same where it is the same moment, and else another request. `any-date`: the same
   * in any case, but another one is a guess. `reference`: the same as far as one can see.
   */
  readonly rule: 'moment' | 'any-date' | 'reference'
  readonly date?: Pick<DateText, 'isPrecise' | 'momentsMs'>
}

/** A leaf of a masked tree. In JSON it is its masked text, so that keys are made of that. */
export class MaskedText {
  readonly masked: string
  /** As it was. */
  readonly raw: string | number
  readonly pieces: readonly MaskedPiece[]

  constructor(masked: string, raw: string | number, pieces: readonly MaskedPiece[]) {
    this.masked = masked
    this.raw = raw
    this.pieces = pieces
  }

  toJSON(): string {
    return this.masked
  }
}

type Volatile = MatchSettings['volatile']

/** A request whose leaves may be masked texts. */
export type Masked = { readonly [part in keyof Canonical]: unknown }

export function masked(request: Canonical, volatile: Volatile): Masked {
  if (volatile.length === 0) return request
  const ordinals = new Ordinals()
  // First the ids that stand where ids stand: what is said may name them.
  if (volatile.includes('ids') || volatile.includes('uuids')) {
    new Masker(volatile, ordinals, true).body(request)
  }
  return new Masker(volatile, ordinals, false).request(request)
}

interface Found {
  readonly from: number
  readonly to: number
  readonly masked: string
  readonly piece?: MaskedPiece
}

/** Where paths, queries and headers are. */
const data: Place = { ...outside, isTop: false }

const text = (value: unknown): value is string => typeof value === 'string'

class Masker {
  readonly #dates: boolean
  readonly #uuids: boolean
  readonly #ids: boolean
  readonly #patterns: readonly RegExp[]
  readonly #ordinals: Ordinals
  readonly #isCollecting: boolean

  constructor(volatile: Volatile, ordinals: Ordinals, isCollecting: boolean) {
    this.#dates = volatile.includes('dates')
    this.#uuids = volatile.includes('uuids')
    this.#ids = volatile.includes('ids')
    this.#patterns = volatile.flatMap((one) => (typeof one === 'string' ? [] : [one.pattern]))
    this.#ordinals = ordinals
    this.#isCollecting = isCollecting
  }

  request(request: Canonical): Masked {
    return {
      ...request,
      path: this.#path(request.path),
      query: request.query.map((pair) => this.#pair(pair)),
      headers: request.headers.map((one) => this.#text(one, data)),
      body: this.body(request),
    }
  }

  /** An id in the path is that of something which was made before. */
  #path(path: string): string | MaskedText {
    const leaf = this.#text(path, data)
    if (text(leaf) || !leaf.masked.includes('‹id')) return leaf
    return new MaskedText(leaf.masked, path, [...leaf.pieces, { text: path, rule: 'reference' }])
  }

  #pair(pair: string): string | MaskedText {
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(name.length + 1)
    const leaf = this.#named(name, value, data, new Map()) ?? this.#text(value, data)
    return text(leaf) ? pair : new MaskedText(`${name}=${leaf.masked}`, pair, leaf.pieces)
  }

  body({ form, body }: Canonical): unknown {
    if (form === 'bytes' || form === 'none') return body
    if (form === 'text') return this.#value(body, { ...outside, kind: 'said' })
    if (form === 'multipart' && Array.isArray(body)) return body.map((part) => this.#part(part))
    return this.#value(body, outside)
  }

  /** The value of a part is what its name says; the rest of it is compared as it is. */
  #part(part: unknown): unknown {
    if (typeof part !== 'object' || part === null) return part
    const fields = new Map<string, unknown>(Object.entries(part))
    const name = String(fields.get('name') ?? '')
    const value = this.#mapping(new Map([[name, fields.get('value')]]), outside)
    return { ...part, value: Object.values(value)[0] }
  }

  #value(value: unknown, place: Place): unknown {
    if (text(value)) return this.#text(value, place)
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((inner) => this.#value(inner, place))
    return this.#mapping(new Map<string, unknown>(Object.entries(value)), place)
  }

  #mapping(mapping: ReadonlyMap<string, unknown>, outer: Place): Record<string, unknown> {
    const place = placeOfMapping(outer, mapping)
    return Object.fromEntries(
      [...mapping].map(([name, value]) => [
        name,
        this.#named(name, value, place, mapping) ?? this.#value(value, placeUnder(place, name)),
      ]),
    )
  }

  /** Where the name alone says what the value is. */
  #named(
    name: string,
    value: unknown,
    place: Place,
    mapping: ReadonlyMap<string, unknown>,
  ): MaskedText | undefined {
    if (!text(value) && typeof value !== 'number') return undefined
    if (this.#dates && isStampName(name)) return stamp(value, place)
    if (!text(value) || value === '') return undefined
    const asId = this.#ids ? idNameOf(place, name, mapping) : undefined
    if (asId === undefined || (asId === 'drawn' && !looksDrawn(value))) return undefined
    const pieces: MaskedPiece[] = asId === 'reference' ? [{ text: value, rule: 'reference' }] : []
    return new MaskedText(this.#ordinals.of(value), value, pieces)
  }

  #text(value: string, place: Place): string | MaskedText {
    const nested = place.isNested && !this.#isCollecting ? this.#nested(value, place) : undefined
    if (nested) return nested
    if (place.isNested && this.#isCollecting) this.#value(nestedJson(value), place)
    const found = [...this.#datesOf(value, place), ...this.#idsOf(value, place)]
    return this.#isCollecting ? value : leafOf(value, [...found, ...this.#patternsIn(value)])
  }

  /** JSON in the text of a tool, with all that is masked in it. */
  #nested(value: string, place: Place): MaskedText | undefined {
    const json = nestedJson(value)
    if (json === undefined) return undefined
    const inner = this.#value(json, place)
    const masked = JSON.stringify(inner)
    return masked === value ? undefined : new MaskedText(masked, value, [...piecesOf(inner)])
  }

  #datesOf(value: string, { kind }: Place): Found[] {
    if (!this.#dates || this.#isCollecting) return []
    const rule = kind === 'instructions' ? 'any-date' : 'moment'
    return datesIn(value).map((date) => ({
      from: date.from,
      to: date.from + date.text.length,
      masked: date.isPrecise ? '‹time›' : '‹date›',
      piece: { text: date.text, rule, date },
    }))
  }

  #idsOf(value: string, { kind }: Place): Found[] {
    const numbered = (id: { from: number; text: string }): Found => ({
      from: id.from,
      to: id.from + id.text.length,
      masked: this.#ordinals.of(id.text),
    })
    const known = this.#isCollecting ? [] : this.#ordinals.knownIn(value)
    // Data with spaces in it is a text of somebody's, whatever its name.
    const isSaid = kind === 'said' || (kind === 'data' && /\s/.test(value))
    if (isSaid) return known.map(numbered)
    const shaped = this.#ids ? idsIn(value) : []
    const uuids = this.#uuids ? uuidsIn(value) : []
    return [...shaped.filter(({ text: id }) => !isUuid(id)), ...uuids, ...known].map(numbered)
  }

  /** What the user's own patterns find counts nowhere; of a pattern with groups, what they hold. */
  #patternsIn(value: string): Found[] {
    return this.#patterns.flatMap((pattern) =>
      [...value.matchAll(new RegExp(pattern.source, flagsOf(pattern)))].flatMap((match) => {
        const groups = match.length > 1 ? (match.indices ?? []).slice(1) : (match.indices ?? [])
        return groups.flatMap((range) =>
          range && range[1] > range[0]
            ? [{ from: range[0], to: range[1], masked: '‹volatile›' }]
            : [],
        )
      }),
    )
  }
}

const flagsOf = ({ flags }: RegExp): string => [...new Set(`${flags}gd`)].join('')

/** The first of those that overlap counts; of two at one place, the longer one. */
function leafOf(value: string, found: readonly Found[]): string | MaskedText {
  if (found.length === 0) return value
  let written = ''
  let done = 0
  const pieces: MaskedPiece[] = []
  for (const { from, to, masked: shown, piece } of [...found].sort(
    (a, b) => a.from - b.from || b.to - a.to,
  )) {
    if (from < done) continue
    written += value.slice(done, from) + shown
    done = to
    if (piece) pieces.push(piece)
  }
  return new MaskedText(written + value.slice(done), value, pieces)
}

/** Whether two requests with the same masks may still be two. */
export const hasPieces = (value: unknown): boolean => piecesOf(value).next().done !== true

/** Every piece below, in order. */
function* piecesOf(value: unknown): Generator<MaskedPiece> {
  if (value instanceof MaskedText) yield* value.pieces
  else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) yield* piecesOf(inner)
  }
}

/** Seconds, milliseconds, microseconds and nanoseconds since 1970, in this century. */
const units = [1000, 1, 1e-3, 1e-6]
const [earliestMs, latestMs] = [Date.UTC(2001, 8, 9), Date.UTC(2100, 0, 1)]

/** The time of something that just happened, under a name that says so. */
function stamp(value: string | number, { isNested }: Place): MaskedText | undefined {
  const number =
    typeof value === 'number' ? value : /^\d{10,19}(?:\.\d+)?$/.test(value) && Number(value)
  const ms = number === false ? [] : units.map((unit) => number * unit).filter(isPlausible)
  if (ms.length > 0) {
    const date = { isPrecise: true, momentsMs: ms }
    const pieces: MaskedPiece[] = isNested ? [{ text: String(value), rule: 'moment', date }] : []
    return new MaskedText('‹stamp›', value, pieces)
  }
  if (isNested || typeof value === 'number') return undefined
  const [date] = datesIn(value)
  const isWhole = date !== undefined && date.text.length === value.trim().length
  return isWhole ? new MaskedText('‹stamp›', value, []) : undefined
}

const isPlausible = (ms: number): boolean => ms >= earliestMs && ms < latestMs
