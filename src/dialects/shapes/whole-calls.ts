/** For formats that send a tool call whole: collects its arguments until it ends. */
import type { Event } from '../../core/event.ts'

export interface WholeCall {
  readonly index: number
  readonly id: string | undefined
  readonly name: string
  /** JSON as it was written, perhaps not valid. */
  arguments: string
}

export class WholeCalls {
  readonly #open = new Map<string, WholeCall>()
  /** Whether there was any, of any choice. */
  any = false

  /** The call that this event completes. */
  push(event: Event): WholeCall | undefined {
    if (event.type === 'tool-start') {
      const { index, id, name } = event
      this.any = true
      this.#open.set(keyOf(event), { index, id, name, arguments: '' })
    } else if (event.type === 'tool-arguments') {
      const call = this.#open.get(keyOf(event))
      if (call) call.arguments += event.text
    } else if (event.type === 'tool-end') {
      const call = this.#open.get(keyOf(event))
      this.#open.delete(keyOf(event))
      return call
    }
    return undefined
  }

  /** Those that were never ended, in the order in which they began. */
  rest(): WholeCall[] {
    const calls = [...this.#open.values()]
    this.#open.clear()
    return calls
  }
}

const keyOf = (event: { readonly index: number; readonly choice?: number }): string =>
  `${event.choice ?? 0}/${event.index}`

/**
 * Arguments as a value, for formats that have them as an object. Text that is no JSON object stays
 * text under a key of its own, so that a scenario can send it and a reader can see it.
 */
export function argumentsObject(text: string): unknown {
  if (text.trim() === '') return {}
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : { arguments: value }
  } catch {
    return { arguments: text }
  }
}
