/** Who follows what: so that a worker that comes later tells it as well, and one that is gone is missed. */
import type { Seat } from './seat.ts'
import type { Followed } from './terms.ts'

interface Follow {
  readonly by: Seat
  readonly asked: Followed
}

export class Follows {
  readonly #all = new Map<string, Follow>()

  /** What is true at the beginning in each of them. */
  async begin(by: Seat, asked: Followed, others: readonly Seat[]) {
    this.#all.set(asked.key, { by, asked })
    const first = others.map(async (seat): Promise<(readonly [number, unknown])[]> => {
      try {
        return [[seat.number, await seat.line.ask('follow', asked)]]
      } catch (error) {
        // It is gone, and plays nothing that could be followed.
        if (!seat.isReady) return []
        throw error
      }
    })
    return (await Promise.all(first)).flat()
  }

  end(key: string, ready: readonly Seat[]): void {
    const follow = this.#all.get(key)
    this.#all.delete(key)
    for (const seat of ready) if (seat !== follow?.by) seat.line.tell('unfollow', { key })
  }

  heard(from: Seat, key: string, heard: unknown): void {
    this.#all.get(key)?.by.line.tell('heard', { key, from: from.number, heard })
  }

  /** It tells what the others tell already. */
  joined(seat: Seat): void {
    for (const [key, { by, asked }] of this.#all) {
      seat.line.ask('follow', asked).then(
        (heard) => {
          const told = { key, from: seat.number, heard }
          if (heard !== undefined && heard !== null) by.line.tell('heard', told)
        },
        () => undefined,
      )
    }
  }

  left(gone: Seat, ready: readonly Seat[]): void {
    for (const [key, { by }] of [...this.#all]) if (by === gone) this.end(key, ready)
    for (const seat of ready) seat.line.tell('lost', { from: gone.number })
  }
}
