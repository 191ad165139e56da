/** One run: a server that breaks every answer alike, a client, and what was seen of it. */
import type { Clock } from '../core/clock.ts'
import type { HeadStep } from '../core/timeline.ts'
import type { FaultSpec } from '../faults/fault.ts'
import type { Begun } from '../server/server-state.ts'
import type { Client } from './client.ts'
import { environmentFor } from './environment.ts'
import type { Seen } from './seen.ts'
import type { Stand } from './stand.ts'
import { tooManyRetries } from './storm.ts'

export interface RunPlan {
  readonly faults: readonly FaultSpec[]
  readonly seed: number
  /** The head that the faults put in place of the answer's own. */
  readonly head?: HeadStep | undefined
}

export interface RunSettings {
  readonly client: Client
  readonly clock: Clock
  /** How long the client may take before it is stopped. */
  readonly limitMs: number
  /** Requests of the clean run; unknown while that is being made. */
  readonly cleanRequests: number
  /** The environment that the client would have without us. */
  readonly env: Readonly<NodeJS.ProcessEnv>
  /** Stops the run; what was seen until then is given back. */
  readonly signal: AbortSignal
}

export interface Run {
  readonly seen: Seen
  readonly exchanges: readonly Begun[]
}

export async function runClient(
  stand: Stand,
  plan: RunPlan,
  { client, clock, limitMs, cleanRequests, env, signal }: RunSettings,
): Promise<Run> {
  const stopper = new AbortController()
  let stopped: Seen['stopped']
  const stopFor = (why: Seen['stopped']): void => {
    stopped ??= why
    stopper.abort()
  }
  // Twice as many as are too many say it as clearly as a thousand would.
  const most = (2 * tooManyRetries + 1) * Math.max(1, cleanRequests)
  let asked = 0
  const onRequest = (): void => {
    asked += 1
    if (asked > most) stopFor('storm')
  }
  await using standing = await stand.open(plan.faults, plan.seed, onRequest)
  const onAbort = (): void => stopper.abort()
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  const startedMs = clock.now()
  const limit = clock.at(startedMs + limitMs, () => stopFor('limit'))
  try {
    const finished = await client(environmentFor(standing.base, env), stopper.signal)
    const ms = clock.now() - startedMs
    const requests = await standing.requests(startedMs, plan.head)
    return { seen: { ...finished, ms, requests, stopped }, exchanges: standing.exchanges }
  } finally {
    limit.cancel()
    signal.removeEventListener('abort', onAbort)
  }
}
