/** Frames that arrive twice. */
import type { Frame, Framing } from '../core/frame.ts'
import { wholeFramesFault } from './whole-frames.ts'

export const duplicate = wholeFramesFault(
  'duplicate',
  'Sends whole frames twice: each is followed at once by its copy, in a chunk of its own.',
  (count, tell, { stream }) => {
    let left = count
    return {
      get isOver() {
        return left === 0
      },
      pass: (step) => [step],
      complete(frame, atMs) {
        left--
        tell(atMs)
        return [{ atMs, do: 'write', bytes: copyOf(frame, stream.framing) }]
      },
    }
  },
)

/** An array begins once: the copy of its first element comes behind a comma, too. */
function copyOf({ data, bytes }: Frame, framing: Framing): Uint8Array {
  if (framing.name !== 'json-array' || data === undefined) return bytes
  return framing.encode({ data })?.bytes ?? bytes
}
