/**
 * Taped events as the steps of a script, as an author would write them. Every delta leaves at its
 * taped time; the arguments of a call are one step and leave together, with the last of them.
 * Pure; knows the words of scenarios and nothing of YAML.
 */
import type { ApiError } from '../../core/api-error.ts'
import { wholeText } from '../../core/bytes.ts'
import type { Grain } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Ending } from '../../core/timeline.ts'
import { cutText } from '../../dialects/grain.ts'
import { burstGapMs } from '../look/statistics.ts'
import type { ScriptTiming } from './exporter.ts'
import type { TimedEvent } from './timed-events.ts'

/** A step as it stands in a scenario. */
type WrittenStep = string | Readonly<Record<string, unknown>>

/** One step without its time. */
interface Item {
  readonly atMs: number
  readonly step: Readonly<Record<string, unknown>>
  /** Waits for its turn, as all that a model generates does. */
  readonly isPaced: boolean
}

export interface ScriptPlan {
  readonly events: readonly TimedEvent[]
  readonly grain: Grain
  readonly timing: ScriptTiming
  readonly headMs: number
  readonly ending: Ending
  readonly endMs: number
}

export interface WrittenScript {
  readonly steps: readonly WrittenStep[]
  readonly pacing: Readonly<Record<string, unknown>> | undefined
  /** By how much everything comes later; only where pacing cannot say it. */
  readonly delayMs: number | undefined
}

export function scriptOf(plan: ScriptPlan): WrittenScript {
  const { timing, ending } = plan
  const items = joined(itemsOf(plan.events), plan)
  if (timing === 'steps') return timedScript(items, plan)
  const steps: WrittenStep[] = items.map(({ step }) => step)
  if (ending !== 'end' || steps.length === 0) steps.push(ending)
  const pacing = timing === 'profile' ? measuredPacing(plan) : undefined
  return { steps, pacing, delayMs: undefined }
}

/** Tenths are as fine as anybody wants to edit. */
const tenths = (ms: number): number => Math.round(ms * 10) / 10

export const durationOf = (ms: number): string => `${tenths(ms)}ms`

/**
 * Pacing can hold back the head, and with it the first delta; what is no delta does not wait for
 * that. Where such a thing comes first, the script counts from the head, and all of it is delayed.
 */
function timedScript(items: readonly Item[], plan: ScriptPlan): WrittenScript {
  const { headMs, ending, endMs } = plan
  const firstPaced = items.findIndex(({ isPaced }) => isPaced)
  const isDelayed = firstPaced > 0 && tenths(headMs) > 0
  const startMs = tenths(headMs)
  let nowMs = startMs
  const steps: WrittenStep[] = []
  const goTo = (atMs: number): void => {
    const waitMs = tenths(atMs - nowMs)
    if (waitMs <= 0) return
    steps.push({ wait: durationOf(waitMs) })
    // What was rounded off is made up for by the next wait.
    nowMs += waitMs
  }
  // Without a delta nothing adds the head's own time: waits then count from the request.
  if (firstPaced < 0) nowMs = 0
  for (const { atMs, step } of items) {
    goTo(Math.max(atMs, startMs))
    steps.push(step)
  }
  steps.push(...endSteps(ending, tenths(endMs - nowMs), steps.length === 0))
  const pacing = isDelayed || startMs === 0 ? undefined : { head: durationOf(startMs) }
  return { steps, pacing, delayMs: isDelayed ? startMs : undefined }
}

function endSteps(ending: Ending, afterMs: number, isAlone: boolean): WrittenStep[] {
  if (ending === 'hang') return ['hang']
  if (afterMs > 0) return [{ [ending]: { after: durationOf(afterMs) } }]
  return ending === 'end' && !isAlone ? [] : [ending]
}

interface Call {
  readonly at: number
  last: number
  lastMs: number
  readonly id: string | undefined
  readonly name: string
  readonly choice: number | undefined
  written: string
}

/** Events to steps, a call where its last piece stands. */
function itemsOf(events: readonly TimedEvent[]): Item[] {
  const calls = callsOf(events)
  const items: Item[] = []
  for (const [at, { atMs, event }] of events.entries()) {
    const written = stepOf(event)
    if (written) {
      const choice = event.choice === undefined ? {} : { choice: event.choice }
      items.push({ atMs, step: { ...written, ...choice }, isPaced: isPaced(event) })
    }
    for (const call of calls) {
      if (call.last === at) items.push({ atMs: call.lastMs, step: callStep(call), isPaced: true })
    }
  }
  return opened(events, items)
}

/** In the order in which they began, which is the order of their numbers. */
function callsOf(events: readonly TimedEvent[]): Call[] {
  const calls: Call[] = []
  const open = new Map<string, Call>()
  for (const [at, { atMs, event }] of events.entries()) {
    if (event.type !== 'tool-start' && event.type !== 'tool-arguments') continue
    const key = `${event.choice ?? 0}/${event.index}`
    if (event.type === 'tool-start') {
      const { id, name, choice } = event
      const call = { at, last: at, lastMs: atMs, id, name, choice, written: '' }
      calls.push(call)
      open.set(key, call)
    }
    const call = open.get(key)
    if (!call || event.type === 'tool-start') continue
    call.written += event.text
    call.last = at
    call.lastMs = atMs
  }
  for (const [index, call] of calls.entries()) {
    const before = calls[index - 1]
    if (before && before.last > call.last) {
      call.last = before.last
      call.lastMs = before.lastMs
    }
  }
  return calls
}

function callStep({ id, name, choice, written }: Call): Readonly<Record<string, unknown>> {
  const tool = { name, ...(id ? { id } : {}), arguments: argumentsOf(written) }
  return { tool, ...(choice === undefined ? {} : { choice }) }
}

/** As data where that is written back as it was. */
function argumentsOf(written: string): unknown {
  try {
    const value: unknown = JSON.parse(written)
    const isTree = typeof value === 'object' && value !== null
    return isTree && JSON.stringify(value) === written ? value : written
  } catch {
    return written
  }
}

function stepOf(event: Event): Readonly<Record<string, unknown>> | undefined {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return { [event.type]: [event.text] }
    case 'citation':
      return { citation: event.citation }
    case 'usage':
      return { usage: event.usage }
    case 'comment':
      return { comment: event.text }
    case 'raw':
      return rawStep(event.bytes)
    case 'error':
      return { error: writtenError(event.error) }
    case 'finish':
      return { finish: event.reason }
    default:
      return undefined
  }
}

function rawStep(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  const text = wholeText(bytes)
  return text === undefined ? { base64: Buffer.from(bytes).toString('base64') } : { raw: text }
}

/** An error in the words of scenarios; by its code alone where that is all. */
export function writtenError(error: ApiError): unknown {
  const { code, status, message, param, retryAfterMs, headers, body } = error
  const written = {
    code,
    ...(status === undefined || status < 400 || status > 599 ? {} : { status }),
    ...(message === undefined ? {} : { message }),
    ...(param === undefined || param === '' ? {} : { param }),
    ...(retryAfterMs === undefined ? {} : { retryAfter: `${retryAfterMs / 1000}s` }),
    ...(headers === undefined || headers.length === 0 ? {} : { headers: headersOf(headers) }),
    ...(body === undefined ? {} : { body }),
  }
  return Object.keys(written).length === 1 ? code : written
}

/** By name; a list where one comes more than once. */
export function headersOf(
  headers: readonly (readonly [string, string])[],
): Record<string, string | string[]> {
  const byName = new Map<string, string[]>()
  for (const [name, value] of headers) byName.set(name, [...(byName.get(name) ?? []), value])
  return Object.fromEntries(
    [...byName].map(([name, values]) => [name, values.length === 1 ? (values[0] ?? '') : values]),
  )
}

const isPaced = ({ type }: Event): boolean =>
  type === 'text' || type === 'reasoning' || type === 'refusal' || type === 'finish'

/** Below this a stream's opening and its first word are one. */
const leastOpeningMs = 1

/**
 * A stream that opens before it says anything: an empty delta of what it then says first has the
 * opening leave at its own time.
 */
function opened(events: readonly TimedEvent[], items: Item[]): Item[] {
  const start = events.find(({ event }) => event.type === 'start')
  const at = items.findIndex(
    ({ step }) => !('comment' in step || 'raw' in step || 'base64' in step),
  )
  const first = items[at]
  const kind = first && (['text', 'reasoning', 'refusal'] as const).find((one) => one in first.step)
  if (!start || !first || !kind || first.atMs - start.atMs < leastOpeningMs) return items
  const opening: Item = { ...first, atMs: start.atMs, step: { ...first.step, [kind]: [''] } }
  const later = items.findIndex(({ atMs }) => atMs > start.atMs)
  return [...items.slice(0, later), opening, ...items.slice(later)]
}

/** Deltas of one kind that left together, or whose times do not matter, are one step. */
function joined(items: readonly Item[], { timing, grain }: ScriptPlan): Item[] {
  const runs: Item[] = []
  for (const item of items) {
    const last = runs.at(-1)
    const kind = last && kindOfRun(last, item)
    if (last && kind && (timing !== 'steps' || item.atMs - last.atMs < burstGapMs)) {
      const step = { ...last.step, [kind]: [...deltas(last, kind), ...deltas(item, kind)] }
      runs[runs.length - 1] = { ...last, step }
    } else runs.push(item)
  }
  return runs.map((run) => readable(run, grain, timing))
}

const runKinds = ['text', 'reasoning', 'refusal', 'raw', 'base64'] as const

type RunKind = (typeof runKinds)[number]

const kindOfRun = (a: Item, b: Item): RunKind | undefined =>
  a.step['choice'] === b.step['choice']
    ? runKinds.find((kind) => kind in a.step && kind in b.step)
    : undefined

const deltas = ({ step }: Item, kind: RunKind): unknown[] => [step[kind]].flat()

/** Deltas that the dialect would cut like this anyway are one text; so are those without times. */
function readable(item: Item, grain: Grain, timing: ScriptTiming): Item {
  const kind = (['text', 'reasoning', 'refusal'] as const).find((one) => one in item.step)
  const pieces = kind ? deltas(item, kind).map(String) : []
  if (!kind) return item
  const whole = pieces.join('')
  const cuts = cutText(whole, grain)
  const isSame = pieces.length === cuts.length && cuts.every((cut, at) => cut === pieces[at])
  return isSame || timing !== 'steps' || whole === ''
    ? { ...item, step: { ...item.step, [kind]: whole } }
    : item
}

const mostGaps = 24

/** The taped gaps as a distribution, and the head and first delta as they were. */
function measuredPacing({ events, headMs }: ScriptPlan): Readonly<Record<string, unknown>> {
  const times = events.flatMap(({ atMs, event }) => (isPaced(event) ? [atMs] : []))
  const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? atMs))
  const sorted = gaps.sort((a, b) => a - b)
  const step = Math.max(1, sorted.length / mostGaps)
  const drawn = Array.from({ length: Math.min(mostGaps, sorted.length) }, (_, index) =>
    durationOf(sorted[Math.floor((index + 0.5) * step)] ?? 0),
  )
  return {
    head: durationOf(headMs),
    ttft: durationOf(times[0] ?? headMs),
    ...(drawn.length === 0 ? {} : { itl: { empirical: drawn } }),
  }
}
