/**
 * Draws a plan of faults: kind, place and size of each from a source of chance. What comes out holds
 * no chance any more but seeds, so that it can be printed and played again exactly.
 */
import { StuntdoubleError } from '../core/errors.ts'
import { integer, type Random } from '../core/random.ts'
import { suggestion } from '../core/suggest.ts'
import { expandProfiles } from './expand.ts'
import type { FaultSpec, WrittenFault } from './fault.ts'
import type { FaultPlan, PlanAfter } from './plan.ts'
import { faultProfile, faultProfiles } from './profiles.ts'
import { faultKinds, faultSchema } from './registry.ts'
import { writtenOf } from './written.ts'

/** Both included. */
export interface Range {
  readonly low: number
  readonly high: number
}

export interface PlanDrawing {
  readonly requests: number
  /** Drawn from, each as likely as the other; the usual ones unless given, or a profile is. */
  readonly kinds?: readonly string[]
  /** Its faults are drawn for each request by their own chances. */
  readonly profile?: string
  /** The chance that a request is broken by one of the kinds; 0.5 unless given. */
  readonly often?: number
  /** Places are frames of these; the first twelve unless bytes are given. */
  readonly frames?: Range
  /** Places are bytes of these; with frames as well, either. */
  readonly bytes?: Range
  /** The longest delay or silence; 5 s unless given. */
  readonly longestMs?: number
  readonly name?: string
  readonly after?: PlanAfter
}

/** What most plans are about. The others take part where they are named. */
export const usualKinds: readonly string[] = [
  ...['end', 'close', 'reset', 'refuse', 'error', 'delay', 'stall'],
  ...['slice', 'duplicate', 'drop', 'corrupt'],
]

/** The nth entry depends on nothing but the source and the drawing's other options. */
export function drawPlan(drawing: PlanDrawing, random: Random): FaultPlan {
  const { requests, profile, name, after = 'clean' } = drawing
  const kinds = drawing.kinds ?? (profile === undefined ? usualKinds : [])
  for (const kind of kinds) checkKind(kind)
  const ofProfile = profile === undefined ? [] : membersOf(profile)
  const entries = Array.from({ length: requests }, (_, at): FaultSpec[] => {
    const draws = random.fork(`request/${at + 1}`)
    return [
      ...drawnOfProfile(ofProfile, draws),
      ...drawnOfKinds(kinds, new Dice(draws.fork('kind'), drawing), drawing.often ?? 0.5),
    ]
  })
  return { after, requests: entries, ...(name === undefined ? {} : { name }) }
}

function checkKind(kind: string): void {
  const names = faultKinds.map(({ name }) => name)
  if (names.includes(kind)) return
  throw new StuntdoubleError('usage', `unknown fault "${kind}"${suggestion(kind, names)}`)
}

function membersOf(name: string): readonly FaultSpec[] {
  if (faultProfile(name)) return expandProfiles([faultSchema.parse(name)])
  const names = faultProfiles.map((profile) => profile.name)
  throw new StuntdoubleError('usage', `unknown profile "${name}"${suggestion(name, names)}`)
}

function drawnOfProfile(members: readonly FaultSpec[], random: Random): FaultSpec[] {
  return members.flatMap((spec, at) => {
    const draws = random.fork(`profile/${at}`)
    if (draws.next() >= spec.probability) return []
    const certain = writtenOf({ ...spec, probability: 1 })
    return [withSeed(spec.kind, certain, draws)]
  })
}

function drawnOfKinds(kinds: readonly string[], dice: Dice, often: number): FaultSpec[] {
  if (kinds.length === 0 || dice.random.next() >= often) return []
  const kind = dice.oneOf(kinds)
  const options = optionsOf[kind]?.(dice) ?? plainest(kind, dice)
  const isBare = Object.keys(options).length === 0
  return [withSeed(kind, isBare ? kind : { [kind]: options }, dice.random)]
}

/** Kinds that draw while they act; those nobody knows here may do so as well. */
const drawsNothing = new Set([
  ...['end', 'close', 'reset', 'hang', 'refuse', 'error', 'head', 'delay', 'stall', 'slice'],
  ...['merge', 'duplicate', 'drop', 'swap', 'inject', 'throttle', 'heartbeats', 'replace'],
  ...['no-terminator', 'after-terminator', 'garbage', 'short-chunk', 'wrong-length', 'goaway'],
])

function withSeed(kind: string, written: WrittenFault, random: Random): FaultSpec {
  if (drawsNothing.has(kind)) return faultSchema.parse(written)
  const named = typeof written === 'string' ? { [written]: {} } : written
  return faultSchema.parse({ ...named, seed: integer(random, 1, 999_999) })
}

class Dice {
  readonly random: Random
  readonly #drawing: PlanDrawing

  constructor(random: Random, drawing: PlanDrawing) {
    this.random = random
    this.#drawing = drawing
  }

  number(low: number, high: number): number {
    return integer(this.random, low, high)
  }

  oneOf<T>(choices: readonly T[]): T {
    const chosen = choices[this.number(0, choices.length - 1)]
    if (chosen === undefined) throw new StuntdoubleError('internal', 'nothing to choose from')
    return chosen
  }

  place(): Readonly<Record<string, number>> {
    const { frames, bytes } = this.#drawing
    const usual = bytes ? [] : [{ form: 'frame', low: 1, high: 12 }]
    const forms = [
      ...(frames ? [{ form: 'frame', ...frames }] : usual),
      ...(bytes ? [{ form: 'byte', ...bytes }] : []),
    ]
    const { form, low, high } = this.oneOf(forms)
    return { [form]: this.number(low, high) }
  }

  /** Short ones as often as long ones: each tenfold is as likely. To two digits. */
  duration(leastMs = 10): string {
    const mostMs = this.#drawing.longestMs ?? 5000
    const low = Math.min(leastMs, mostMs)
    const ms = low * (mostMs / low) ** this.random.next()
    return `${Number(ms.toPrecision(2))}ms`
  }
}

const errorCodes = ['rate-limited', 'overloaded', 'server-error', 'unavailable', 'timeout']

/** Sizes that hurt and still end within a test. */
const optionsOf: Readonly<Record<string, (dice: Dice) => Readonly<Record<string, unknown>>>> = {
  refuse: (dice) => ({ by: dice.oneOf(['reset', 'close']) }),
  error: (dice) => ({
    code: dice.oneOf(errorCodes),
    ...(dice.random.next() < 0.5 ? { retryAfter: dice.duration(100) } : {}),
  }),
  head: (dice) => ({ status: dice.oneOf([403, 404, 500, 502, 503, 504]) }),
  delay: (dice) => ({ for: dice.duration(), at: dice.place() }),
  stall: (dice) => ({ for: dice.duration(), at: dice.place() }),
  throttle: (dice) => ({ bytesPerSecond: dice.oneOf([200, 1000, 5000, 20_000]) }),
  jitter: (dice) => ({ by: dice.duration() }),
  heartbeats: (dice) => ({ every: dice.duration(), count: dice.number(2, 20) }),
  slice: (dice) =>
    dice.random.next() < 0.5
      ? { bytes: dice.number(1, 32) }
      : { in: dice.oneOf(['utf8', 'crlf', 'json', 'everywhere']) },
  merge: (dice) => ({ frames: dice.number(2, 6) }),
  duplicate: (dice) => ({ at: dice.place(), count: dice.number(1, 3) }),
  drop: (dice) => ({ at: dice.place(), count: dice.number(1, 3) }),
  corrupt: (dice) => ({ at: dice.place(), bytes: dice.number(1, 8) }),
  replace: (dice) => ({ at: dice.place(), comment: 'replaced' }),
  inject: (dice) => ({ at: dice.place(), error: { code: dice.oneOf(errorCodes) } }),
  'after-terminator': () => ({ comment: 'more' }),
  'wrong-length': (dice) => ({ by: dice.oneOf([-20, -1, 1, 20]) }),
  'bad-gzip': (dice) => ({ how: dice.oneOf(['plain', 'checksum', 'truncated']) }),
  resume: (dice) => ({ [dice.oneOf(['skip', 'repeat'])]: dice.number(1, 3) }),
}

/** A kind that nothing is known of here: without options, or at a place. */
function plainest(kind: string, dice: Dice): Readonly<Record<string, unknown>> {
  if (faultSchema.safeParse(kind).success) return {}
  const options = { at: dice.place() }
  if (faultSchema.safeParse({ [kind]: options }).success) return options
  throw new StuntdoubleError('usage', `${kind} needs options, so that no plan can draw it`)
}
