/**
 * When two requests are the same. Pure.
 *
 * A request has two keys. The exact one is made of all it says; requests that share it are the same
 * (`canonical.ts`). The masked one leaves out what changes from run to run (`canonical-masked.ts`);
 * of those that share it, `likeness` says whether one may stand for the other.
 */
import { createHash } from 'node:crypto'
import type { HttpRequest } from '../../core/http.ts'
import { lazy } from '../../core/lazy.ts'
import { defaultSettings } from '../../core/recording-settings.ts'
import type { RecordedRequest, Recording } from '../format.ts'
import {
  type Canonical,
  type ComparingSettings,
  canonicalOfAsked,
  canonicalOfTaped,
} from './canonical.ts'
import { type Masked, type MaskedPiece, MaskedText, masked } from './canonical-masked.ts'
import { isSameMoment } from './canonical-moments.ts'
import { readSketch, type Sketch, sketchOf, writeSketch } from './match-sketch.ts'

/** A request as it is compared. */
export interface Seen {
  readonly exact: Canonical
  readonly masked: Masked
  /** When it was made, in ms since 1970. */
  readonly atMs: number
}

export interface Keys {
  readonly exact: string
  readonly masked: string
}

/** Changes with whatever changes a key, so that no old key is taken for a new one. */
const version = 1

/** One way to compare, as the settings have it. */
export class Matching {
  readonly #settings: ComparingSettings
  /** Names what this makes of a recording; to load what hashes it takes 4 ms of a start. */
  readonly #name: () => string
  readonly #sketches = new WeakMap<Recording, Sketch>()

  constructor(settings: ComparingSettings) {
    this.#settings = settings
    const { match, redact } = settings
    const written = JSON.stringify([
      [match.ignore, match.headers],
      match.volatile.map((one) => (typeof one === 'string' ? one : String(one.pattern))),
      [redact.patterns.map(String), redact.emails, redact.fields],
    ])
    this.#name = lazy(() => `match/${version}/${hashOf(written)}`)
  }

  asked(request: HttpRequest, atMs: number): Seen {
    return this.#seen(canonicalOfAsked(request, this.#settings), atMs)
  }

  taped({ request, at }: Pick<Recording, 'request' | 'at'>): Seen {
    return this.#seen(canonicalOfTaped(request, this.#settings), Date.parse(at))
  }

  #seen(exact: Canonical, atMs: number): Seen {
    return { exact, masked: masked(exact, this.#settings.match.volatile), atMs }
  }

  /** The keys of a recording, without reading its request where they are known already. */
  keysOf(recording: Recording): Keys {
    const [exact = '', maskedKey = ''] = this.#derived(recording).split(' ', 2)
    return { exact, masked: maskedKey }
  }

  /** By what the nearest recordings are looked for. */
  sketchOf(recording: Recording): Sketch {
    const known = this.#sketches.get(recording)
    const sketch = known ?? readSketch(this.#derived(recording).split(' ')[2] ?? '')
    if (!known) this.#sketches.set(recording, sketch)
    return sketch
  }

  #derived(recording: Recording): string {
    return recording.derived(this.#name(), (request: RecordedRequest) => {
      const seen = this.taped({ request, at: recording.at })
      const { exact, masked: maskedKey } = keysOf(seen)
      return `${exact} ${maskedKey} ${writeSketch(sketchOf(seen.masked))}`
    })
  }
}

const hashOf = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 27)

const keyOf = ({ method, path, query, headers, form, body }: Masked): string =>
  hashOf(JSON.stringify([method, path, query, headers, form, body]))

export const keysOf = (seen: Seen): Keys => ({
  exact: keyOf(seen.exact),
  masked: keyOf(seen.masked),
})

/** The key of all that a taped request says, compared as usual. */
export const exactKeyOf = (recording: Recording): string => usual.keysOf(recording).exact

const usual = new Matching(defaultSettings)

export interface Likeness {
  /** What differs without a reason that could be seen, as it was taped; empty at best. */
  readonly guessed: readonly string[]
}

/** Whether of two requests with one masked key one may stand for the other; undefined if not. */
export function likeness(taped: Seen, asked: Seen): Likeness | undefined {
  const guessed: string[] = []
  for (const [left, right] of leafPairs(taped.masked, asked.masked)) {
    const found = fitOfLeaves(left, right, taped.atMs, asked.atMs)
    if (!found) return undefined
    guessed.push(...found)
  }
  return { guessed }
}

/** What is guessed where two leaves are the same; undefined where they are not. */
export function fitOfLeaves(
  taped: unknown,
  asked: unknown,
  tapedAtMs: number,
  askedAtMs: number,
): readonly string[] | undefined {
  if (!(taped instanceof MaskedText) || !(asked instanceof MaskedText)) {
    return taped === asked ? [] : undefined
  }
  if (taped.masked !== asked.masked || taped.pieces.length !== asked.pieces.length) return undefined
  const guessed: string[] = []
  for (const [index, piece] of taped.pieces.entries()) {
    const other = asked.pieces[index]
    if (!other) return undefined
    if (piece.text === other.text || isAlike(piece, tapedAtMs, other, askedAtMs)) continue
    if (piece.rule === 'moment') return undefined
    guessed.push(piece.text)
  }
  return guessed
}

const isAlike = (
  taped: MaskedPiece,
  tapedAtMs: number,
  asked: MaskedPiece,
  askedAtMs: number,
): boolean =>
  taped.date !== undefined &&
  asked.date !== undefined &&
  isSameMoment({ date: taped.date, atMs: tapedAtMs }, { date: asked.date, atMs: askedAtMs })

function* leafPairs(left: unknown, right: unknown): Generator<readonly [unknown, unknown]> {
  if (!isTree(left) || !isTree(right)) {
    yield [left, right]
    return
  }
  const others = new Map<string, unknown>(Object.entries(right))
  for (const [key, value] of Object.entries(left)) yield* leafPairs(value, others.get(key))
}

/** Lists and mappings, not texts that are masked. */
export const isTree = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !(value instanceof MaskedText)
