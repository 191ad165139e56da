/**
 * What a taped service did, as the reply of a rule: a script where a dialect can tell what was
 * said, an error in neutral words where that gives the same, and plain HTTP for all else.
 */
import { joinBytes, wholeText } from '../../core/bytes.ts'
import type { Dialect } from '../../core/dialect.ts'
import { type Headers, header } from '../../core/http.ts'
import type { Ending } from '../../core/timeline.ts'
import type { Recording } from '../format.ts'
import type { Asked } from './asked.ts'
import type { ExportOptions } from './exporter.ts'
import { durationOf, headersOf, scriptOf, writtenError } from './script-steps.ts'
import { type Told, toldBy } from './timed-events.ts'

type Fields = Readonly<Record<string, unknown>>

/** `reply`, and what stands beside it in the rule. */
export type WrittenReply = Readonly<{ pacing?: unknown; reply: unknown; faults?: unknown }>

export interface ReplyPlan {
  readonly recording: Recording
  readonly dialect: Dialect | undefined
  readonly asked: Exclude<Asked, { kind: 'refused' }>
}

/** Undefined where a scenario has no way to say it. */
export function replyOf(plan: ReplyPlan, options: ExportOptions): WrittenReply | undefined {
  const { recording, dialect, asked } = plan
  const told = dialect && toldBy(recording, dialect)
  if (dialect && told && asked.kind === 'chat') {
    if (isScript(told, recording, asked.chat.stream)) return script(told, plan, options)
    const error = errorReply(told, plan, dialect, options)
    if (error) return { ...error, ...timedFaults(recording, told.headMs, options) }
  }
  return httpReply(recording, options)
}

/** How a recording ends where it is played again. */
const endings: Readonly<Record<NonNullable<Recording['ending']>, Ending>> = {
  end: 'end',
  close: 'close',
  reset: 'reset',
  'client-left': 'hang',
}

const endingOf = ({ ending }: Recording): Ending => (ending ? endings[ending] : 'close')

const hasTimes = ({ lost }: Recording): boolean => !lost.includes('times')

/** A whole answer that broke off cannot be told by what it said: nothing of it would arrive. */
function isScript(
  { status, isStream, events }: Told,
  recording: Recording,
  asked: boolean,
): boolean {
  if (status !== 200 || isStream !== asked) return false
  if (isStream) return true
  const isSaid = events.some(({ event }) => event.type !== 'raw' && event.type !== 'error')
  return recording.ending === 'end' && isSaid && !events.some(({ event }) => event.type === 'raw')
}

function script(
  told: Told,
  { recording, dialect }: ReplyPlan,
  options: ExportOptions,
): WrittenReply {
  const { events, isStream, headMs, endMs } = told
  const ending = endingOf(recording)
  const timing = options.timing === 'steps' && !hasTimes(recording) ? 'none' : options.timing
  noteLosses(told, recording, options)
  if (!isStream) {
    const plan = { events: events.map(({ event }) => ({ atMs: headMs, event })), headMs: 0 }
    const whole = { grain: 'whole', timing: 'none', ending, endMs } as const
    const { steps } = scriptOf({ ...plan, ...whole })
    const wait = timing === 'none' || headMs === 0 ? [] : [{ wait: durationOf(headMs) }]
    return { reply: [...wait, ...steps] }
  }
  const grain = dialect?.grain ?? 'token'
  const { steps, pacing, delayMs } = scriptOf({ events, grain, timing, headMs, ending, endMs })
  const faults = [
    ...(delayMs === undefined ? [] : [{ delay: durationOf(delayMs) }]),
    ...(ending === 'end' && isUnfinished(told) ? [{ end: { at: { event: 'finish' } } }] : []),
  ]
  return {
    ...(pacing === undefined ? {} : { pacing }),
    reply: steps,
    ...(faults.length === 0 ? {} : { faults }),
  }
}

/** Says something and never finishes; a script would add the finish by itself. */
const isUnfinished = ({ events }: Told): boolean =>
  events.some(({ event }) => !['raw', 'comment'].includes(event.type)) &&
  !events.some(({ event }) => event.type === 'finish' || event.type === 'error')

function noteLosses(
  { events, isStream, headers }: Told,
  recording: Recording,
  options: ExportOptions,
): void {
  const pieces = events.filter(({ event }) => event.type === 'tool-arguments').length
  const calls = events.filter(({ event }) => event.type === 'tool-start').length
  if (isStream && pieces > calls) options.lose("the times between the pieces of a call's arguments")
  if (headers.some(([name]) => !/^(?:content-|cache-control)/i.test(name))) {
    options.lose('response headers of answers that are scripts')
  }
  if (!hasTimes(recording))
    options.tell('some recordings had lost their times: give their rules a `pacing`')
}

/** Errors that the dialect would word alike; their body stays where it would not. */
function errorReply(
  told: Told,
  { recording, asked }: ReplyPlan,
  dialect: Dialect,
  options: ExportOptions,
): { reply: unknown } | undefined {
  const read = told.events.find(({ event }) => event.type === 'error')?.event
  if (!told.status || told.status < 400 || read?.type !== 'error') return undefined
  if (recording.ending !== 'end' || told.isStream) return undefined
  const seconds = Number(header(told.headers, 'retry-after') ?? Number.NaN)
  const error = {
    ...read.error,
    ...(Number.isInteger(seconds) && seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}),
  }
  const made = dialect.error(error, asked.http)
  if (made.status !== told.status || !isSameType(made.headers, told.headers)) return undefined
  const names = new Set(made.headers.map(([name]) => name.toLowerCase()))
  const own = told.headers.filter(([name]) => !madeAnew.test(name))
  const more = own.filter(([name]) => !names.has(name.toLowerCase()))
  if (own.some((taped) => isOther(taped, made.headers))) {
    options.lose('response headers which the dialect sends with values of its own')
  }
  return { reply: { error: writtenError({ ...error, headers: more }) } }
}

/** Ids are made anew with every answer. */
const madeAnew = /^(?:content-length|content-type|transfer-encoding|connection|date|.*-id)$/i

const isOther = ([name, value]: readonly [string, string], headers: Headers): boolean =>
  (header(headers, name) ?? value) !== value

const isSameType = (a: Headers, b: Headers): boolean => essence(a) === essence(b)

const essence = (headers: Headers): string =>
  header(headers, 'content-type')?.split(';')[0]?.trim().toLowerCase() ?? ''

const highestStatus = 599

function httpReply(recording: Recording, options: ExportOptions): WrittenReply | undefined {
  const parts: Uint8Array[] = []
  let head: { status: number; headers: Headers; atMs: number } | undefined
  for (const step of recording.timeline()) {
    if (step.do === 'head') head = step
    if (step.do === 'write') parts.push(step.bytes)
  }
  if (!head || head.status > highestStatus) return undefined
  if (parts.length > 1) options.lose('chunks and their times where a body is sent as it was')
  const { status, headers, atMs } = head
  const bytes = joinBytes(parts)
  const length = String(bytes.length)
  const kept = headers.filter(
    ([name, value]) =>
      !/^(?:transfer-encoding|connection)$/i.test(name) &&
      !(/^content-length$/i.test(name) && value === length),
  )
  const reply: Fields = {
    status,
    ...(kept.length === 0 ? {} : { headers: headersOf(kept) }),
    ...bodyOf(bytes),
  }
  return { reply, ...timedFaults(recording, atMs, options, bytes.length) }
}

/** As data where that is written back as it was. */
function bodyOf(bytes: Uint8Array): Fields {
  if (bytes.length === 0) return {}
  const text = wholeText(bytes)
  if (text === undefined) return { base64: Buffer.from(bytes).toString('base64') }
  try {
    const value: unknown = JSON.parse(text)
    const isTree = typeof value === 'object' && value !== null
    return { body: isTree && JSON.stringify(value) === text ? value : text }
  } catch {
    return { body: text }
  }
}

/** Only a script has times and endings of its own; other replies have them by faults. */
function timedFaults(
  recording: Recording,
  headMs: number,
  { timing }: ExportOptions,
  bytes = 0,
): { faults?: readonly Fields[] } {
  const ending = endingOf(recording)
  const isTimed = timing !== 'none' && hasTimes(recording) && headMs > 0
  const faults = [
    ...(isTimed ? [{ delay: durationOf(headMs) }] : []),
    ...(ending === 'end' ? [] : [{ [ending]: { at: { byte: bytes } } }]),
  ]
  return faults.length === 0 ? {} : { faults }
}
