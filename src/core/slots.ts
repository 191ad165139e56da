/**
 * Things that come and go all the time. A `Set` would do but for V8's tables: a full one is replaced
 * and goes on pointing at all that it held, so that what has gone long ago survives with it until
 * the next full collection. With 2,000 replies a second that was half of the time spent on garbage.
 */
export class Slots<T> implements Iterable<T> {
  readonly #items: (T | undefined)[] = []
  readonly #free: number[] = []

  get size(): number {
    return this.#items.length - this.#free.length
  }

  /** Gives the slot that the item is in. */
  put(item: T): number {
    const slot = this.#free.pop() ?? this.#items.length
    this.#items[slot] = item
    return slot
  }

  get(slot: number): T | undefined {
    return this.#items[slot]
  }

  /** To be called once for each `put`. */
  clear(slot: number): void {
    this.#items[slot] = undefined
    this.#free.push(slot)
  }

  /** In no order that means anything. */
  *[Symbol.iterator](): Iterator<T> {
    for (const item of this.#items) if (item !== undefined) yield item
  }
}
