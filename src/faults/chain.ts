/**
 * Several faults one after the other, as one: each acts on what the one before it let through.
 * Keeps the laws of a timeline even where its input does not: times ascend, one ending, last.
 */
import { noBytes } from '../core/bytes.ts'
import { StuntdoubleError } from '../core/errors.ts'
import type { Random } from '../core/random.ts'
import { isEnding, type Step } from '../core/timeline.ts'
import { expandProfiles } from './expand.ts'
import type { Acted, Fault, FaultContext, FaultSpec } from './fault.ts'
import { faultKind } from './registry.ts'

export class FaultChain {
  readonly #faults: readonly Fault[]
  /** The latest time that each fault was woken for, so that none is woken for it twice. */
  readonly #wokenAtMs: (number | undefined)[]
  #lastAtMs = 0
  ended = false

  constructor(specs: readonly FaultSpec[], context: FaultContext) {
    this.#faults = createFaults(specs, context)
    this.#wokenAtMs = this.#faults.map(() => undefined)
  }

  push(step: Step): Step[] {
    if (this.ended) return []
    const ascending = step.atMs < this.#lastAtMs ? { ...step, atMs: this.#lastAtMs } : step
    this.#lastAtMs = ascending.atMs
    return this.#upToEnding(this.#feed(ascending))
  }

  /** The timeline stopped without an ending. */
  end(): Step[] {
    if (this.ended) return []
    let steps: Step[] = []
    for (const fault of this.#faults) {
      steps = steps.flatMap((step) => fault.push(step))
      // What ends the stream for the next fault has ended it; there is nothing left to flush.
      if (!steps.some(isEnding)) steps.push(...fault.end())
    }
    return this.#upToEnding(steps)
  }

  /** The earliest time for which a fault wants to be woken. */
  get wakeAtMs(): number | undefined {
    let earliest: number | undefined
    for (const [index, { wakeAtMs }] of this.#faults.entries()) {
      if (wakeAtMs === undefined || wakeAtMs === this.#wokenAtMs[index]) continue
      if (earliest === undefined || wakeAtMs < earliest) earliest = wakeAtMs
    }
    return earliest
  }

  /** This time has come and nothing arrived. */
  wake(atMs: number): Step[] {
    for (const [index, { wakeAtMs }] of this.#faults.entries()) {
      if (wakeAtMs !== undefined && wakeAtMs <= atMs) this.#wokenAtMs[index] = wakeAtMs
    }
    return this.push({ atMs, do: 'write', bytes: noBytes })
  }

  #feed(step: Step): Step[] {
    let steps = [step]
    for (const fault of this.#faults) {
      steps = steps.length === 1 && steps[0] ? fault.push(steps[0]) : pushAll(fault, steps)
    }
    return steps
  }

  #upToEnding(steps: Step[]): Step[] {
    const ending = steps.findIndex(isEnding)
    if (ending < 0) return steps
    this.ended = true
    return steps.slice(0, ending + 1)
  }
}

const pushAll = (fault: Fault, steps: readonly Step[]): Step[] =>
  steps.flatMap((step) => fault.push(step))

function createFaults(specs: readonly FaultSpec[], context: FaultContext): Fault[] {
  const faults: Fault[] = []
  for (const [index, spec] of expandProfiles(specs).entries()) {
    const kind = faultKind(spec.kind)
    if (!kind) throw new StuntdoubleError('internal', `There is no fault named ${spec.kind}`)
    // A source of its own for each, so that adding a fault leaves the others' draws as they were.
    const random = chanceOf(spec, context).fork(`fault/${index}/${spec.kind}`)
    if (random.fork('probability').next() >= spec.probability) continue
    const onAct = (name: string, at: Acted): void => context.onAct?.(name, at, index)
    faults.push(kind.create(spec.options, { ...context, random, onAct }))
  }
  return faults
}

function chanceOf({ seed }: FaultSpec, { random, seeded }: FaultContext): Random {
  if (seed === undefined) return random
  return seeded?.(seed) ?? random.fork(`seed/${seed}`)
}
