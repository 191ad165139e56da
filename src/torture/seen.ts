/**
 * What one run of the client showed: what it asked for and when, what it printed, and how it ended.
 * Plain data; nothing here runs or judges anything.
 */

/** How a client came to its end. */
export interface Finished {
  /** Null where a signal ended it. */
  readonly exit: number | null
  readonly signal: string | null
  /** The beginning of what it printed, up to a bound. */
  readonly stdout: string
  /** All that it printed, also what is not kept. */
  readonly stdoutBytes: number
  /** The end of what it complained about, up to a bound. */
  readonly stderr: string
}

/** One request of the client, as the server saw it. Times count from the start of the run. */
export interface SeenRequest {
  readonly atMs: number
  readonly method: string
  readonly path: string
  /** The same for requests that ask the same: a retry has that of what it retries. */
  readonly key: string
  readonly rule: string
  readonly status: number | undefined
  /** From its arrival until nothing more happened on its connection. */
  readonly ms: number
  /** How the server's answer ended, or `client-left`. */
  readonly ended: string
  readonly bytes: number
  readonly faults: readonly string[]
  /** What `retry-after` told the client to wait; undefined where it told nothing. */
  readonly toldMs: number | undefined
  /** Why nothing answered it. */
  readonly error: string | undefined
}

export interface Seen extends Finished {
  /** From the start of the client to its end. */
  readonly ms: number
  readonly requests: readonly SeenRequest[]
  /** It had to be stopped: it was not done in time, or asked without end. */
  readonly stopped: 'limit' | 'storm' | undefined
}

export interface Pause {
  readonly ms: number
  /** It is no shorter than the server asked for. */
  readonly heeded: boolean | undefined
}

/** The silence between the end of an answer and the same question again, one for each retry. */
export function pausesOf(requests: readonly SeenRequest[]): readonly Pause[] {
  const last = new Map<string, SeenRequest>()
  const pauses: Pause[] = []
  for (const request of requests) {
    const before = last.get(request.key)
    last.set(request.key, request)
    if (!before) continue
    const ms = Math.max(0, request.atMs - before.atMs - before.ms)
    const { toldMs } = before
    // A timer may ring a little early, and a clock be read a little late.
    pauses.push({ ms, heeded: toldMs === undefined ? undefined : ms >= toldMs * 0.9 - 5 })
  }
  return pauses
}
