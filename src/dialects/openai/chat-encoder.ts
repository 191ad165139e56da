/**
 * Events to Chat Completions chunks, and events to one whole completion. What repeats in every
 * chunk is written to JSON once a reply.
 */
import type { Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event, FinishReason, Usage } from '../../core/event.ts'
import type { Frame, Framing } from '../../core/frame.ts'
import { alphanumeric, hex, type Random } from '../../core/random.ts'
import { isObject } from '../shapes/json-body.ts'
import { openAiErrorData } from './error.ts'

const finishReasons: Readonly<Record<string, string>> = {
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
}

/** The neutral word for the vendor's; a word that is not ours to name stays as it is. */
export const finishReason = (word: string): FinishReason =>
  Object.keys(finishReasons).find((reason) => finishReasons[reason] === word) ?? word

const finishWord = (reason: FinishReason): string => finishReasons[reason] ?? reason

interface Identity {
  readonly id: string
  readonly created: number
  readonly model: string
  readonly fingerprint: string
}

function identity(reply: ReplyContext): Identity {
  const random = reply.random.fork('id')
  return {
    id: `chatcmpl-${alphanumeric(random, 29)}`,
    created: Math.floor(reply.createdMs / 1000),
    model: reply.request.model ?? 'gpt-4o',
    fingerprint: `fp_${hex(random, 10)}`,
  }
}

const callId = (random: Random): string => `call_${alphanumeric(random, 24)}`

function usageObject(usage: Usage): Record<string, unknown> {
  return {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
    prompt_tokens_details: { cached_tokens: usage.cachedTokens ?? 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: usage.reasoningTokens ?? 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  }
}

/** Log probabilities are invented from the seed: they only have the vendor's form. */
function logprobsOf(text: string, random: Random): unknown {
  const logprob = -Math.round(random.next() * 1e4) / 1e4
  const entry = { token: text, logprob, bytes: [...Buffer.from(text)], top_logprobs: [] }
  return { content: text === '' ? [] : [entry], refusal: null }
}

function option(body: unknown, group: string, name: string): boolean {
  const options = isObject(body) ? body[group] : undefined
  return isObject(options) && options[name] === true
}

const wantsLogprobs = (body: unknown): boolean => isObject(body) && body['logprobs'] === true

export function openAiChatEncoder(framing: Framing, reply: ReplyContext): Encoder {
  return new ChunkEncoder(framing, reply)
}

class ChunkEncoder implements Encoder {
  readonly #framing: Framing
  readonly #random: Random
  readonly #obfuscation: Random | undefined
  readonly #logprobs: Random | undefined
  readonly #includeUsage: boolean
  readonly #prefix: string
  readonly #suffix: string
  readonly #choices: number
  /** Choices whose first delta, which carries the role, has been sent. */
  readonly #opened = new Set<number>()
  #started = false
  readonly #finished = new Set<number>()
  /** Choices that called a tool, which decides how they finish by themselves. */
  readonly #calling = new Set<number>()
  #usage: Usage | undefined
  #begun = false
  #failed = false

  constructor(framing: Framing, reply: ReplyContext) {
    const { id, created, model, fingerprint } = identity(reply)
    const { body } = reply.request
    this.#framing = framing
    this.#random = reply.random.fork('calls')
    this.#includeUsage = option(body, 'stream_options', 'include_usage')
    this.#logprobs = wantsLogprobs(body) ? reply.random.fork('logprobs') : undefined
    this.#obfuscation = option(body, 'stream_options', 'include_obfuscation')
      ? reply.random.fork('obfuscation')
      : undefined
    const head = { id, object: 'chat.completion.chunk', created, model }
    const shared = { ...head, service_tier: 'default', system_fingerprint: fingerprint }
    this.#prefix = JSON.stringify(shared).slice(0, -1)
    this.#suffix = this.#includeUsage ? ',"usage":null' : ''
    this.#choices = reply.request.choices
  }

  push(event: Event): Frame[] {
    const choice = event.choice ?? 0
    this.#begun ||= event.type !== 'raw' && event.type !== 'comment'
    switch (event.type) {
      case 'start':
        this.#started = true
        return []
      case 'text':
        return this.#deltas(choice, `{"content":${JSON.stringify(event.text)}}`, event.text)
      case 'reasoning':
        return this.#deltas(choice, JSON.stringify({ reasoning_content: event.text }))
      case 'refusal':
        return this.#deltas(choice, JSON.stringify({ refusal: event.text }))
      case 'tool-start':
        return this.#openTool(choice, event)
      case 'tool-arguments':
        return this.#deltas(choice, toolDelta(event.index, event.text))
      case 'finish':
        return this.#finish(choice, event.reason)
      case 'usage':
        this.#usage = event.usage
        return []
      case 'error':
        this.#failed = true
        return this.#frames({ data: openAiErrorData(event.error) })
      case 'comment':
        return this.#frames({ comment: event.text })
      case 'raw':
        return [{ bytes: event.bytes }]
      case 'tool-end':
      case 'citation':
        return []
    }
  }

  /** After an error inside the stream the service says no more, not even `[DONE]`. */
  end(): Frame[] {
    if (this.#failed) return []
    const frames = this.#finishAll()
    if (this.#includeUsage && this.#usage) {
      const usage = JSON.stringify(usageObject(this.#usage))
      frames.push(
        ...this.#frames({
          data: `${this.#prefix},"choices":[],"usage":${usage}${this.#padding()}}`,
        }),
      )
    }
    return [...frames, ...this.#frames({ data: '[DONE]' })]
  }

  #finishAll(): Frame[] {
    const frames: Frame[] = []
    for (let choice = 0; this.#begun && choice < this.#choices; choice++) {
      if (this.#finished.has(choice)) continue
      frames.push(...this.#finish(choice, this.#calling.has(choice) ? 'tool-calls' : 'stop'))
    }
    return frames
  }

  #finish(choice: number, reason: FinishReason): Frame[] {
    this.#finished.add(choice)
    return [...this.#open(choice), this.#chunk(choice, '{}', finishWord(reason))]
  }

  #openTool(choice: number, event: { index: number; name: string; id?: string }): Frame[] {
    const call = {
      index: event.index,
      id: event.id ?? callId(this.#random),
      type: 'function',
      function: { name: event.name, arguments: '' },
    }
    this.#calling.add(choice)
    // A reply that begins with its only call so far names role and call in one delta.
    if (event.index === 0 && this.#begin(choice)) {
      const delta = { role: 'assistant', content: null, tool_calls: [call], refusal: null }
      return [this.#chunk(choice, JSON.stringify(delta))]
    }
    return this.#deltas(choice, JSON.stringify({ tool_calls: [call] }))
  }

  #deltas(choice: number, delta: string, text = ''): Frame[] {
    return [...this.#open(choice), this.#chunk(choice, delta, undefined, text)]
  }

  /** True for the first that a choice of a started stream says. */
  #begin(choice: number): boolean {
    if (!this.#started || this.#opened.has(choice)) return false
    this.#opened.add(choice)
    return true
  }

  #open(choice: number): Frame[] {
    if (!this.#begin(choice)) return []
    return [this.#chunk(choice, '{"role":"assistant","content":"","refusal":null}')]
  }

  #chunk(choice: number, delta: string, finish?: string, text = ''): Frame {
    const logprobs =
      this.#logprobs && text !== '' ? JSON.stringify(logprobsOf(text, this.#logprobs)) : 'null'
    const reason = finish === undefined ? 'null' : JSON.stringify(finish)
    const choices = `[{"index":${choice},"delta":${delta},"logprobs":${logprobs},"finish_reason":${reason}}]`
    const data = `${this.#prefix},"choices":${choices}${this.#suffix}${this.#padding()}}`
    return this.#framing.encode({ data }) ?? { bytes: Buffer.alloc(0) }
  }

  #padding(): string {
    if (!this.#obfuscation) return ''
    const length = 2 + Math.floor(this.#obfuscation.next() * 14)
    return `,"obfuscation":"${alphanumeric(this.#obfuscation, length)}"`
  }

  #frames(message: { data: string } | { comment: string }): Frame[] {
    const frame = this.#framing.encode(message)
    return frame ? [frame] : []
  }
}

const toolDelta = (index: number, text: string): string =>
  JSON.stringify({ tool_calls: [{ index, function: { arguments: text } }] })

interface Call {
  readonly id: string
  readonly name: string
  arguments: string
}

interface Draft {
  text: string
  reasoning: string
  refusal: string
  finish: string | undefined
  logprobs: unknown[]
  readonly calls: Map<number, Call>
}

/** One whole completion out of the events that would have been streamed. */
export function wholeReply(events: Iterable<Event>, reply: ReplyContext): unknown {
  const { id, created, model, fingerprint } = identity(reply)
  const callRandom = reply.random.fork('calls')
  const logprobs = wantsLogprobs(reply.request.body) ? reply.random.fork('logprobs') : undefined
  const drafts = Array.from({ length: reply.request.choices }, newDraft)
  let usage: Usage | undefined
  for (const event of events) {
    if (event.type === 'usage') usage = event.usage
    // A script may tell more choices than were asked for; none of what it says is lost.
    while (drafts.length <= (event.choice ?? 0)) drafts.push(newDraft())
    const draft = drafts[event.choice ?? 0]
    if (draft) addToDraft(draft, event, callRandom)
    if (draft && logprobs && event.type === 'text') {
      draft.logprobs.push(logprobsOf(event.text, logprobs))
    }
  }
  return {
    id,
    object: 'chat.completion',
    created,
    model,
    choices: drafts.map((draft, index) => choiceObject(draft, index, logprobs !== undefined)),
    ...(usage ? { usage: usageObject(usage) } : {}),
    service_tier: 'default',
    system_fingerprint: fingerprint,
  }
}

const newDraft = (): Draft => ({
  text: '',
  reasoning: '',
  refusal: '',
  finish: undefined,
  logprobs: [],
  calls: new Map(),
})

function addToDraft(draft: Draft, event: Event, random: Random): void {
  if (event.type === 'text') draft.text += event.text
  else if (event.type === 'reasoning') draft.reasoning += event.text
  else if (event.type === 'refusal') draft.refusal += event.text
  else if (event.type === 'finish') draft.finish = finishWord(event.reason)
  else if (event.type === 'tool-start') {
    const { index, name } = event
    draft.calls.set(index, { id: event.id ?? callId(random), name, arguments: '' })
  } else if (event.type === 'tool-arguments') {
    const call = draft.calls.get(event.index)
    if (call) call.arguments += event.text
  }
}

function choiceObject(draft: Draft, index: number, withLogprobs: boolean): unknown {
  const calls = [...draft.calls.values()].map((call) => ({
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  }))
  const silent = calls.length > 0 || draft.refusal !== ''
  return {
    index,
    message: {
      role: 'assistant',
      content: draft.text === '' && silent ? null : draft.text,
      ...(draft.reasoning === '' ? {} : { reasoning_content: draft.reasoning }),
      ...(calls.length === 0 ? {} : { tool_calls: calls }),
      refusal: draft.refusal === '' ? null : draft.refusal,
      annotations: [],
    },
    logprobs: withLogprobs ? joinLogprobs(draft.logprobs) : null,
    finish_reason: draft.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop'),
  }
}

function joinLogprobs(parts: readonly unknown[]): unknown {
  const content = parts.flatMap((part) =>
    isObject(part) && Array.isArray(part['content']) ? part['content'] : [],
  )
  return { content, refusal: null }
}
