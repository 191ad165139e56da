/** A turn in which nothing was read takes some microseconds; in a longer one somebody else ran. */
const longestIdleMs = 0.05

/**
 * Keeps this process from sleeping while it waits. To wake a process on another core is an
 * interrupt, which whoever writes to it pays for, and on a virtual machine it costs more than the
 * write: the same reply took 45 or 100 µs of a server's CPU, by how often the client happened to be
 * asleep. A client that is always awake makes the figures those of the server.
 *
 * @param reads how often anything was read so far
 * @returns ends it, and gives for how long nothing was read, in milliseconds
 */
export function stayAwake(reads) {
  let idleMs = 0
  let ended = false
  let before = reads()
  let sinceMs = performance.now()
  const turn = () => {
    const nowMs = performance.now()
    const now = reads()
    if (now === before) idleMs += Math.min(nowMs - sinceMs, longestIdleMs)
    before = now
    sinceMs = nowMs
    if (!ended) setImmediate(turn)
  }
  setImmediate(turn)
  return () => {
    ended = true
    return idleMs
  }
}
