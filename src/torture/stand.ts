/**
 * The server of one run: what it plays is composed once, and each run gets a server of its own, so
 * that every request is known to be of this run and of no other.
 */
import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { type HttpRequest, header } from '../core/http.ts'
import type { Pacing, ReplayPace } from '../core/pacing.ts'
import { type HeadStep, isLive, type LiveTimeline, type Timeline } from '../core/timeline.ts'
import type { FaultSpec } from '../faults/fault.ts'
import type { Reply, Scenario } from '../scenario/scenario.ts'
import { silentLog } from '../server/log.ts'
import { createStuntdouble } from '../server/server.ts'
import type { Begun } from '../server/server-state.ts'
import { compose, type Sources } from '../server/stage/compose.ts'
import type { Stage } from '../server/stage/stage.ts'
import type { SeenRequest } from './seen.ts'

/** A stage that one run after the other stands on; never two at a time. */
export interface Stand {
  open(faults: readonly FaultSpec[], seed: number, onRequest: () => void): Promise<Standing>
}

interface Standing extends AsyncDisposable {
  readonly base: string
  /** Exchanges as they began, oldest first. */
  readonly exchanges: readonly Begun[]
  /**
   * @param startedMs when the run began, on the clock's scale
   * @param head what a fault puts in place of an answer's own, where one does
   */
  requests(startedMs: number, head?: HeadStep): Promise<SeenRequest[]>
}

/** Quick, and slow enough for a client to read each chunk on its own. */
const quick: Pacing = { head: { fixed: 0 }, ttft: { fixed: 5 }, itl: { fixed: 3 } }

export type TorturePace = 'quick' | 'own'

export async function openStand(sources: Sources, pace: TorturePace, clock: Clock): Promise<Stand> {
  const { stage: composed } = await compose(sources, clock)
  const stage = pace === 'quick' ? hurried(composed) : composed
  return {
    async open(faults, faultSeed, onRequest) {
      const all = [...(stage.faults ?? []), ...faults]
      return await standOn({ ...stage, faults: all, faultSeed }, clock, onRequest)
    },
  }
}

async function standOn(stage: Stage, clock: Clock, onRequest: () => void): Promise<Standing> {
  const exchanges: Begun[] = []
  const server = createStuntdouble(stage, {
    clock,
    log: silentLog,
    journalLimit: 1,
    onExchange: (begun) => {
      exchanges.push(begun)
      onRequest()
    },
  })
  const port = await server.listen(0, '127.0.0.1')
  return {
    base: `http://127.0.0.1:${port}`,
    exchanges,
    async requests(startedMs, head) {
      await concluded(exchanges, clock)
      return exchanges.map((begun) => seenFrom(begun, startedMs, head))
    },
    [Symbol.asyncDispose]: () => server.close(),
  }
}

/** A client that is over has closed its sockets; the news of it needs a moment. */
async function concluded(exchanges: readonly Begun[], clock: Clock): Promise<void> {
  const lastMs = clock.now() + 100
  const isOpen = ({ record }: Begun): boolean => record.ended === 'open'
  while (exchanges.some(isOpen) && clock.now() < lastMs) {
    await new Promise<void>((resolve) => clock.at(clock.now() + 2, resolve))
  }
}

function seenFrom(
  { http, arrivedMs, answer, record }: Begun,
  startedMs: number,
  planned: HeadStep | undefined,
): SeenRequest {
  const own = headOf(answer.timeline)
  const head = record.status === own?.status ? own : planned
  return {
    atMs: arrivedMs - startedMs,
    method: record.method,
    path: record.path,
    key: keyOf(http),
    rule: record.rule,
    status: record.status,
    ms: record.durationMs,
    ended: record.ended,
    bytes: record.bytes,
    faults: record.faults.map(({ kind }) => kind),
    toldMs: head && record.status === head.status ? toldBy(head) : undefined,
    error: answer.ours?.why ?? record.error,
  }
}

/** What was asked, and by what; headers of retries may say that they are some. */
function keyOf({ method, path, body }: HttpRequest): string {
  const digest = createHash('sha256').update(body).digest('hex').slice(0, 16)
  return `${method} ${path} ${digest}`
}

/** In seconds, as services write it; a date is not read. */
function toldBy({ headers }: HeadStep): number | undefined {
  const seconds = Number(header(headers, 'retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) ? seconds * 1000 : undefined
}

/** Of a finite timeline, which can be looked at before it is played and after. */
export function headOf(timeline: Timeline | LiveTimeline): HeadStep | undefined {
  if (isLive(timeline)) return undefined
  for (const step of timeline) if (step.do === 'head') return step
  return undefined
}

/** Waits that a script asks for stay: they are what it says. */
function hurried(stage: Stage): Stage {
  const scenarios = stage.scenarios.map(
    (scenario): Scenario => ({
      ...scenario,
      pacing: quick,
      rules: scenario.rules.map((rule) => ({
        ...rule,
        pacing: undefined,
        reply: hurriedReply(rule.reply),
      })),
    }),
  )
  const pace: ReplayPace = quick
  const replay = stage.replay && { ...stage.replay, pace }
  return { ...stage, scenarios, ...(replay ? { replay } : {}) }
}

const hurriedReply = (reply: Reply): Reply =>
  reply.kind === 'recording' || reply.kind === 'replay' ? { ...reply, pacing: quick } : reply
