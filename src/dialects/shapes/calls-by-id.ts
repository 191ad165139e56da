/**
 * Tool calls of formats that tell them apart by an id: numbers them in the order in which they
 * come, and ends each once.
 */
import type { Event } from '../../core/event.ts'

interface Known {
  readonly index: number
  open: boolean
  /** Some of its arguments were said. */
  spoken: boolean
}

/** A call as some formats say it again, whole, once it is complete. */
export interface WholeById {
  readonly id: string
  readonly name: string
  /** As JSON text. */
  readonly arguments: string
}

export class CallsById {
  readonly #known = new Map<string, Known>()

  start(id: string, name: string): Event[] {
    const index = this.#known.size
    this.#known.set(id, { index, open: true, spoken: false })
    return [{ type: 'tool-start', index, id, name }]
  }

  /** Of a call that nobody began, too, such as one whose beginning was dropped. */
  say(id: string, text: string): Event[] {
    const known = this.#known.get(id) ?? { index: this.#known.size, open: false, spoken: false }
    this.#known.set(id, known)
    known.spoken ||= text !== ''
    return [{ type: 'tool-arguments', index: known.index, text }]
  }

  /** Undefined where there is nothing to end. */
  end(id: string): Event[] | undefined {
    const known = this.#known.get(id)
    if (!known?.open) return undefined
    known.open = false
    return [{ type: 'tool-end', index: known.index }]
  }

  /** What of it was not said before. */
  complete(call: WholeById): Event[] {
    const begun = this.#known.has(call.id) ? [] : this.start(call.id, call.name)
    const isSaid = this.#known.get(call.id)?.spoken || call.arguments === '{}'
    const said = isSaid ? [] : this.say(call.id, call.arguments)
    return [...begun, ...said, ...(this.end(call.id) ?? [])]
  }

  /** The stream is over. */
  endAll(): Event[] {
    return [...this.#known.keys()].flatMap((id) => this.end(id) ?? [])
  }
}
