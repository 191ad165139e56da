/**
 * Frames back to events, by the same templates that write them. What matches none of them stays a
 * `raw` event with its bytes, so that nothing of a recording is lost or guessed.
 */
import type { Event, EventBody } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import type { StreamPlan } from './encode.ts'
import { dataOf, frameKinds, type Reader } from './frames.ts'
import type { Bindings } from './template.ts'

export class DeclaredDecoder implements Push<Frame, Event> {
  readonly #plan: StreamPlan
  readonly #readers: readonly Reader[]
  readonly #starts: readonly Reader[]
  readonly #openTools = new Set<number>()
  #calledTools = false
  /** Whether an error or a finish was read: then the terminator adds nothing. */
  #over = false

  constructor(plan: StreamPlan) {
    this.#plan = plan
    const readers = frameKinds.flatMap((kind) => plan.frames.get(kind)?.readers ?? [])
    this.#readers = readers.filter(({ kind }) => kind !== 'start')
    this.#starts = readers.filter(({ kind }) => kind === 'start')
  }

  push(frame: Frame): Event[] {
    if (frame.incomplete) return [raw(frame)]
    if (frame.data === undefined) return this.#readBare(frame)
    if (frame.data === this.#plan.terminator) return this.#terminate()
    const events = this.#readData(frame)
    if (!events) return [raw(frame)]
    return frame.comment === undefined ? events : [comment(frame.comment), ...events]
  }

  end(): Event[] {
    return []
  }

  /** A frame without data: a comment, or nothing that an event could say. */
  #readBare(frame: Frame): Event[] {
    if (frame.comment === undefined) return [raw(frame)]
    if (this.#matches(this.#starts, frame, undefined)) return [{ type: 'start' }]
    return [comment(frame.comment)]
  }

  /** A format that has no frame for the finish says it with the terminator. */
  #terminate(): Event[] {
    const writesFinish = (this.#plan.frames.get('finish')?.written.length ?? 0) > 0
    if (this.#over || writesFinish) return this.#endTools()
    return this.#finish('stop')
  }

  #readData(frame: Frame): Event[] | undefined {
    const value = dataOf(frame)
    const events: Event[] = []
    const seen = new Set<string>()
    for (const { kind, carries, match } of this.#readers) {
      if (seen.has(kind)) continue
      const found = match(frame, value)
      if (!found) continue
      const read = carries ? this.#read(kind, found) : []
      if (!read) continue
      seen.add(kind)
      events.push(...read)
    }
    if (seen.size > 0) return events
    return this.#matches(this.#starts, frame, value) ? [{ type: 'start' }] : undefined
  }

  #matches(readers: readonly Reader[], frame: Frame, value: unknown): boolean {
    return readers.some(({ match }) => match(frame, value) !== undefined)
  }

  /** The events of a frame of this kind; undefined where the values are not what they must be. */
  #read(kind: Reader['kind'], found: Bindings): Event[] | undefined {
    switch (kind) {
      case 'text':
      case 'reasoning':
      case 'refusal':
        return textEvent(found.get('text'), (text) => ({ type: kind, text }))
      case 'toolStart':
        return this.#readToolStart(found)
      case 'toolArguments':
        return textEvent(found.get('arguments'), (text) => ({
          type: 'tool-arguments',
          index: indexOf(found),
          text,
        }))
      case 'toolEnd':
        this.#openTools.delete(indexOf(found))
        return [{ type: 'tool-end', index: indexOf(found) }]
      case 'citation':
        return [{ type: 'citation', citation: found.get('citation') }]
      case 'usage':
        return usageEvents(found)
      case 'error':
        return this.#readError(found)
      case 'finish':
        return [...(usageEvents(found) ?? []), ...this.#finish(found.get('finish'))]
      default:
        return [{ type: 'start' }]
    }
  }

  #readToolStart(found: Bindings): Event[] | undefined {
    const [name, id, index] = [found.get('name'), found.get('toolId'), indexOf(found)]
    if (typeof name !== 'string') return undefined
    this.#openTools.add(index)
    this.#calledTools = true
    return [{ type: 'tool-start', index, name, ...(typeof id === 'string' ? { id } : {}) }]
  }

  #readError(found: Bindings): Event[] | undefined {
    const error = this.#plan.errors.read(found)
    if (!error) return undefined
    this.#over = true
    return [{ type: 'error', error }]
  }

  #finish(word: unknown): Event[] {
    this.#over = true
    const usual = this.#calledTools ? 'tool-calls' : 'stop'
    const reason = typeof word === 'string' ? reasonOf(this.#plan, word) : usual
    return [...this.#endTools(), { type: 'finish', reason }]
  }

  /** Formats that do not say when a call is complete say it with the finish. */
  #endTools(): Event[] {
    const ended = [...this.#openTools]
    this.#openTools.clear()
    return ended.map((index) => ({ type: 'tool-end', index }))
  }
}

const raw = ({ bytes }: Frame): Event => ({ type: 'raw', bytes })
const comment = (text: string): Event => ({ type: 'comment', text })

/** An empty text is understood and brings nothing. */
function textEvent(value: unknown, event: (text: string) => EventBody): Event[] | undefined {
  if (typeof value !== 'string') return undefined
  return value === '' ? [] : [event(value)]
}

const indexOf = (found: Bindings): number => {
  const index = found.get('index')
  return typeof index === 'number' ? index : 0
}

export function usageEvents(found: Bindings): Event[] | undefined {
  const [inputTokens, outputTokens] = [found.get('inputTokens') ?? 0, found.get('outputTokens')]
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined
  return [{ type: 'usage', usage: { inputTokens, outputTokens } }]
}

/** Our word for the vendor's; a word that is not ours to name stays as it is. */
export function reasonOf({ finishWords }: StreamPlan, word: string): string {
  for (const [reason, vendors] of finishWords) if (vendors === word) return reason
  return word
}
