/**
 * Events to lines of JSON, and events to one object. Tool calls come whole, thoughts stand beside the
 * text, and the last line tells how long everything took. Source: Ollama's `api/types.go` and
 * `server/routes.go`, and recorded streams.
 */
import type { Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event, FinishReason, Usage } from '../../core/event.ts'
import type { Frame, Framing } from '../../core/frame.ts'
import type { HttpReply, HttpRequest } from '../../core/http.ts'
import { integer, type Random } from '../../core/random.ts'
import { cutText } from '../grain.ts'
import { callsOf, finishOf, fold, textOf } from '../shapes/said.ts'
import { argumentsObject, type WholeCall, WholeCalls } from '../shapes/whole-calls.ts'
import { errorLine, jsonType, ollamaError } from './error.ts'
import { goJson, goTime, nanoseconds } from './go.ts'
import { isGenerate, loadReason } from './request.ts'

/** What one line says. */
interface Said {
  readonly text?: string
  readonly thinking?: string
  readonly calls?: readonly unknown[]
}

interface Ended {
  readonly reason: FinishReason
  readonly usage: Usage | undefined
  /** When the first of the text came, and when the last. */
  readonly firstMs: number
  readonly atMs: number
  /** All of the text, for the tokens that `generate` gives back. */
  readonly text: string
}

/** The two forms of a reply, which differ in where the text stands. */
class Lines {
  readonly #reply: ReplyContext
  readonly #isGenerate: boolean
  /** Below a millisecond, so that times look as measured and still ascend. */
  readonly #sinceNs: number

  constructor(reply: ReplyContext) {
    this.#reply = reply
    this.#isGenerate = isGenerate(reply.request.http)
    this.#sinceNs = integer(reply.random.fork('time'), 0, 999_999)
  }

  call({ index, id, name, arguments: text }: WholeCall): unknown {
    return {
      id: id ?? callId(this.#reply.random.fork(`call/${index}`)),
      function: { index, name, arguments: argumentsObject(text) },
    }
  }

  said(said: Said, atMs: number): Record<string, unknown> {
    return { ...this.#head(atMs), ...this.#body(said), done: false }
  }

  ended(said: Said, { reason, usage, firstMs, atMs, text }: Ended): Record<string, unknown> {
    const { calls } = said
    const tokens = this.#isGenerate ? { context: this.#context(text) } : {}
    return {
      ...this.#head(atMs),
      ...this.#body(said),
      done: true,
      done_reason: doneReason(reason),
      ...tokens,
      ...metrics(usage, firstMs, atMs, this.#reply.random.fork('durations')),
      // `generate` has no message to put them into.
      ...(this.#isGenerate && calls?.length ? { tool_calls: calls } : {}),
    }
  }

  loaded(reason: 'load' | 'unload'): Record<string, unknown> {
    return { ...this.#head(0), ...this.#body({}), done: true, done_reason: reason }
  }

  #head(atMs: number): Record<string, unknown> {
    const { request, createdMs } = this.#reply
    return {
      model: request.model,
      created_at: goTime(createdMs, nanoseconds(atMs) + this.#sinceNs),
    }
  }

  #body({ text = '', thinking = '', calls = [] }: Said): Record<string, unknown> {
    const thought = thinking === '' ? {} : { thinking }
    if (this.#isGenerate) return { response: text, ...thought }
    const called = calls.length === 0 ? {} : { tool_calls: calls }
    return { message: { role: 'assistant', content: text, ...thought, ...called } }
  }

  /** Numbers that stand for the tokens of the dialogue so far; raw prompts get none. */
  #context(text: string): number[] | undefined {
    const { body, messages } = this.#reply.request
    if (typeof body === 'object' && body !== null && Reflect.get(body, 'raw') === true) {
      return undefined
    }
    const dialogue = [...messages.map((message) => message.text), text]
    return dialogue.flatMap((part) => cutText(part, 'token').map(tokenNumber))
  }
}

/** Same token, same number, below the size of a usual vocabulary. */
function tokenNumber(token: string): number {
  let hash = 7
  for (let i = 0; i < token.length; i++) hash = (hash * 31 + token.charCodeAt(i)) % 127_997
  return hash
}

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'

const callId = (random: Random): string =>
  `call_${Array.from({ length: 8 }, () => letters[integer(random, 0, letters.length - 1)]).join('')}`

/** Calling a tool is no reason of its own here, and neither is a filter. */
const doneReason = (reason: FinishReason): string =>
  reason === 'tool-calls' || reason === 'content-filter' ? 'stop' : reason

/** Nanoseconds: of the script's own times, and some microseconds that the service needs besides. */
function metrics(
  usage: Usage | undefined,
  firstMs: number,
  atMs: number,
  random: Random,
): Record<string, number> {
  const took = (ms: number): number => nanoseconds(ms) + integer(random, 20_001, 499_999)
  const load = took(firstMs * 0.1)
  const promptEval = took(firstMs * 0.9)
  const evaluation = took(atMs - firstMs)
  const { inputTokens = 0, outputTokens = 0 } = usage ?? {}
  return {
    total_duration: load + promptEval + evaluation + integer(random, 1_001, 99_999),
    load_duration: load,
    ...(inputTokens > 0 ? { prompt_eval_count: inputTokens } : {}),
    prompt_eval_duration: promptEval,
    ...(outputTokens > 0 ? { eval_count: outputTokens } : {}),
    eval_duration: evaluation,
  }
}

export function ollamaEncoder(framing: Framing, reply: ReplyContext): Encoder {
  return new LineEncoder(framing, reply)
}

class LineEncoder implements Encoder {
  readonly #framing: Framing
  readonly #lines: Lines
  readonly #http: HttpRequest
  readonly #isGenerate: boolean
  readonly #calls = new WholeCalls()
  /** Of `generate`, which tells its calls in the last line. */
  readonly #called: unknown[] = []
  #text = ''
  #firstMs: number | undefined
  #spoken = false
  #over = false
  /** Held back for the usage, which stands in the same line. */
  #reason: FinishReason | undefined
  #usage: Usage | undefined

  constructor(framing: Framing, reply: ReplyContext) {
    this.#framing = framing
    this.#lines = new Lines(reply)
    this.#http = reply.request.http
    this.#isGenerate = isGenerate(reply.request.http)
  }

  push(event: Event, atMs = 0): Frame[] {
    if (event.type === 'raw') return [{ bytes: event.bytes }]
    // Lines of JSON have no comments, and there is one answer only.
    if (event.type === 'comment' || (event.choice ?? 0) > 0) return []
    this.#spoken = true
    if (event.type !== 'start') this.#firstMs ??= atMs
    switch (event.type) {
      case 'text':
      case 'refusal':
        this.#text += event.text
        return this.#line(this.#lines.said({ text: event.text }, atMs))
      case 'reasoning':
        return this.#line(this.#lines.said({ thinking: event.text }, atMs))
      case 'tool-start':
      case 'tool-arguments':
      case 'tool-end':
        return this.#call(this.#calls.push(event), atMs)
      case 'usage':
        this.#usage = event.usage
        return this.#reason === undefined ? [] : this.#finish(atMs)
      case 'finish':
        this.#reason = event.reason
        return this.#usage ? this.#finish(atMs) : []
      case 'error':
        this.#over = true
        return this.#frames(errorLine(event.error, this.#http))
      case 'start':
      case 'citation':
        return []
    }
  }

  end(atMs = 0): Frame[] {
    return this.#spoken ? this.#finish(atMs) : []
  }

  #call(call: WholeCall | undefined, atMs: number): Frame[] {
    if (!call) return []
    const written = this.#lines.call(call)
    if (!this.#isGenerate) return this.#line(this.#lines.said({ calls: [written] }, atMs))
    this.#called.push(written)
    return []
  }

  #finish(atMs: number): Frame[] {
    if (this.#over) return []
    const rest = this.#calls.rest().flatMap((call) => this.#call(call, atMs))
    this.#over = true
    const ended: Ended = {
      reason: this.#reason ?? 'stop',
      usage: this.#usage,
      firstMs: this.#firstMs ?? atMs,
      atMs,
      text: this.#text,
    }
    const said = this.#isGenerate ? { calls: this.#called } : {}
    return [...rest, ...this.#line(this.#lines.ended(said, ended))]
  }

  #line(value: Record<string, unknown>): Frame[] {
    return this.#frames(goJson(value))
  }

  #frames(data: string): Frame[] {
    const frame = this.#framing.encode({ data })
    return frame ? [frame] : []
  }
}

/** Nobody sees when the first token of a whole answer came: after a fifth of the time, say. */
const firstFifth = 0.2

export function wholeReply(events: Iterable<Event>, reply: ReplyContext, atMs = 0): HttpReply {
  const lines = new Lines(reply)
  const load = loadReason(reply.request)
  if (load) return whole(lines.loaded(load))
  const { choices, usage, error } = fold(events)
  if (error) return ollamaError(error, reply.request.http)
  const [said] = choices
  const text = said.parts
    .map((part) => (part.kind === 'text' || part.kind === 'refusal' ? part.text : ''))
    .join('')
  const calls = callsOf(said).map((call) => lines.call(call))
  const thinking = textOf(said, 'reasoning')
  const reason = finishOf(said)
  const firstMs = atMs * firstFifth
  return whole(lines.ended({ text, thinking, calls }, { reason, usage, firstMs, atMs, text }))
}

const whole = (value: unknown): HttpReply => ({
  status: 200,
  headers: [['content-type', jsonType]],
  body: goJson(value),
})
