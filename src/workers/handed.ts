/**
 * Connections that were handed to a worker and that it has not confirmed yet. Where it dies at that
 * moment Node forgets them, still open, and their clients would wait without end; closed, they know.
 * The words looked for are those of Node's own cluster between its processes. Must never change them,
 * and where they are others there is nothing to close.
 */

interface Sender extends NodeJS.EventEmitter {
  readonly send?: unknown
}

interface Open {
  close(): void
}

export class Handed {
  /** By the number that its confirmation names. */
  readonly #open = new Map<number, Open>()

  constructor(child: Sender) {
    const { send } = child
    if (typeof send !== 'function') return
    const noting = (...given: unknown[]): unknown => {
      this.#note(given[0], given[1])
      return Reflect.apply(send, child, given)
    }
    Object.defineProperty(child, 'send', { value: noting, configurable: true })
    child.on('internalMessage', (message: unknown) => {
      const confirmed = fieldOf(message, 'ack')
      if (typeof confirmed === 'number') this.#open.delete(confirmed)
    })
  }

  /** To be called when the process is over. */
  closeAll(): void {
    for (const handle of this.#open.values()) handle.close()
    this.#open.clear()
  }

  #note(message: unknown, handle: unknown): void {
    const number = fieldOf(message, 'seq')
    const isConnection = fieldOf(message, 'act') === 'newconn'
    if (isConnection && typeof number === 'number' && isOpen(handle)) this.#open.set(number, handle)
  }
}

const fieldOf = (message: unknown, name: string): unknown =>
  typeof message === 'object' && message !== null ? Reflect.get(message, name) : undefined

const isOpen = (handle: unknown): handle is Open => typeof fieldOf(handle, 'close') === 'function'
