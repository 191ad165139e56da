/**
 * How late the load client itself is at most. A chunk that has arrived in its kernel waits while
 * others are read, which nobody can see; but it cannot have waited longer than the client was busy
 * since it last looked. What the client's own clock shows beyond that is the server's.
 */
import { performance } from 'node:perf_hooks'

const idleMs = () => performance.eventLoopUtilization().idle

export class OwnLag {
  #isReading = false
  /** When the client last came to its sockets, and before that; and how long it had been idle. */
  #nowMs = performance.now()
  #nowIdleMs = idleMs()
  #beforeMs = 0
  #beforeIdleMs = 0

  /** How long what is read at `readMs` may have waited for this process. */
  atMost(readMs) {
    if (!this.#isReading) {
      this.#isReading = true
      this.#beforeMs = this.#nowMs
      this.#beforeIdleMs = this.#nowIdleMs
      this.#nowMs = readMs
      this.#nowIdleMs = idleMs()
      setImmediate(this.#overNow)
    }
    return readMs - this.#beforeMs - (this.#nowIdleMs - this.#beforeIdleMs)
  }

  #overNow = () => {
    this.#isReading = false
  }
}
