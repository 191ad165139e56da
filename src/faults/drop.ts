/** Frames that never arrive. */
import { wholeFramesFault } from './whole-frames.ts'

export const drop = wholeFramesFault(
  'drop',
  'Leaves whole frames out; what comes after them follows at its own time.',
  (count, tell) => {
    let left = count
    return {
      get isOver() {
        return left === 0
      },
      pass({ atMs }) {
        tell(atMs)
        return []
      },
      complete() {
        left--
        return []
      },
    }
  },
)
