/**
 * Numbers of exchanges where several workers give them: microseconds since the server started, so that
 * those of all workers ascend as the exchanges came, and none is given twice. Counting by turns would
 * not do: who asks for those since the last number that is known would miss what a less busy worker
 * numbers below it.
 */
import type { Clock } from '../../core/clock.ts'
import type { WorkerPlace } from './peers.ts'

export function ascendingIds({ number, of, startedMs }: WorkerPlace, clock: Clock): () => number {
  let last = 0
  return () => {
    last = Math.max(last + 1, Math.floor((clock.now() - startedMs) * 1000))
    return last * of + number - 1
  }
}
