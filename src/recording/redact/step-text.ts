/** The bytes of a chunk as a text, one character a byte, for all who look at it one after another. */
import { viewOf } from '../../core/bytes.ts'
import type { WriteStep } from '../../core/timeline.ts'

let lastStep: WriteStep | undefined
let lastText = ''

/** A chunk is looked at three times before the next one comes, and its bytes stay as they are. */
export function textOfStep(step: WriteStep): string {
  if (step !== lastStep) {
    lastText = viewOf(step.bytes).toString('latin1')
    lastStep = step
  }
  return lastText
}
