/** Something that the stream did not hold, in a chunk of its own. */
import type { Step, WriteStep } from '../core/timeline.ts'
import { asFirstElement, BegunArray } from './array-marks.ts'
import type { FaultContext, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { type Matter, matterBytes, withMatter } from './matter.ts'
import { strict } from './options.ts'
import { type Place, place } from './place.ts'
import { scannerFor } from './places.ts'

interface InjectOptions {
  readonly at: Place
  readonly matter: Matter
}

const shape = { at: place }

export const inject: FaultKind<InjectOptions> = {
  name: 'inject',
  summary: 'Puts bytes, a comment, an error or an event into the stream, in a chunk of its own.',
  schema: withMatter('inject', shape, strict(shape, 'inject')),
  create({ at, matter }, context) {
    // On live traffic nobody knows before the head has passed how the stream is framed; elsewhere
    // what cannot be written is refused before anything is sent.
    if (context.bodyLength) matterBytes(matter, { kind: 'inject', stream: context.stream })
    return fromPlace(scannerFor(at, context), new Injection(matter, context))
  },
}

class Injection implements Aftermath {
  readonly #matter: Matter
  readonly #context: FaultContext
  /** Reached, but not written yet: a time may be reached before the head, where no byte can be. */
  #due: Reached | undefined
  /** What was put before an array has begun it. */
  #begun: BegunArray | undefined

  constructor(matter: Matter, context: FaultContext) {
    this.#matter = matter
    this.#context = context
  }

  reach(at: Reached): Step[] {
    this.#due = at
    return at.afterHead ? this.#written(at.atMs, at.byte) : []
  }

  push(step: Step): Step[] {
    if (this.#due && step.do === 'head') return [step, ...this.#written(step.atMs, 0)]
    if (!this.#begun || step.do !== 'write' || step.bytes.length === 0) return [step]
    return [{ ...step, bytes: this.#begun.push(step.bytes) }]
  }

  end(): Step[] {
    return []
  }

  #written(atMs: number, byte: number): WriteStep[] {
    const { stream, onAct } = this.#context
    if (this.#due) onAct?.('inject', { ...this.#due, atMs })
    this.#due = undefined
    const bytes = matterBytes(this.#matter, { kind: 'inject', stream, atMs })
    const isFirst = stream.framing.name === 'json-array' && byte === 0
    if (!isFirst || 'bytes' in this.#matter) return [{ atMs, do: 'write', bytes }]
    this.#begun = new BegunArray()
    return [{ atMs, do: 'write', bytes: asFirstElement(bytes) }]
  }
}
