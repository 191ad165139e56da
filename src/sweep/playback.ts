/**
 * One playing of a timeline to one reader, on a virtual clock: the reader asks for the next thing, and
 * time passes until it is there. What HTTP would make of a body that is not what it says is made here
 * as well; of frames and vendors it knows nothing.
 */
import { StuntdoubleError } from '../core/errors.ts'
import { type Headers, header } from '../core/http.ts'
import type { EndStep, Step, Timeline } from '../core/timeline.ts'
import { completeHead } from '../server/wire/head.ts'
import type { Waiting } from '../time/waiting.ts'
import { connectionReset, lengthMismatch, notHttp, otherSideClosed } from './fetch-errors.ts'

export interface PlayedHead {
  readonly status: number
  readonly headers: Headers
}

/** What a reader gets: an `Error` is how the connection broke. */
export type Played = PlayedHead | Uint8Array | Error | 'end'

export interface PlaybackOptions {
  readonly waiting: Waiting
  readonly startedMs: number
  /** A fault may have changed the length of a body: none is declared then. */
  readonly lengthMayChange: boolean
  /** Nothing will come, and no alarm is set that could change it. */
  readonly onStill: () => void
}

export class Playback {
  readonly #steps: Iterator<Step>
  readonly #options: PlaybackOptions
  /** Bytes that the head has declared and that have not come; undefined where it declares none. */
  #owedBytes: number | undefined
  /** A server that declares a wrong length says beforehand that it will close the connection. */
  #isLast = false
  /** What was read with something before it. */
  #due: Played | undefined
  #stop: (() => void) | undefined
  #isStopped = false

  constructor(timeline: Timeline, options: PlaybackOptions) {
    this.#steps = timeline[Symbol.iterator]()
    this.#options = options
  }

  /** Stays pending where nothing more comes, and after `stop`. */
  async next(): Promise<Played> {
    for (;;) {
      const due = this.#due
      this.#due = undefined
      if (due !== undefined) return due
      const next = this.#steps.next()
      const step: Step = next.done ? { atMs: 0, do: 'end' } : next.value
      if (step.do !== 'hang') await this.#until(step.atMs)
      if (this.#isStopped) return await new Promise(() => {})
      const played = step.do === 'hang' ? await this.#silence() : this.#play(step)
      if (played !== undefined) return played
    }
  }

  /** The reader is gone: no time passes for it any more. */
  stop(): void {
    this.#isStopped = true
    this.#stop?.()
  }

  async #until(atMs: number): Promise<void> {
    const { waiting, startedMs } = this.#options
    const { reached, cancel } = waiting.until(startedMs + atMs)
    this.#stop = cancel
    await reached
  }

  #silence(): Promise<never> {
    return new Promise(() => {
      const { cancel } = this.#options.waiting.forever(this.#options.onStill)
      this.#stop = cancel
    })
  }

  #play(step: Step): Played | undefined {
    if (step.do === 'head') {
      const { lengthMayChange } = this.#options
      const { headers } = completeHead(step, { extraHeaders: [], lengthMayChange })
      const length = header(headers, 'content-length')
      this.#isLast = step.declaredBytes !== undefined
      this.#owedBytes = length === undefined ? undefined : Number(length)
      return { status: step.status, headers }
    }
    if (step.do === 'write') return this.#written(step.bytes)
    return this.#ended(step)
  }

  #written(bytes: Uint8Array): Played | undefined {
    if (bytes.length === 0) return undefined
    if (this.#owedBytes === undefined) return bytes
    // What comes beyond the length that was declared is no longer this body.
    const own = bytes.subarray(0, this.#owedBytes)
    this.#owedBytes -= own.length
    if (this.#owedBytes === 0) this.#due = 'end'
    return own.length === 0 ? undefined : own
  }

  #ended({ do: ending, raw }: EndStep): Played {
    if (raw) return this.#raw(raw)
    if (ending === 'end' && !this.#owedBytes) return 'end'
    // To Node, the end of such a connection is the end of the body, which is then too short.
    if (ending === 'end') return this.#isLast ? lengthMismatch() : otherSideClosed()
    if (ending === 'reset') return connectionReset()
    if (ending === 'close') return otherSideClosed()
    throw new StuntdoubleError('internal', `nobody knows how to play ${ending}`)
  }

  /** Bytes where a chunk is due: the beginning of one that is never whole, or no chunk at all. */
  #raw(raw: Uint8Array): Played {
    const lineEnd = raw.indexOf(10)
    const line = Buffer.from(raw.subarray(0, Math.max(0, lineEnd))).toString('latin1')
    if (!/^[0-9a-f]+\r$/i.test(line)) return notHttp()
    const begun = raw.subarray(lineEnd + 1)
    if (begun.length === 0) return otherSideClosed()
    this.#due = otherSideClosed()
    return begun
  }
}
