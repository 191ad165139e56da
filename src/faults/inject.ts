/** Something that the stream did not hold, in a chunk of its own. */
import type { Step, WriteStep } from '../core/timeline.ts'
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
    const bytes = (): Uint8Array => matterBytes('inject', matter, context.stream)
    if (context.bodyLength) bytes()
    return fromPlace(scannerFor(at, context), new Injection(bytes, context))
  },
}

class Injection implements Aftermath {
  readonly #bytes: () => Uint8Array
  readonly #context: FaultContext
  /** Reached, but not written yet: a time may be reached before the head, where no byte can be. */
  #due: Reached | undefined

  constructor(bytes: () => Uint8Array, context: FaultContext) {
    this.#bytes = bytes
    this.#context = context
  }

  reach(at: Reached): Step[] {
    this.#due = at
    return at.afterHead ? this.#written(at.atMs) : []
  }

  push(step: Step): Step[] {
    if (!this.#due) return [step]
    if (step.do === 'head') return [step, ...this.#written(step.atMs)]
    return [step]
  }

  end(): Step[] {
    return []
  }

  #written(atMs: number): WriteStep[] {
    if (this.#due) this.#context.onAct?.('inject', { ...this.#due, atMs })
    this.#due = undefined
    const bytes = this.#bytes()
    return bytes.length === 0 ? [] : [{ atMs, do: 'write', bytes }]
  }
}
