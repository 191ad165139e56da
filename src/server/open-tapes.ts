/**
 * The tapes that are being written: what the journal says of each, and when all are closed. A tape
 * may outlive the client's stream, which a fault of ours has ended.
 */
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

/** A tape that is stopped early is to end where it stands, whatever the relay makes of it. */
export interface WatchedTape {
  readonly tape: Tape
  readonly state: TapeState
  cutOff(): void
  /** Resolves when its file is closed and whoever waited for it knows. */
  readonly closed: Promise<void>
}

/** For an exchange that is not taped: all the same the relay says how it went. */
export const noTape: Tape = {
  path: '',
  write: () => undefined,
  end: () => Promise.resolve(),
  abandon: () => Promise.resolve(),
  fail: () => Promise.resolve(),
}

export class OpenTapes {
  readonly #closing = new Set<Promise<void>>()
  readonly #onClosed: (state: TapeState) => void

  /** @param onClosed told of each, once its file is closed */
  constructor(onClosed: (state: TapeState) => void = () => {}) {
    this.#onClosed = onClosed
  }

  /** @param onClosed once its file is closed */
  watch(tape: Tape, onClosed: (state: TapeState) => void = () => {}): WatchedTape {
    const state: TapeState = { path: tape.path, ended: 'open' }
    let isCut = false
    let report: () => void = () => {}
    const closed = new Promise<void>((resolve) => {
      report = resolve
    })
    this.#closing.add(closed)
    const over = async (ended: TapeState['ended'], close: () => Promise<void>): Promise<void> => {
      await close()
      if (state.ended !== 'open') return
      state.ended = ended
      try {
        onClosed(state)
        this.#onClosed(state)
      } finally {
        this.#closing.delete(closed)
        report()
      }
    }
    const abandon = (): Promise<void> => over('cut-off', () => tape.abandon())
    return {
      state,
      closed,
      cutOff: () => {
        isCut = true
      },
      tape: {
        path: tape.path,
        write: (...steps) => tape.write(...steps),
        abandon,
        end: (ending, atMs) => (isCut ? abandon() : over(ending, () => tape.end(ending, atMs))),
        fail: (reason, atMs) => {
          state.why ??= reason
          return over('unreached', () => tape.fail(reason, atMs))
        },
      },
    }
  }

  /** Resolves when every tape that is being written now is closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#closing)
  }
}
