/**
 * Waits until exchanges have come so far: asked, answered, broken, left, ended. What has happened by
 * the time of the question counts, so that nobody can ask too late.
 */
import type { Alarm } from '../../core/clock.ts'
import { StuntdoubleError } from '../../core/errors.ts'
import { soon } from '../../core/soon.ts'
import type { JournalEntry } from '../journal.ts'
import { journalOf } from '../peers/gather.ts'
import type { WaitPart } from '../peers/peers.ts'
import type { ServerState } from '../server-state.ts'
import { writtenPlace } from './streams-place.ts'
import { readWait, type Wait } from './wait-options.ts'
import { Watch } from './watch.ts'

export { type WaitOptions, waitedFor, waitedKinds } from './wait-options.ts'

/** What was waited for has not come in time. */
export class WaitTimeout extends StuntdoubleError {
  /** The exchanges of which it was true by then. */
  readonly seen: readonly JournalEntry[]

  constructor(message: string, seen: readonly JournalEntry[]) {
    super('timeout', message)
    this.seen = seen
  }
}

/** The exchanges of which it is true, oldest first. Throws a `WaitTimeout`. */
export function waitFor(
  written: unknown,
  server: ServerState,
  onCancel: (cancel: () => void) => void = () => {},
): Promise<readonly JournalEntry[]> {
  return new Promise((resolve, reject) => {
    const waiting = new Waiting({ written, wait: readWait(written) }, server, { resolve, reject })
    onCancel(() => waiting.stop())
    waiting.begin()
  })
}

interface Settle {
  resolve(entries: readonly JournalEntry[]): void
  reject(error: unknown): void
}

interface WaitedFor {
  readonly written: unknown
  readonly wait: Wait
}

class Waiting {
  readonly #written: unknown
  readonly #wait: Wait
  readonly #server: ServerState
  readonly #settle: Settle
  readonly #watch: Watch
  /** How far it is elsewhere, by worker; undefined until all have said it. */
  #elsewhere: Map<number, WaitPart> | undefined
  #alarm: Alarm | undefined
  #unlisten: () => void = () => {}
  #isOver = false

  constructor({ written, wait }: WaitedFor, server: ServerState, settle: Settle) {
    this.#written = written
    this.#wait = wait
    this.#server = server
    this.#settle = settle
    this.#watch = new Watch(wait, server)
    if (!server.peers.place) this.#elsewhere = new Map()
  }

  begin(): void {
    if (this.#isEnough) this.#succeed()
    else if (this.#server.draining) this.#release()
    else this.#listen()
  }

  #listen(): void {
    const { clock, peers } = this.#server
    this.#unlisten = this.#watch.listen(
      () => this.#look(),
      () => this.#release(),
    )
    this.#alarm = clock.at(clock.now() + this.#wait.timeoutMs, () => this.#giveUp())
    if (peers.place) this.#follow().catch((error: unknown) => this.#fail(error))
  }

  /** One exchange may be another worker's as well as ours. */
  async #follow(): Promise<void> {
    const elsewhere = new Map<number, WaitPart>()
    const unfollow = await this.#server.peers.follow('wait', this.#written, {
      hear: (from, part) => {
        elsewhere.set(from, part)
        this.#look()
      },
      lost: (from) => {
        elsewhere.delete(from)
        this.#look()
      },
    })
    const unlisten = this.#unlisten
    this.#unlisten = () => {
      unlisten()
      unfollow()
    }
    if (this.#isOver) unfollow()
    this.#elsewhere = elsewhere
    this.#look()
  }

  /** Nobody wants to know any more. */
  stop(): void {
    this.#isOver = true
    this.#unlisten()
    this.#alarm?.cancel()
  }

  #look(): void {
    if (!this.#isOver && this.#isEnough) this.#succeed()
  }

  get #found(): readonly number[] {
    const elsewhere = [...(this.#elsewhere?.values() ?? [])]
    return [...this.#watch.part.found, ...elsewhere.flatMap(({ found }) => found)]
  }

  get #isEnough(): boolean {
    if (this.#wait.for !== 'idle') return this.#found.length >= this.#wait.count
    // Silence here says nothing of those who have not been heard.
    if (!this.#elsewhere) return false
    return [this.#watch.part, ...this.#elsewhere.values()].every(({ open }) => open === 0)
  }

  #succeed(): void {
    this.stop()
    this.#withEntries((entries) => this.#settle.resolve(entries))
  }

  #giveUp(): void {
    this.stop()
    const message = this.#missing()
    this.#withEntries((seen) => this.#settle.reject(new WaitTimeout(message, seen)))
  }

  #withEntries(use: (entries: readonly JournalEntry[]) => void): void {
    const done = soon(journalOf(this.#server, { ids: this.#found }), use)
    if (done instanceof Promise) done.catch((error: unknown) => this.#settle.reject(error))
  }

  #missing(): string {
    const { for: what, count, at, timeoutMs, session, rule } = this.#wait
    const meant = [
      ...(what === 'written' ? [`at ${writtenPlace(at)}`] : []),
      ...(session === undefined ? [] : [`session ${session}`]),
      ...(rule === undefined ? [] : [`rule ${rule}`]),
    ]
    const which = [what, ...meant].join(', ')
    if (what === 'idle') return `${which}: ${this.#open} open after ${timeoutMs} ms`
    return `${which}: ${this.#found.length} of ${count} after ${timeoutMs} ms`
  }

  get #open(): number {
    const elsewhere = [...(this.#elsewhere?.values() ?? [])]
    return elsewhere.reduce((sum, { open }) => sum + open, this.#server.streams.all().length)
  }

  #release(): void {
    this.stop()
    const why = 'the server is stopping, so nothing is waited for any more'
    this.#settle.reject(new StuntdoubleError('draining', why))
  }

  #fail(error: unknown): void {
    this.stop()
    this.#settle.reject(error)
  }
}
