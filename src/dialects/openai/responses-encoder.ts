/**
 * Events to the stream of the Responses API, and to one whole response. The grammar: a response is
 * created, its items are added, grow and are done, each with an event of its own, and the last
 * event carries the response as a whole. Every event has a number, without gaps.
 */
import type { ApiError } from '../../core/api-error.ts'
import type { Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event, FinishReason, Usage } from '../../core/event.ts'
import type { Framing, Message } from '../../core/frame.ts'
import { alphanumeric, type Random } from '../../core/random.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'
import {
  type Part,
  type PartsGrammar,
  partsEncoder,
  type TextPart,
  type ToolPart,
} from '../shapes/parts-encoder.ts'
import { finishOf, fold, type SaidPart } from '../shapes/said.ts'
import { type ErrorForm, errorEvent, failureOf } from './responses-error.ts'
import {
  callIds,
  callItem,
  callType,
  conclusionOf,
  type ItemStatus,
  itemId,
  messageItem,
  type Progress,
  reasoningItem,
  refusalPart,
  responseObject,
  summaryPart,
  textPart,
  writeJson,
} from './responses-object.ts'

export const responsesEncoder = (framing: Framing, form: ErrorForm, reply: ReplyContext): Encoder =>
  partsEncoder(framing, new ResponsesGrammar(form, reply))

class ResponsesGrammar implements PartsGrammar {
  readonly callId: () => string
  readonly #form: ErrorForm
  readonly #reply: ReplyContext
  readonly #obfuscation: Random | undefined
  readonly #annotations = new Map<number, unknown[]>()
  /** By the index of the item; those that are still open are missing. */
  readonly #output: JsonObject[] = []
  /** Drawn once an item, since every delta names it. */
  readonly #ids = new Map<number, string>()
  #sequence = 0

  constructor(form: ErrorForm, reply: ReplyContext) {
    this.#form = form
    this.#reply = reply
    this.callId = callIds(reply)
    this.#obfuscation = wantsObfuscation(reply) ? reply.random.fork('obfuscation') : undefined
  }

  begin(): Message[] {
    const { body } = this.#reply.request
    const queued = isObject(body) && body['background'] === true
    return [
      this.#progress('created', { status: queued ? 'queued' : 'in_progress' }),
      ...(queued ? [this.#progress('queued', { status: 'queued' })] : []),
      this.#progress('in_progress', { status: 'in_progress' }),
    ]
  }

  open(part: Part): Message[] {
    const place = { item_id: this.#id(part), output_index: part.index }
    const added = this.#item('added', part, this.#newItem(part))
    switch (part.kind) {
      case 'tool':
        return [added]
      case 'reasoning':
        return [added, this.#summaryPart('added', { ...place, part: summaryPart('') })]
      case 'text':
        return [added, this.#contentPart('added', { ...place, part: textPart('', []) })]
      case 'refusal':
        return [added, this.#contentPart('added', { ...place, part: refusalPart('') })]
    }
  }

  delta(part: Part, delta: string): Message[] {
    // Text that is empty is an answer to a script, and no token to a service.
    if (delta === '') return []
    const place = { item_id: this.#id(part), output_index: part.index }
    const { item_id, output_index } = place
    const padding = this.#padding(delta)
    switch (part.kind) {
      case 'tool': {
        const type = this.#type(part) === 'function_call' ? functionArguments : customInput
        return [this.#event(`${type}.delta`, { delta, item_id, ...padding, output_index })]
      }
      case 'reasoning': {
        const fields = { delta, item_id, ...padding, output_index }
        return [this.#event('reasoning_summary_text.delta', fields, { summary_index: 0 })]
      }
      case 'text': {
        const fields = { content_index: 0, delta, item_id, logprobs: [], ...padding, output_index }
        return [this.#event('output_text.delta', fields)]
      }
      case 'refusal': {
        const fields = { content_index: 0, delta, item_id, ...padding, output_index }
        return [this.#event('refusal.delta', fields)]
      }
    }
  }

  close(part: Part, reason?: FinishReason): Message[] {
    const item = this.#wholeItem(part, reason)
    this.#output[part.index] = item
    return [...this.#closing(part), this.#item('done', part, item)]
  }

  citation(part: TextPart, citation: unknown): Message[] {
    const annotations = this.#annotations.get(part.index) ?? []
    this.#annotations.set(part.index, [...annotations, citation])
    const place = { content_index: 0, item_id: this.#id(part), output_index: part.index }
    const fields = { annotation: citation, annotation_index: annotations.length, ...place }
    return [this.#event('output_text.annotation.added', fields)]
  }

  finish(reason: FinishReason, usage: Usage | undefined): Message[] {
    const { status, incomplete } = conclusionOf(reason)
    return [this.#progress(status, { status, incomplete, usage, output: this.#items() })]
  }

  error(error: ApiError): Message[] {
    const data = errorEvent(error, this.#form, this.#sequence++)
    const failed = { status: 'failed', error: failureOf(error), output: this.#items() } as const
    return [{ event: 'error', data }, this.#progress('failed', failed)]
  }

  /** The events that tell the whole of a part before its item is done. */
  #closing(part: Part): Message[] {
    const { text } = part
    const place = { item_id: this.#id(part), output_index: part.index }
    switch (part.kind) {
      case 'tool':
        return this.#type(part) === 'function_call'
          ? [this.#event(`${functionArguments}.done`, { arguments: text, ...place })]
          : [this.#event(`${customInput}.done`, { input: text, ...place })]
      case 'reasoning':
        return [
          this.#event('reasoning_summary_text.done', place, { summary_index: 0, text }),
          this.#summaryPart('done', { ...place, part: summaryPart(text) }),
        ]
      case 'text': {
        const { item_id, output_index } = place
        const fields = { content_index: 0, item_id, logprobs: [], output_index }
        const whole = textPart(text, this.#annotations.get(part.index) ?? [])
        return [
          this.#event('output_text.done', fields, { text }),
          this.#contentPart('done', { ...place, part: whole }),
        ]
      }
      case 'refusal': {
        const { item_id, output_index } = place
        const fields = { content_index: 0, item_id, output_index, refusal: text }
        return [
          this.#event('refusal.done', fields),
          this.#contentPart('done', { ...place, part: refusalPart(text) }),
        ]
      }
    }
  }

  #newItem(part: Part): JsonObject {
    const id = this.#id(part)
    if (part.kind === 'tool') return this.#call(part, 'in_progress', '')
    if (part.kind === 'reasoning') return reasoningItem(id, [], this.#reply)
    return messageItem(id, 'in_progress', [])
  }

  #wholeItem(part: Part, reason: FinishReason | undefined): JsonObject {
    const { index, text } = part
    if (part.kind === 'tool') return this.#call(part, 'completed', text)
    return textItem(part.kind, {
      index,
      text,
      annotations: this.#annotations.get(index) ?? [],
      status: itemStatus(reason),
      reply: this.#reply,
    })
  }

  #call(part: ToolPart, status: ItemStatus, input: string): JsonObject {
    const { id: callId, name } = part
    return callItem(this.#type(part), status, { id: this.#id(part), callId, name, input })
  }

  #type = (part: ToolPart) => callType(this.#reply.request.body, part.name)

  #id(part: Part): string {
    const known = this.#ids.get(part.index)
    if (known !== undefined) return known
    const type = part.kind === 'tool' ? this.#type(part) : itemTypes[part.kind]
    const id = itemId(this.#reply, type, `${part.index}`)
    this.#ids.set(part.index, id)
    return id
  }

  #items = (): JsonObject[] => this.#output.filter((item) => item !== undefined)

  #item(what: 'added' | 'done', { index }: Part, item: JsonObject): Message {
    return this.#event(`output_item.${what}`, { item, output_index: index })
  }

  #contentPart(what: 'added' | 'done', fields: JsonObject): Message {
    return this.#event(`content_part.${what}`, { content_index: 0, ...fields })
  }

  #summaryPart(what: 'added' | 'done', fields: JsonObject): Message {
    return this.#event(`reasoning_summary_part.${what}`, fields, { summary_index: 0 })
  }

  #progress(name: string, progress: Progress): Message {
    return this.#event(name, { response: responseObject(this.#reply, progress) }, {}, writeJson)
  }

  /** Keys are in alphabetical order but for the type, which is why some come after the number. */
  #event(name: string, fields: JsonObject, after: JsonObject = {}, write = plainJson): Message {
    const type = `response.${name}`
    const data = write({ type, ...fields, sequence_number: this.#sequence++, ...after })
    return { event: type, data }
  }

  /** So long that every delta comes to the same length, as far as its text is short enough. */
  #padding(delta: string): { obfuscation?: string } {
    if (!this.#obfuscation) return {}
    return { obfuscation: alphanumeric(this.#obfuscation, Math.max(0, 16 - (delta.length % 16))) }
  }
}

const plainJson = (value: unknown): string => JSON.stringify(value)

const functionArguments = 'function_call_arguments'
const customInput = 'custom_tool_call_input'

const itemTypes = { text: 'message', refusal: 'message', reasoning: 'reasoning' } as const

function wantsObfuscation({ request: { body } }: ReplyContext): boolean {
  const options = isObject(body) ? body['stream_options'] : undefined
  return isObject(options) && options['include_obfuscation'] === true
}

interface WholeText {
  readonly index: number
  readonly text: string
  readonly annotations: readonly unknown[]
  readonly status: ItemStatus
  readonly reply: ReplyContext
}

/** The text that a reply ends within is cut where the reply is. */
const itemStatus = (reason: FinishReason | undefined): ItemStatus =>
  reason === 'length' ? 'incomplete' : 'completed'

function textItem(kind: TextPart['kind'], whole: WholeText): JsonObject {
  const { index, text, annotations, status, reply } = whole
  const id = itemId(reply, itemTypes[kind], `${index}`)
  if (kind === 'reasoning') return reasoningItem(id, [summaryPart(text)], reply)
  const part = kind === 'text' ? textPart(text, annotations) : refusalPart(text)
  return messageItem(id, status, [part])
}

/** All that a reply says, as items with the ids that they have in its stream. */
export function outputItems(
  parts: readonly SaidPart[],
  reply: ReplyContext,
  reason?: FinishReason,
): JsonObject[] {
  const callId = callIds(reply)
  return parts.map((part, index) => {
    if (part.kind !== 'tool') {
      const { text, citations } = part
      const status = itemStatus(index === parts.length - 1 ? reason : undefined)
      return textItem(part.kind, { index, text, annotations: citations, status, reply })
    }
    const type = callType(reply.request.body, part.name)
    const call = { callId: part.id ?? callId(), name: part.name, input: part.arguments }
    return callItem(type, 'completed', { id: itemId(reply, type, `${index}`), ...call })
  })
}

/** The response when all is said. */
export function wholeResponse(events: Iterable<Event>, reply: ReplyContext): JsonObject {
  const { choices, usage, error } = fold(events)
  const [said = { parts: [], finish: undefined }] = choices
  if (error) {
    // As in its stream: a text that the error cut off was never done.
    const { parts } = said
    const done = parts.at(-1)?.kind === 'tool' ? parts : parts.slice(0, -1)
    const output = outputItems(done, reply)
    return responseObject(reply, { status: 'failed', error: failureOf(error), output })
  }
  const reason = finishOf(said)
  const output = outputItems(said.parts, reply, reason)
  const { status, incomplete } = conclusionOf(reason)
  return responseObject(reply, { status, incomplete, output, usage })
}
