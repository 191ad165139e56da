/**
 * All who are let in or wait, of one process or of many: the steps that limits are made of, in
 * plain data. Must never wait for anything but a place.
 */
import type { Clock } from '../../core/clock.ts'
import { Doorway } from './doorway.ts'
import type { Admitted, EnterAsk, LeaveAsk } from './steps.ts'
import { MemoryLimits, type Taken } from './store.ts'

export class Hall {
  readonly #clock: Clock
  readonly #store = new MemoryLimits()
  readonly #doorway: Doorway
  /** Sessions by ticket. What came in before a reset is not counted after it. */
  readonly #inside = new Map<string, string>()
  /** What is to be done where one who waits has gone. */
  readonly #leaving = new Map<string, () => void>()
  /** Who may have to wait, and whether they have gone before they did. */
  readonly #coming = new Map<string, { gone: boolean }>()

  constructor(clock: Clock) {
    this.#clock = clock
    this.#doorway = new Doorway(this.#store, clock)
  }

  async enter({ ticket, asks }: EnterAsk): Promise<Admitted> {
    const coming = { gone: false }
    this.#coming.set(ticket, coming)
    const onLeave = (run: () => void): (() => void) => {
      this.#leaving.set(ticket, run)
      if (coming.gone) queueMicrotask(run)
      return () => this.#leaving.delete(ticket)
    }
    const admitted = await this.#doorway.admit({ ticket, asks, onLeave })
    this.#coming.delete(ticket)
    if (!admitted.refused && !admitted.left) this.#inside.set(ticket, asks[0]?.session ?? '')
    return { ...plain(admitted, asks), ...(admitted.left ? { left: true } : {}) }
  }

  stopWaiting(ticket: string): void {
    const coming = this.#coming.get(ticket)
    if (coming) coming.gone = true
    this.#leaving.get(ticket)?.()
  }

  async undo({ ticket, asks }: EnterAsk): Promise<void> {
    if (this.#inside.has(ticket)) await this.#store.giveBack(ticket, asks)
  }

  async leave({ ticket, asks, said }: LeaveAsk): Promise<void> {
    if (this.#inside.delete(ticket) && said.length > 0) {
      await this.#store.charge(ticket, said, this.#clock.now())
    }
    await this.#doorway.leave(ticket, asks)
  }

  /** Forgets what was counted in one session or in all; what is under way has no place any more. */
  async reset(session?: string): Promise<void> {
    for (const [ticket, of] of this.#inside) {
      if (session === undefined || of === session) this.#inside.delete(ticket)
    }
    await this.#store.reset(session)
    this.#doorway.serveAll()
  }
}

function plain({ told, refused }: Taken, asks: EnterAsk['asks']): Admitted {
  const figures = told.map(({ remaining, resetMs }) => ({ remaining, resetMs }))
  if (!refused) return { told: figures }
  const at = asks.findIndex(({ key }) => key === refused.ask.key)
  const { waitMs } = refused
  return { told: figures, refused: { at, ...(waitMs === undefined ? {} : { waitMs }) } }
}
