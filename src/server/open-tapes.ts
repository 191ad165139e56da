/**
 * The tapes that are being written: what the journal says of each, and when all are closed. A tape
 * may outlive the client's stream, which a fault of ours has ended.
 */
import { Slots } from '../core/slots.ts'
import type { HeadStep, WriteStep } from '../core/timeline.ts'
import type { RecordedEnding } from '../recording/format.ts'
import type { Tape } from '../recording/store.ts'

/** What becomes of a tape; filled in as it goes on. */
export interface TapeState {
  /** Of its file. */
  readonly path: string
  /**
   * How the upstream's answer ended; `open` while it is taped, `cut-off` where taping stopped before
   * the end, `unreached` where there was no answer.
   */
  ended: 'open' | RecordedEnding | 'cut-off' | 'unreached'
  /** Why there was no answer. */
  why?: string
}

/** For an exchange that is not taped: all the same the relay says how it went. */
const noTape: Tape = {
  path: '',
  write: () => undefined,
  end: () => Promise.resolve(),
  abandon: () => Promise.resolve(),
  fail: () => Promise.resolve(),
}

export class OpenTapes {
  readonly #open = new Slots<WatchedTape>()
  readonly #onClosed: (state: TapeState) => void

  /** @param onClosed told of each, once its file is closed */
  constructor(onClosed: (state: TapeState) => void = () => {}) {
    this.#onClosed = onClosed
  }

  /**
   * One that will be opened, for a request that has come.
   *
   * @param onClosed once its file is closed
   */
  expect(onClosed?: (state: TapeState) => void): WatchedTape {
    const slots = this.#open
    const watched = new WatchedTape((state) => {
      slots.clear(slot)
      onClosed?.(state)
      this.#onClosed(state)
    })
    const slot = slots.put(watched)
    return watched
  }

  /** Resolves when every tape that is expected or written now is closed. */
  async closed(): Promise<void> {
    await Promise.all([...this.#open].map(({ closed }) => closed))
  }
}

/** A tape that is stopped early is to end where it stands, whatever the relay makes of it. */
export class WatchedTape implements Tape {
  #state: TapeState = { path: '', ended: 'open' }
  #tape = noTape
  readonly #onClosed: (state: TapeState) => void
  #isCut = false
  #isClosed = false
  /** Made for the first who waits. */
  #closed: Promise<void> | undefined
  #report: (() => void) | undefined

  constructor(onClosed: (state: TapeState) => void) {
    this.#onClosed = onClosed
  }

  /** Where that cannot be done, there is none to wait for, and the error is thrown again. */
  open(open: () => Tape): void {
    try {
      this.#tape = open()
    } catch (error) {
      this.#close('unreached')
      throw error
    }
  }

  /** To be called when its file is open, or could not be created. */
  opened(): TapeState {
    this.#state = { path: this.#tape.path, ended: 'open' }
    return this.#state
  }

  get path(): string {
    return this.#state.path
  }

  /** Resolves when its file is closed and whoever is to know of it does. */
  get closed(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      if (this.#isClosed) resolve()
      else this.#report = resolve
    })
    return this.#closed
  }

  write(...steps: readonly (HeadStep | WriteStep)[]): void {
    this.#tape.write(...steps)
  }

  end(ending: RecordedEnding, atMs: number): Promise<void> {
    return this.#isCut ? this.abandon() : this.#over(ending, this.#tape.end(ending, atMs))
  }

  abandon(): Promise<void> {
    return this.#over('cut-off', this.#tape.abandon())
  }

  fail(reason: string, atMs: number): Promise<void> {
    this.#state.why ??= reason
    return this.#over('unreached', this.#tape.fail(reason, atMs))
  }

  cutOff(): void {
    this.#isCut = true
  }

  async #over(ended: TapeState['ended'], closing: Promise<void>): Promise<void> {
    await closing
    this.#close(ended)
  }

  #close(ended: TapeState['ended']): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#state.ended = ended
    try {
      this.#onClosed(this.#state)
    } finally {
      this.#report?.()
    }
  }
}
