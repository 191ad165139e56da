/** A channel between two ends in this process. What passes is JSON, as between processes. */

import type { Clock } from '../../../src/core/clock.ts'
import { RemoteState } from '../../../src/server/shared/remote-state.ts'
import { SharedMemory } from '../../../src/server/shared/shared-memory.ts'
import type { StateChannel, StateMessage } from '../../../src/server/shared/state-channel.ts'
import { StateHost } from '../../../src/server/shared/state-host.ts'

class End implements StateChannel {
  other: End | undefined
  sent = 0
  #hear: (message: StateMessage) => void = () => {}

  send(message: StateMessage): void {
    this.sent += 1
    const text = JSON.stringify(message)
    queueMicrotask(() => this.other?.receive(JSON.parse(text)))
  }

  receive(message: StateMessage): void {
    this.#hear(message)
  }

  onMessage(hear: (message: StateMessage) => void): void {
    this.#hear = hear
  }
}

interface Worker {
  readonly state: RemoteState
  /** How many messages it has sent. */
  sent(): number
  /** As when its process dies. */
  die(): void
}

/** So many clients of one memory. */
export function workersOf(
  count: number,
  clock: Clock,
): { readonly workers: readonly Worker[]; readonly memory: SharedMemory } {
  const memory = new SharedMemory(clock)
  const host = new StateHost(memory)
  const workers = Array.from({ length: count }, (): Worker => {
    const [here, there] = [new End(), new End()]
    here.other = there
    there.other = here
    const gone = host.serve(there)
    return { state: new RemoteState(here), sent: () => here.sent, die: gone }
  })
  return { workers, memory }
}
