/**
 * The runs that nothing is broken in: what all others are compared with, and what they break. A
 * client that fails already here is told so, with all that is known of why.
 */
import { looseText } from '../core/bytes.ts'
import { StuntdoubleError } from '../core/errors.ts'
import { isLive } from '../core/timeline.ts'
import { plainDialect, plainRequest } from '../server/answers/plain.ts'
import type { Begun } from '../server/server-state.ts'
import type { SweptReply } from '../sweep/reply.ts'
import { seededRandom } from '../time/random.ts'
import { addressNames } from './environment.ts'
import { type Comparing, comparing } from './output.ts'
import { type Run, runClient } from './run.ts'
import type { Seen } from './seen.ts'
import type { TortureSettings } from './settings.ts'
import { headOf, type Stand } from './stand.ts'
import { seconds } from './verdict.ts'

export interface Clean {
  readonly seen: Seen
  readonly comparing: Comparing
  /** What the variants are made of. */
  readonly reply: SweptReply
  /** How long a client may take from now on. */
  readonly limitMs: number
}

/** Nobody knows yet how long the client takes. */
const cleanLimitMs = 60_000
const shortestLimitMs = 10_000

/** Twice, to see whether its output is the same each time. */
export async function cleanRuns(stand: Stand, settings: TortureSettings): Promise<Clean> {
  settings.onProgress({ at: 'clean', run: 1 })
  const first = await runClean(stand, settings)
  settings.onProgress({ at: 'clean', run: 2 })
  const second = await runClean(stand, settings)
  const ms = Math.max(first.seen.ms, second.seen.ms)
  return {
    seen: first.seen,
    comparing: comparing(first.seen.stdout, second.seen.stdout, settings.mask),
    reply: replyUnderTest(first.exchanges, settings),
    limitMs: limitOf(settings.timeoutMs, ms),
  }
}

/** Never so short that the clean run itself might not be done. */
function limitOf(askedMs: number | undefined, cleanMs: number): number {
  if (askedMs !== undefined) return Math.max(askedMs, Math.ceil(2 * cleanMs))
  return Math.max(shortestLimitMs, Math.ceil((4 * cleanMs) / 1000) * 1000)
}

async function runClean(stand: Stand, settings: TortureSettings): Promise<Run> {
  const limitMs = Math.max(settings.timeoutMs ?? 0, cleanLimitMs)
  const endless = { limitMs, cleanRequests: Number.POSITIVE_INFINITY }
  const run = await runClient(stand, { faults: [], seed: 1 }, { ...settings, ...endless })
  if (settings.signal.aborted)
    throw new StuntdoubleError('not-possible', 'stopped in the clean run')
  const problem = problemOf(run.seen, settings.sources.recordings !== undefined)
  if (problem !== undefined) throw new StuntdoubleError('not-possible', problem)
  return run
}

/** Why nothing can be learned from this client, or undefined where it did what it should. */
function problemOf(seen: Seen, isRecorded: boolean): string | undefined {
  const missed = seen.requests.find(({ error }) => error !== undefined)
  const hint = isRecorded ? `\n${howToFit}` : ''
  if (seen.stopped || seen.exit !== 0) {
    const how = seen.stopped ? `was not done after ${seconds(seen.ms)}` : endOf(seen)
    const why = missed ? `\n${missed.method} ${missed.path}: ${missed.error}${hint}` : ''
    const asked = seen.requests.length === 0 ? `\n${howToAsk}` : ''
    return `the clean run failed: the command ${how}${why}${asked}${printed(seen)}`
  }
  if (seen.requests.length === 0) {
    return `the command never asked the server. ${howToAsk}${printed(seen)}`
  }
  if (missed) {
    const why = `${missed.method} ${missed.path}: ${missed.error}${hint}`
    return `the clean run is not clean: ${why}${printed(seen)}`
  }
  return undefined
}

const howToFit = 'What may differ from the recording is named by --ignore PLACE or --volatile KIND.'

const howToAsk = `It must ask the address in its environment: ${addressNames.join(', ')}; or {url} in its arguments.`

const endOf = ({ exit, signal }: Seen): string =>
  signal === null ? `ended with exit code ${exit}` : `was killed by ${signal}`

function printed({ stdout, stderr }: Seen): string {
  const part = (name: string, text: string): string =>
    text.trim() === '' ? '' : `\n--- ${name}\n${lastLines(text)}`
  return part('stdout', stdout) + part('stderr', stderr)
}

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-20).join('\n')

/** The longest that was asked for: of several answers that is the stream. */
function replyUnderTest(
  exchanges: readonly Begun[],
  { seed, allowErrorReply }: TortureSettings,
): SweptReply {
  const [longest] = exchanges
    .filter(({ answer }) => !isLive(answer.timeline))
    .sort((a, b) => b.record.chunks - a.record.chunks || b.record.bytes - a.record.bytes)
  const timeline = longest?.answer.timeline
  if (!longest || !timeline || isLive(timeline)) {
    throw new StuntdoubleError(
      'not-possible',
      'a live service answered; record it, and use the recording',
    )
  }
  const { answer, http } = longest
  if (!allowErrorReply) refuseError(longest)
  const dialect = answer.dialect ?? plainDialect
  const reply = answer.reply ?? {
    request: plainRequest(http, answer.dialect),
    random: seededRandom(`${answer.randomName}/injected`),
    createdMs: 0,
    models: undefined,
  }
  const { rule: name, faults } = answer
  return { name, timeline, dialect, reply, faults, seed: seed ?? answer.seed }
}

/**
 * Whoever is answered by an error that nobody wrote has asked something wrong, and all that could be
 * learned is how it takes errors.
 */
function refuseError({ answer, http }: Begun): void {
  // Faults of the rule are wanted, whatever they make of its answer.
  const { status = 0 } = headOf(answer.timeline) ?? {}
  const kind = answer.ruleHit?.rule.reply.kind
  if (status < 400 || kind === 'error' || kind === 'http') return
  const what = `${http.method} ${http.path} is answered by ${status} (${answer.rule})`
  throw new StuntdoubleError(
    'not-possible',
    `the clean reply is an error: ${what}${bodyWords(answer.timeline)}\nIf that is what you want to put to the test, say --allow-error-reply.`,
  )
}

/** Errors say in their body what was wrong with the question. */
function bodyWords(timeline: Begun['answer']['timeline']): string {
  if (isLive(timeline)) return ''
  const bytes = [...timeline].flatMap((step) => (step.do === 'write' ? [step.bytes] : []))
  const text = looseText(Buffer.concat(bytes)).trim().slice(0, 300)
  return text === '' ? '' : `: ${text}`
}
