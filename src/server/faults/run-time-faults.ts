/**
 * Faults that are added while the server runs: for a time, for a number of requests, for a session,
 * and for those requests alone that they name. Time is the clock's, asked when somebody looks.
 */
import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import { StuntdoubleError } from '../../core/errors.ts'
import type { Soon } from '../../core/soon.ts'
import { suggestion } from '../../core/suggest.ts'
import { type GivenFaults, readFaults } from '../../faults/asked.ts'
import type { FaultSpec, WrittenFault } from '../../faults/fault.ts'
import { duration, strict, wholeNumber } from '../../faults/options.ts'
import { faultText, writtenOf } from '../../faults/written.ts'
import { compileValueTest } from '../../scenario/value-test.ts'

/** What narrows faults that are added; each in the form of the control API. */
export interface RunTimeOptions {
  /** How long they hold: `30s`, or milliseconds; until they are removed unless given. */
  readonly ttl?: string | number
  /** How many requests get them; all unless given. */
  readonly times?: number
  /** Requests of this session alone. */
  readonly session?: string
  /** Paths alone that this is or matches, such as `/v1/*`. */
  readonly path?: string
  /** Requests of this dialect alone. */
  readonly dialect?: string
  /** Answers of this rule alone, with or without its scenario; `*` matches anything. */
  readonly rule?: string
}

/** Faults that were added, as they stand at the moment. */
export interface RunTimeEntry extends Omit<RunTimeOptions, 'ttl'> {
  readonly id: number
  readonly faults: readonly {
    /** As a scenario has it. */
    readonly fault: WrittenFault
    /** As the header has it. */
    readonly text: string
    /** How often it acted. */
    readonly acted: number
  }[]
  /** How many requests got them. */
  readonly requests: number
  /** How long they still hold. */
  readonly leftMs?: number
}

/** Faults as they are added, checked: plain data. */
export interface RunTimeSet {
  /** Set once they are added. */
  readonly id?: number
  readonly faults: readonly WrittenFault[]
  readonly options: CheckedOptions
}

/** The ids of those that a request gets. */
export type FaultsDrawn = readonly number[]

/** Who keeps them may be another process. */
export interface FaultsAtRunTime {
  add(faults: GivenFaults, options?: RunTimeOptions): Soon<RunTimeEntry>
  all(): Soon<readonly RunTimeEntry[]>
  get(id: number): Soon<RunTimeEntry | undefined>
  remove(id: number): Soon<boolean>
  clear(session?: string): Soon<void>
  drawFor(target: Target): Soon<readonly Drawn[]>
}

/** The request that faults may be for. */
export interface Target {
  readonly session: string
  readonly path: string
  readonly dialect: string | undefined
  /** `scenario/rule`, or what else answered. */
  readonly rule: string
}

/** What can be named. */
export interface Known {
  readonly dialects: readonly string[]
  /** `scenario/rule`. */
  readonly rules: readonly string[]
}

/** Faults that one request gets. */
export interface Drawn {
  readonly id: number
  readonly specs: readonly FaultSpec[]
  /** The fault of this place in `specs` acted. */
  acted(at: number): void
}

interface Kept {
  readonly id: number
  readonly specs: readonly FaultSpec[]
  readonly acted: number[]
  readonly options: CheckedOptions
  readonly untilMs: number | undefined
  readonly fits: (target: Target) => boolean
  requests: number
}

const text = z.string({ error: 'must be text' }).min(1, { error: 'must not be empty' })

const optionsSchema = strict({
  ttl: z.exactOptional(duration.refine((ms) => ms > 0, { error: 'must be longer than 0' })),
  times: z.exactOptional(wholeNumber(1)),
  session: z.exactOptional(text),
  path: z.exactOptional(text),
  dialect: z.exactOptional(text),
  rule: z.exactOptional(text),
})

export type CheckedOptions = z.output<typeof optionsSchema>

/** A script that adds and never removes would else slow every request down without a word. */
const mostEntries = 1000

export class RunTimeFaults implements FaultsAtRunTime {
  /** Told when faults are added or removed, but not when their time is over. */
  onChange: (() => void) | undefined
  /** What may be named, asked at each adding; anything unless given. */
  known: (() => Known) | undefined
  readonly #kept = new Map<number, Kept>()
  readonly #clock: Clock
  #nextId = 1

  constructor(clock: Clock, known?: () => Known) {
    this.#clock = clock
    this.known = known
  }

  /** Throws a `bad-request` that says what is wrong with them. */
  add(faults: GivenFaults, options: RunTimeOptions = {}): RunTimeEntry {
    return this.addSet(checkSet(faults, options, this.known?.()))
  }

  /** Those that somebody has checked. */
  addSet({ faults, options }: RunTimeSet): RunTimeEntry {
    this.#dropOver()
    if (this.#kept.size >= mostEntries) this.#dropSpent()
    if (this.#kept.size >= mostEntries) {
      const message = `${mostEntries} lists of faults are set; remove some, or give them a ttl`
      throw new StuntdoubleError('bad-request', message)
    }
    const { ttl } = options
    const specs = specsOf(faults)
    const kept: Kept = {
      id: this.#nextId++,
      specs,
      acted: specs.map(() => 0),
      options,
      untilMs: ttl === undefined ? undefined : this.#clock.now() + ttl,
      fits: targetTest(options),
      requests: 0,
    }
    this.#kept.set(kept.id, kept)
    this.onChange?.()
    return this.#shown(kept)
  }

  /** As they were added. */
  get sets(): readonly RunTimeSet[] {
    this.#dropOver()
    return [...this.#kept.values()].map(({ id, specs, options }) => ({
      id,
      faults: specs.map(writtenOf),
      options,
    }))
  }

  all(): readonly RunTimeEntry[] {
    return this.entries
  }

  /** Those that hold, in the order in which they were added. */
  get entries(): readonly RunTimeEntry[] {
    this.#dropOver()
    return [...this.#kept.values()].map((kept) => this.#shown(kept))
  }

  get(id: number): RunTimeEntry | undefined {
    this.#dropOver()
    const kept = this.#kept.get(id)
    return kept && this.#shown(kept)
  }

  /** False where there are none of this id. */
  remove(id: number): boolean {
    this.#dropOver()
    const removed = this.#kept.delete(id)
    if (removed) this.onChange?.()
    return removed
  }

  /** Removes those of one session, or all. */
  clear(session?: string): void {
    const before = this.#kept.size
    for (const [id, { options }] of this.#kept) {
      if (session === undefined || options.session === session) this.#kept.delete(id)
    }
    if (this.#kept.size < before) this.onChange?.()
  }

  /** What a request gets, which is thereby one of those that got it. */
  drawFor(target: Target): readonly Drawn[] {
    if (this.#kept.size === 0) return noneDrawn
    const fitting = [...this.#kept.values()].filter(({ fits }) => fits(target))
    return this.draw(fitting.map(({ id }) => id)).flatMap((id) => {
      const kept = this.#kept.get(id)
      return kept ? [{ id, specs: kept.specs, acted: (at) => this.noteActed(id, at) }] : []
    })
  }

  /** Those of these that a request gets, which is thereby one of those that got it. */
  draw(ids: readonly number[]): FaultsDrawn {
    this.#dropOver()
    return ids.filter((id) => {
      const kept = this.#kept.get(id)
      if (!kept || isSpent(kept)) return false
      kept.requests += 1
      return true
    })
  }

  noteActed(id: number, at: number): void {
    const acted = this.#kept.get(id)?.acted
    if (acted) acted[at] = (acted[at] ?? 0) + 1
  }

  /** A spent one stays, so that somebody can see what it did; one whose time is over does not. */
  #dropOver(): void {
    const nowMs = this.#clock.now()
    for (const [id, { untilMs }] of this.#kept) {
      if (untilMs !== undefined && nowMs >= untilMs) this.#kept.delete(id)
    }
  }

  #dropSpent(): void {
    for (const [id, kept] of this.#kept) {
      if (isSpent(kept)) this.#kept.delete(id)
    }
  }

  #shown({ id, specs, acted, options, untilMs, requests }: Kept): RunTimeEntry {
    const { ttl: _, ...narrowed } = options
    return {
      id,
      faults: specs.map((spec, at) => ({
        fault: writtenOf(spec),
        text: faultText(spec),
        acted: acted[at] ?? 0,
      })),
      requests,
      ...narrowed,
      ...(untilMs === undefined ? {} : { leftMs: Math.round(untilMs - this.#clock.now()) }),
    }
  }
}

const noneDrawn: readonly Drawn[] = []

/** Faults and what narrows them, both as they are written. Throws a `bad-request`. */
export function checkSet(
  given: GivenFaults,
  options: RunTimeOptions,
  known: Known | undefined,
): RunTimeSet {
  const specs = readFaults(given)
  if (typeof specs === 'string') throw wrong(`faults: ${specs}`)
  if (specs.length === 0) throw wrong('faults: the list is empty')
  const checked = checkOptions(options)
  checkPath(checked.path)
  if (known) checkNames(checked, known)
  return { faults: specs.map(writtenOf), options: checked }
}

/** As faults that were checked once say it. */
export function specsOf(faults: readonly WrittenFault[]): readonly FaultSpec[] {
  const specs = readFaults(faults)
  if (typeof specs !== 'string') return specs
  throw new StuntdoubleError('internal', `faults that were fine are not: ${specs}`)
}

const isSpent = ({ options, requests }: Kept): boolean =>
  options.times !== undefined && requests >= options.times

function checkOptions(options: RunTimeOptions): CheckedOptions {
  if ('count' in options) throw wrong(countIsTimes)
  const { data, error } = optionsSchema.safeParse(options)
  if (data) return data
  const sentences = error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.map(String).join('.')}: ${message}`,
  )
  throw wrong(sentences.join('; '))
}

const wrong = (why: string): StuntdoubleError => new StuntdoubleError('bad-request', why)

export const countIsTimes = 'unknown option "count"; how many requests get the faults is `times`'

/** A path of which no request could have one would never fit, and nobody would know why. */
function checkPath(path: string | undefined): void {
  if (path === undefined || /^(?:\/|\*\*)/.test(path)) return
  const meant = /^https?:\/\//.test(path) ? new URL(path).pathname : `/${path}`
  throw wrong(`path: must begin with a slash, not "${path}"; did you mean "${meant}"?`)
}

/** So would a name that nothing has. */
function checkNames({ dialect, rule }: CheckedOptions, { dialects, rules }: Known): void {
  if (dialect !== undefined && !dialects.includes(dialect)) {
    throw wrong(`dialect: there is no "${dialect}"${suggestion(dialect, dialects)}`)
  }
  if (rule === undefined || otherAnswers.test(rule)) return
  const names = rules.flatMap(namesOfRule)
  if (globOf(rule, {})([...names, ...otherNames])) return
  throw wrong(`rule: there is no "${rule}"${suggestion(rule, names)}`)
}

/** What answers and is no rule; recordings may be added at any time. */
const otherNames = ['upstream', 'route', 'miss', 'no-route', 'greeting', 'resume-check']

const otherAnswers = /^(?:recording|limit)\//

/** With its scenario, and without. */
const namesOfRule = (rule: string): string[] => [rule, rule.slice(rule.indexOf('/') + 1)]

/** Whether they are for a request. */
export function targetTest({
  session,
  path,
  dialect,
  rule,
}: CheckedOptions): (target: Target) => boolean {
  const isPath = globOf(path, { segments: true })
  const isRule = globOf(rule, {})
  return (target) =>
    (session === undefined || target.session === session) &&
    (dialect === undefined || target.dialect === dialect) &&
    isPath([target.path]) &&
    isRule(namesOfRule(target.rule))
}

function globOf(
  pattern: string | undefined,
  options: { readonly segments?: boolean },
): (texts: readonly string[]) => boolean {
  if (pattern === undefined) return () => true
  const test = compileValueTest({ glob: pattern }, options, [])
  return (texts) => texts.includes(pattern) || test.fits(texts, {})
}
