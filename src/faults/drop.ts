/** Frames that never arrive. */
import { wholeFramesFault } from './whole-frames.ts'

export const drop = wholeFramesFault(
  'drop',
  'Leaves whole frames out; what comes after them follows at its own time.',
  {
    actsWith: 'byte',
    pass: () => [],
    complete: () => [],
  },
)
