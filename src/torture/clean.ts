/**
 * The runs that nothing is broken in: what all others are compared with, and what they break. A
 * client that fails already here is told so, with all that is known of why.
 */
import { StuntdoubleError } from '../core/errors.ts'
import { isLive } from '../core/timeline.ts'
import { plainDialect, plainRequest } from '../server/plain.ts'
import type { Begun } from '../server/server-state.ts'
import type { SweptReply } from '../sweep/reply.ts'
import { seededRandom } from '../time/random.ts'
import { addressNames } from './environment.ts'
import { type Comparing, comparing } from './output.ts'
import { type Run, runClient } from './run.ts'
import type { Seen } from './seen.ts'
import type { TortureSettings } from './settings.ts'
import type { Stand } from './stand.ts'
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
    reply: replyUnderTest(first.exchanges, settings.seed),
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
  const problem = problemOf(run.seen)
  if (problem !== undefined) throw new StuntdoubleError('not-possible', problem)
  return run
}

/** Why nothing can be learned from this client, or undefined where it did what it should. */
function problemOf(seen: Seen): string | undefined {
  const missed = seen.requests.find(({ error }) => error !== undefined)
  if (seen.stopped || seen.exit !== 0) {
    const how = seen.stopped ? `was not done after ${seconds(seen.ms)}` : endOf(seen)
    const why = missed ? `\n${missed.method} ${missed.path}: ${missed.error}` : ''
    const asked = seen.requests.length === 0 ? `\n${howToAsk}` : ''
    return `the clean run failed: the command ${how}${why}${asked}${printed(seen)}`
  }
  if (seen.requests.length === 0) {
    return `the command never asked the server. ${howToAsk}${printed(seen)}`
  }
  if (missed) {
    return `the clean run is not clean: ${missed.method} ${missed.path}: ${missed.error}${printed(seen)}`
  }
  return undefined
}

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
function replyUnderTest(exchanges: readonly Begun[], seed: number | undefined): SweptReply {
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
