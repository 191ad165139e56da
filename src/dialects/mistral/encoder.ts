/**
 * Events to Mistral's chunks, and to one whole completion. Thoughts are lists of typed parts where
 * text is a string; calls come whole, with the chunk that finishes; so does the usage, always.
 */
import { createHash } from 'node:crypto'
import type { Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event, FinishReason, Usage } from '../../core/event.ts'
import type { Frame, Framing } from '../../core/frame.ts'
import type { HttpRequest } from '../../core/http.ts'
import { alphanumeric, hex, integer, type Random } from '../../core/random.ts'
import { isObject } from '../shapes/json-body.ts'
import { finishOf, fold, type Said, type SaidPart } from '../shapes/said.ts'
import { type WholeCall, WholeCalls } from '../shapes/whole-calls.ts'
import { mistralErrorData } from './error.ts'
import { isCallId } from './request.ts'

/** The vendor has no word for a filter: an answer that could not be given to its end is an `error`. */
const finishWords: Readonly<Record<string, string>> = {
  'tool-calls': 'tool_calls',
  'content-filter': 'error',
}

export const finishReason = (word: string): FinishReason =>
  word === 'tool_calls' ? 'tool-calls' : word

const finishWord = (reason: FinishReason): string => finishWords[reason] ?? reason

const identity = ({ random, createdMs, request }: ReplyContext) => ({
  id: hex(random.fork('id'), 32),
  created: Math.floor(createdMs / 1000),
  model: request.model ?? 'mistral-large-latest',
})

function usageObject(usage: Usage): object {
  const { inputTokens, outputTokens, cachedTokens } = usage
  return {
    prompt_tokens: inputTokens,
    total_tokens: inputTokens + outputTokens,
    completion_tokens: outputTokens,
    ...(cachedTokens ? { prompt_tokens_details: { cached_tokens: cachedTokens } } : {}),
  }
}

/** Drawn by the call's own name, so that a stream and a whole answer agree. */
const callId = (random: Random, choice: number, index: number): string =>
  alphanumeric(random.fork(`call/${choice}/${index}`), 9)

/** The service takes no other ids back: one of another form is made to fit, the same always alike. */
function fittingId(id: string): string {
  if (isCallId(id)) return id
  const digest = createHash('sha256').update(id).digest('base64')
  return digest.replaceAll(/[^a-zA-Z0-9]/g, '0').slice(0, 9)
}

const callObject = (call: Omit<WholeCall, 'kind'>, choice: number, random: Random): object => ({
  id: call.id === undefined ? callId(random, choice, call.index) : fittingId(call.id),
  function: { name: call.name, arguments: call.arguments },
  index: call.index,
})

const thinking = (text: string): object => ({
  type: 'thinking',
  thinking: [{ type: 'text', text }],
})

/** A reference, where the scenario gives one in the vendor's form. */
const references = (citation: unknown): object[] =>
  isObject(citation) && Array.isArray(citation['reference_ids'])
    ? [{ ...citation, type: 'reference' }]
    : []

const paddingAlphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

export const mistralEncoder = (framing: Framing, reply: ReplyContext): Encoder =>
  new ChunkEncoder(framing, reply)

/** One of the alternative answers, as far as it has been said. */
interface Choice {
  opened: boolean
  readonly calls: WholeCalls
  /** Calls that have ended and wait for the finish. */
  readonly ready: WholeCall[]
  finish: FinishReason | undefined
  finished: boolean
}

class ChunkEncoder implements Encoder {
  readonly #framing: Framing
  readonly #random: Random
  readonly #padding: Random
  readonly #prefix: string
  readonly #http: HttpRequest
  readonly #choices: Choice[]
  #usage: Usage | undefined
  #started = false
  #begun = false
  #failed = false

  constructor(framing: Framing, reply: ReplyContext) {
    const { id, created, model } = identity(reply)
    this.#framing = framing
    this.#http = reply.request.http
    this.#random = reply.random.fork('calls')
    this.#padding = reply.random.fork('padding')
    this.#prefix = JSON.stringify({ id, object: 'chat.completion.chunk', created, model })
    this.#choices = Array.from({ length: reply.request.choices }, newChoice)
  }

  push(event: Event): Frame[] {
    const index = event.choice ?? 0
    this.#begun ||= event.type !== 'raw' && event.type !== 'comment'
    switch (event.type) {
      case 'start':
        this.#started = true
        return []
      case 'text':
      case 'refusal':
        return this.#delta(index, { content: event.text })
      case 'reasoning':
        return this.#delta(index, { content: [thinking(event.text)] })
      case 'citation': {
        const content = references(event.citation)
        return content.length === 0 ? [] : this.#delta(index, { content })
      }
      case 'tool-start':
      case 'tool-arguments':
      case 'tool-end': {
        const choice = this.#choice(index)
        const ended = choice.calls.push(event)
        if (ended) choice.ready.push(ended)
        return []
      }
      case 'finish':
        this.#choice(index).finish = event.reason
        return this.#usage || !this.#started ? this.#finishAll(false) : []
      case 'usage':
        this.#usage = event.usage
        return this.#finishAll(false)
      case 'error':
        this.#failed = true
        return this.#frames({ data: mistralErrorData(event.error, this.#http) })
      case 'comment':
        return this.#frames({ comment: event.text })
      case 'raw':
        return [{ bytes: event.bytes }]
    }
  }

  /** After an error inside the stream nothing more is said. */
  end(): Frame[] {
    if (this.#failed) return []
    const rest = this.#begun ? this.#finishAll(true) : []
    return [...rest, ...this.#frames({ data: '[DONE]' })]
  }

  #choice(index: number): Choice {
    while (this.#choices.length <= index) this.#choices.push(newChoice())
    return this.#choices[index] ?? newChoice()
  }

  /** Only once all choices have finished, since the usage stands in the last chunk. */
  #finishAll(force: boolean): Frame[] {
    const open = this.#choices.filter(({ finished }) => !finished)
    if (!force && open.some(({ finish }) => finish === undefined)) return []
    return open.flatMap((choice, at) => {
      const usage = at === open.length - 1 ? this.#usage : undefined
      return this.#finish(this.#choices.indexOf(choice), choice, usage)
    })
  }

  #finish(index: number, choice: Choice, usage: Usage | undefined): Frame[] {
    choice.finished = true
    const calls = [...choice.ready, ...choice.calls.rest()]
    const delta = {
      content: '',
      ...(calls.length === 0
        ? {}
        : { tool_calls: calls.map((call) => callObject(call, index, this.#random)) }),
    }
    const reason = choice.finish ?? (calls.length > 0 ? 'tool-calls' : 'stop')
    return [...this.#open(index), this.#chunk(index, delta, finishWord(reason), usage)]
  }

  #delta(index: number, delta: object): Frame[] {
    return [...this.#open(index), this.#chunk(index, delta)]
  }

  /** The role comes alone, and is the one chunk without padding. */
  #open(index: number): Frame[] {
    const choice = this.#choice(index)
    if (!this.#started || choice.opened) return []
    choice.opened = true
    const choices = [{ index, delta: { role: 'assistant', content: '' }, finish_reason: null }]
    return this.#frames({ data: this.#data({ choices }) })
  }

  #chunk(index: number, delta: object, finish: string | null = null, usage?: Usage): Frame {
    const data = this.#data({
      choices: [{ index, delta, finish_reason: finish }],
      ...(usage ? { usage: usageObject(usage) } : {}),
      p: paddingAlphabet.slice(0, integer(this.#padding, 1, paddingAlphabet.length)),
    })
    return this.#framing.encode({ data }) ?? { bytes: Buffer.alloc(0) }
  }

  #data(rest: object): string {
    return `${this.#prefix.slice(0, -1)},${JSON.stringify(rest).slice(1)}`
  }

  #frames(message: { data: string } | { comment: string }): Frame[] {
    const frame = this.#framing.encode(message)
    return frame ? [frame] : []
  }
}

const newChoice = (): Choice => ({
  opened: false,
  calls: new WholeCalls(),
  ready: [],
  finish: undefined,
  finished: false,
})

/** One whole completion out of the events that would have been streamed. */
export function wholeCompletion(events: Iterable<Event>, reply: ReplyContext): unknown {
  const { choices, usage } = fold(events, reply.request.choices)
  return {
    ...identity(reply),
    usage: usageObject(usage ?? { inputTokens: 0, outputTokens: 0 }),
    object: 'chat.completion',
    choices: choices.map((said, index) => ({
      index,
      finish_reason: finishWord(finishOf(said)),
      message: messageOf(said, index, reply.random.fork('calls')),
    })),
  }
}

function messageOf({ parts }: Said, choice: number, random: Random): object {
  const calls = parts.filter((part) => part.kind === 'tool')
  const spoken = parts.flatMap(contentOf)
  const isPlain = spoken.every((part) => 'text' in part)
  return {
    role: 'assistant',
    tool_calls: calls.length === 0 ? null : calls.map((call) => callObject(call, choice, random)),
    content: isPlain ? spoken.map((part) => ('text' in part ? part.text : '')).join('') : spoken,
  }
}

function contentOf(part: SaidPart): object[] {
  if (part.kind === 'tool') return []
  if (part.kind === 'reasoning') return [thinking(part.text)]
  return [{ type: 'text', text: part.text }, ...part.citations.flatMap(references)]
}
