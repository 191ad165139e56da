/**
 * What happens to exchanges, told to whoever listens at the moment. Must cost nothing where nobody
 * does, and never change what it tells of.
 */
import type { JournalRecord } from '../journal.ts'

export type Happening = 'request' | 'written' | 'fault' | 'paused' | 'resumed' | 'ended' | 'taped'

type Listener = (what: Happening, record: JournalRecord) => void

interface Listening {
  /** Must not throw. */
  readonly hear: Listener
  /** Called when the server has nothing more to tell. */
  readonly release: () => void
  /** Frames of live streams, too, are counted from their beginning. */
  readonly countsFrames?: boolean
}

export class News {
  readonly #listening = new Set<Listening>()

  get isHeard(): boolean {
    return this.#listening.size > 0
  }

  get countsFrames(): boolean {
    return [...this.#listening].some(({ countsFrames }) => countsFrames === true)
  }

  /** @returns stops listening; `release` is not called then */
  listen(one: Listening): () => void {
    this.#listening.add(one)
    return () => {
      this.#listening.delete(one)
    }
  }

  tell(what: Happening, record: JournalRecord): void {
    for (const { hear } of this.#listening) hear(what, record)
  }

  /** The server is about to stop. */
  end(): void {
    const all = [...this.#listening]
    this.#listening.clear()
    for (const { release } of all) release()
  }
}
