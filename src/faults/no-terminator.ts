/** A stream that ends as if it were whole, but nothing in it says so. */
import type { Step } from '../core/timeline.ts'
import type { FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { strict } from './options.ts'
import { endlessFramings, TerminatorScanner } from './terminator.ts'
import { withoutFraming } from './without-framing.ts'

const name = 'no-terminator'

export const noTerminator: FaultKind<unknown> = {
  name,
  summary: 'Leaves out the last frames, by which a stream says that it is over.',
  schema: strict({}, name, `${name} acts on the end of the stream and takes no place`),
  create(_options, context) {
    const report = (at: Reached) => context.onAct?.(name, at)
    const fault = fromPlace(new TerminatorScanner(context.stream), silent(report))
    return withoutFraming(fault, context, endlessFramings(name))
  },
}

function silent(report: (at: Reached) => void): Aftermath {
  return {
    reach(at): Step[] {
      report(at)
      return []
    },
    push: (step) => (step.do === 'write' && step.bytes.length > 0 ? [] : [step]),
    end: () => [],
  }
}
