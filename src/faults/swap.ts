/** Two frames in the wrong order: what TCP never does, and a gateway with two workers may. */
import type { Frame, Framing } from '../core/frame.ts'
import type { Step } from '../core/timeline.ts'
import type { FaultKind } from './fault.ts'
import { strict } from './options.ts'
import { type Place, place } from './place.ts'
import { type FrameTreatment, HeldBack, onWholeFrames, type Tell } from './whole-frames.ts'

interface SwapOptions {
  readonly at: Place
}

export const swap: FaultKind<SwapOptions> = {
  name: 'swap',
  summary: 'Sends a frame after the one that follows it; both come when the second is whole.',
  schema: strict(
    { at: place.describe('The first frame that begins at or after this place is sent second.') },
    'swap',
  ),
  create: ({ at }, context) =>
    onWholeFrames({ name: 'swap', at }, context, (tell) =>
      swapping(tell, () => context.stream.framing),
    ),
}

function swapping(tell: Tell, framing: () => Framing): FrameTreatment {
  const held = new HeldBack()
  let first: Frame | undefined
  let isOver = false
  return {
    get isOver() {
      return isOver
    },
    pass: (step) => held.pass(step),
    idle: (step) => held.idle(step),
    complete(frame, atMs): Step[] {
      if (!first) {
        first = frame
        return []
      }
      isOver = true
      const swapped = inOrder(first, frame, framing())
      if (!swapped) return held.release()
      tell(atMs)
      const besides = held.discard(atMs)
      return [...besides, ...swapped.map((bytes): Step => ({ atMs, do: 'write', bytes }))]
    },
    unfinished: () => held.release(),
  }
}

/** Elements of an array change places, and the bracket and the comma before them do not. */
function inOrder(first: Frame, second: Frame, framing: Framing): Uint8Array[] | undefined {
  if (framing.name !== 'json-array') return [second.bytes, first.bytes]
  if (first.data === undefined || second.data === undefined) return undefined
  const swapped = [framing.withData(first, second.data), framing.withData(second, first.data)]
  const whole = swapped.flatMap((bytes) => (bytes ? [bytes] : []))
  return whole.length === 2 ? whole : undefined
}
