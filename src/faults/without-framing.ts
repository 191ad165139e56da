/**
 * Faults that need something of a framing which not every one has. What a stream is framed by is
 * known when its head comes, so that such a fault is refused there, before anything is sent.
 */
import { StuntdoubleError } from '../core/errors.ts'
import type { Framing } from '../core/frame.ts'
import type { Step } from '../core/timeline.ts'
import type { Fault, FaultContext } from './fault.ts'

/** Why the fault cannot act, by the framings for which that is so. */
export type Reasons = Partial<Record<Framing['name'], string>>

export function withoutFraming(fault: Fault, context: FaultContext, reasons: Reasons): Fault {
  return {
    get wakeAtMs() {
      return fault.wakeAtMs
    },
    push(step: Step): Step[] {
      // An answer that is an error already is no stream of that framing.
      const reason = isWell(step) ? reasons[context.stream.framing.name] : undefined
      if (reason !== undefined) throw new StuntdoubleError('not-possible', reason)
      return fault.push(step)
    },
    end: () => fault.end(),
  }
}

const isWell = (step: Step): boolean => step.do === 'head' && step.status < 300
