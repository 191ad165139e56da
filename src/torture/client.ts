/** Whoever is put to the test: told where to ask, it asks, prints, and ends. */
import { messageOf } from '../core/errors.ts'
import type { Environment } from './environment.ts'
import type { Finished } from './seen.ts'

/**
 * Resolves when the client is over, however that came. `stop` asks it to end at once; it rejects only
 * where it could not be started at all.
 */
export type Client = (told: Environment, stop: AbortSignal) => Promise<Finished>

/** What a function may give back as its output. */
export type ClientFunction = (told: Environment, stop: AbortSignal) => Promise<unknown>

/**
 * A function as a client: what it returns is its output, what it throws is an exit code of 1. One
 * that heeds no `stop` cannot be ended; nobody waits for it then.
 */
export function functionClient(run: ClientFunction): Client {
  return async (told, stop) => {
    const over = new Promise<Finished>((resolve) => {
      const stopped = { ...finished(null, ''), signal: 'SIGTERM' }
      if (stop.aborted) resolve(stopped)
      stop.addEventListener('abort', () => resolve(stopped), { once: true })
    })
    const done = run(told, stop).then(
      (output) => finished(0, typeof output === 'string' ? output : (JSON.stringify(output) ?? '')),
      (error) => ({ ...finished(1, ''), stderr: messageOf(error) }),
    )
    return await Promise.race([done, over])
  }
}

const finished = (exit: number | null, stdout: string): Finished => ({
  exit,
  signal: null,
  stdout,
  stdoutBytes: Buffer.byteLength(stdout),
  stderr: '',
})
