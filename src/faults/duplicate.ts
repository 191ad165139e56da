/** Frames that arrive twice. */
import { wholeFramesFault } from './whole-frames.ts'

export const duplicate = wholeFramesFault(
  'duplicate',
  'Sends whole frames twice: each is followed at once by its copy, in a chunk of its own.',
  {
    actsWith: 'frame',
    pass: (step) => [step],
    complete: (bytes, atMs) => [{ atMs, do: 'write', bytes }],
  },
)
