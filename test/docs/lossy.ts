/** Chunks that get lost on the way, some of them, from a place on. */
import { z } from 'zod'
import type { Step } from '../../src/core/timeline.ts'
import type { FaultKind, Reached } from '../../src/faults/fault.ts'
import { type Aftermath, fromPlace } from '../../src/faults/from-place.ts'
import { strict } from '../../src/faults/options.ts'
import { type Place, place } from '../../src/faults/place.ts'
import { scannerFor } from '../../src/faults/places.ts'

interface LossyOptions {
  readonly at: Place
  readonly share: number
}

export const lossy: FaultKind<LossyOptions> = {
  name: 'lossy',
  summary: 'Loses a share of the chunks from the place on.',
  schema: strict(
    {
      at: place,
      share: z
        .number({ error: 'must be a number from 0 to 1' })
        .min(0, { error: 'must be at least 0' })
        .max(1, { error: 'must be at most 1' })
        .default(0.5)
        .describe('The share of chunks that is lost; half of them unless said.'),
    },
    'lossy',
  ),
  create({ at, share }, context) {
    const report = (reached: Reached) => context.onAct?.('lossy', reached)
    const draws = context.random.fork('losses')
    const isLost = () => draws.next() < share
    return fromPlace(scannerFor(at, context), losing(isLost, report))
  },
}

function losing(isLost: () => boolean, report: (at: Reached) => void): Aftermath {
  return {
    reach(at): Step[] {
      report(at)
      return []
    },
    push(step): Step[] {
      return step.do === 'write' && isLost() ? [] : [step]
    },
    end: () => [],
  }
}
