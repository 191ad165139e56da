/** Tells how the far end of a connection has left it. */
import type { Duplex } from 'node:stream'
import type { Broken } from './upstream-transport.ts'

const isResetCode = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'ECONNRESET' || error.code === 'EPIPE')

/**
 * Tells a FIN from a RST, and must listen before anyone else does. A RST that arrives together with
 * data reaches us as a plain end of file, since libuv reads the hang-up and not the error behind
 * it; but the kernel remembers, and refuses the next write. After a FIN that write goes through,
 * for which our own half of the connection must still be open. Under TLS it is the same.
 */
export class Leaving {
  readonly #socket: Duplex
  #how: Promise<Broken> | undefined

  constructor(socket: Duplex) {
    this.#socket = socket
    socket.on('end', this.#end)
    socket.on('error', this.#error)
  }

  /** As soon as it has left, how. */
  get how(): Promise<Broken> | undefined {
    return this.#how
  }

  readonly #end = (): void => {
    this.#how ??= new Promise((resolve) => {
      this.#socket.write('\r\n', (error) => resolve(isResetCode(error) ? 'reset' : 'close'))
    })
  }

  readonly #error = (error: Error): void => {
    // Without a system call it is no word of the far end, but of whoever reads here.
    if ('syscall' in error) this.#how ??= Promise.resolve(isResetCode(error) ? 'reset' : 'close')
  }
}

export const watchLeaving = (socket: Duplex): Leaving => new Leaving(socket)
