/** A stream that ends as if it were whole, but nothing in it says so. */
import type { Framing } from '../core/frame.ts'
import type { Step } from '../core/timeline.ts'
import type { FaultContext, FaultKind, Reached } from './fault.ts'
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
    const fault = fromPlace(new TerminatorScanner(context.stream), new Silence(context))
    return withoutFraming(fault, context, endlessFramings(name))
  },
}

/** Answers in one piece are one frame, with the finish in it. */
const wholeFramings: ReadonlySet<Framing['name']> = new Set(['json', 'json-array'])

class Silence implements Aftermath {
  readonly #context: FaultContext
  #isSilent = false

  constructor(context: FaultContext) {
    this.#context = context
  }

  /** What says that it is over may be all that there is: then nothing could be left out of it. */
  reach(at: Reached): Step[] {
    const { stream, onAct } = this.#context
    this.#isSilent = at.byte > 0 || !wholeFramings.has(stream.framing.name)
    if (this.#isSilent) onAct?.(name, at)
    return []
  }

  push(step: Step): Step[] {
    return this.#isSilent && step.do === 'write' && step.bytes.length > 0 ? [] : [step]
  }

  end(): Step[] {
    return []
  }
}
