/** A variant made ready: its templates compiled once, and the values that its replies share. */

import type { ReplyContext } from '../../core/dialect.ts'
import type { Usage } from '../../core/event.ts'
import type { Framing } from '../../core/frame.ts'
import { integer, type Random } from '../../core/random.ts'
import { sse } from '../../framing/index.ts'
import { drawn } from '../shapes/drawn.ts'
import { finishWords } from '../shapes/finish-words.ts'
import { isObject } from '../shapes/json-body.ts'
import {
  asksFor,
  compileJson,
  type JsonPieces,
  type JsonTemplate,
  quoted,
  type Slots,
  writeJson,
} from '../shapes/json-template.ts'
import type { WholeCall } from '../shapes/whole-calls.ts'
import { type Rewording, rewordingFor } from './chat-wording.ts'
import { requestIdOf } from './service-headers.ts'
import type { ByFrame, ChatVariant, DeltaForms } from './variant.ts'

export type FrameKind = 'open' | 'text' | 'call' | 'finish'

type Deltas = { readonly [name in keyof DeltaForms]-?: JsonPieces | undefined }

export interface ChatPlan {
  readonly variant: ChatVariant
  readonly framing: Framing
  readonly chunk: Readonly<Record<FrameKind, JsonPieces>>
  readonly usageChunk: JsonPieces | undefined
  readonly choice: Readonly<Record<FrameKind, JsonPieces>>
  readonly deltas: Deltas & Readonly<Record<'text' | 'call' | 'finish', JsonPieces>>
  readonly prelude: readonly (string | JsonPieces)[]
  readonly usage: JsonPieces
  readonly call: JsonPieces
  readonly whole: Readonly<Record<'reply' | 'choice' | 'message' | 'call', JsonPieces>>
  readonly errorInStream: JsonPieces
  /** Whether the chunk that finishes has to wait for the usage. */
  readonly finishesWithUsage: boolean
  readonly numbersTokens: boolean
  readonly tellsText: boolean
  readonly tellsSources: boolean
  /** Whether the request's id stands in bodies, too, and not in a header alone. */
  readonly tellsRequestId: boolean
  readonly tellsSeed: boolean
  /** For one reply; undefined where the service has a field for everything. */
  reword(reply: ReplyContext): Rewording | undefined
}

export function planChat(variant: ChatVariant): ChatPlan {
  const { stream, whole, errors } = variant
  const { deltas } = stream
  const maybe = (template: JsonTemplate | undefined): JsonPieces | undefined =>
    template === undefined ? undefined : compileJson(template)
  return {
    variant,
    framing: framingOf(variant),
    chunk: byFrame(stream.chunk),
    usageChunk: maybe(stream.usageChunk),
    choice: byFrame(stream.choice),
    deltas: {
      open: maybe(deltas.open),
      openForCall: maybe(deltas.openForCall),
      openForReasoning: maybe(deltas.openForReasoning),
      openWithCall: maybe(deltas.openWithCall),
      text: compileJson(deltas.text),
      reasoning: isWord(deltas.reasoning) ? undefined : compileJson(deltas.reasoning),
      refusal: maybe(deltas.refusal),
      call: compileJson(deltas.call),
      callArguments: maybe(deltas.callArguments),
      finish: compileJson(deltas.finish),
    },
    prelude: (stream.prelude ?? []).map((frame) =>
      typeof frame === 'string' ? frame : compileJson(frame.data),
    ),
    usage: compileJson(variant.usage),
    call: compileJson(variant.call),
    whole: {
      reply: compileJson(whole.reply),
      choice: compileJson(whole.choice),
      message: compileJson(whole.message),
      call: compileJson(variant.wholeCall ?? variant.call),
    },
    errorInStream: compileJson(errors.inStream?.data ?? errors.body),
    finishesWithUsage: variant.usageRule === 'finish' || variant.usageRule === 'every',
    numbersTokens: asksFor(compileJson(deltas.text), 'token'),
    reword: () => rewordingFor(variant),
    tellsText: asksFor(compileJson(stream.choice.every), 'text'),
    tellsSources: asksFor(compileJson(stream.chunk.every), 'citations'),
    tellsRequestId: JSON.stringify([stream, whole, errors]).includes('{{ requestId'),
    tellsSeed: JSON.stringify([stream, whole]).includes('{{ seed'),
  }
}

export const framingOf = ({ stream: { eol } }: ChatVariant): Framing => sse(eol ? { eol } : {})

const isWord = (template: JsonTemplate): boolean =>
  template === 'think-tags' || template === 'unsaid'

function byFrame({ every, ...others }: ByFrame): Readonly<Record<FrameKind, JsonPieces>> {
  const usual = compileJson(every)
  const kind = (template: JsonTemplate | undefined): JsonPieces =>
    template === undefined ? usual : compileJson(template)
  return {
    open: kind(others.open),
    text: kind(others.text),
    call: usual,
    finish: kind(others.finish),
  }
}

const finishes = finishWords({
  'tool-calls': 'tool_calls',
  'content-filter': 'content_filter',
})

/** The neutral word for the vendor's; a word that is not ours to name stays as it is. */
export const finishReason = finishes.reason

export const finishWord = finishes.word

/** What a reply says of itself in all of its parts, as JSON text. */
export function identity(plan: ChatPlan, reply: ReplyContext): Slots {
  const { variant, tellsRequestId, tellsSeed } = plan
  const random = reply.random.fork('id')
  const created = String(Math.floor(reply.createdMs / 1000))
  const text = (form: string): string => quoted(drawn(form, random, { created }))
  return {
    id: text(variant.ids.reply),
    created,
    model: quoted(reply.request.model ?? variant.models[0] ?? ''),
    fingerprint: text(variant.ids.fingerprint),
    requestId: tellsRequestId ? quoted(requestIdOf(variant, reply.random)) : undefined,
    seed: tellsSeed ? String(integer(random, 1, 2 ** 31)) : undefined,
  }
}

/** Ids in the order in which the calls begin, be the reply streamed or not. */
export function idGiver(
  { variant }: ChatPlan,
  reply: ReplyContext,
): (given: string | undefined) => string {
  let random: Random | undefined
  return (given) => {
    random ??= reply.random.fork('calls')
    return given ?? drawn(variant.ids.call, random)
  }
}

export const callText = (pieces: JsonPieces, call: WholeCall): string =>
  writeJson(pieces, {
    index: String(call.index),
    id: JSON.stringify(call.id),
    name: JSON.stringify(call.name),
    arguments: JSON.stringify(call.arguments),
  })

const perSecond = { read: 20_000, written: 400 }
const perMillion = { input: 2.5, output: 10 }

/** Seconds and costs are made up from the counts: they only have the vendor's form. */
export function usageText({ usage: pieces }: ChatPlan, usage: Usage): string {
  const { inputTokens, outputTokens, cachedTokens = 0, reasoningTokens = 0 } = usage
  const inputSeconds = inputTokens / perSecond.read
  const outputSeconds = outputTokens / perSecond.written
  const inputCost = (inputTokens * perMillion.input) / 1e6
  const outputCost = (outputTokens * perMillion.output) / 1e6
  const numbers: Record<string, number> = {
    input: inputTokens,
    output: outputTokens,
    total: inputTokens + outputTokens,
    cached: cachedTokens,
    uncached: Math.max(0, inputTokens - cachedTokens),
    reasoning: reasoningTokens,
    spoken: Math.max(0, outputTokens - reasoningTokens),
    inputCost: rounded(inputCost),
    outputCost: rounded(outputCost),
    cost: rounded(inputCost + outputCost),
    queueSeconds: 0.04,
    inputSeconds: rounded(inputSeconds),
    outputSeconds: rounded(outputSeconds),
    seconds: rounded(inputSeconds + outputSeconds),
  }
  const slots: Record<string, string> = {}
  for (const [name, value] of Object.entries(numbers)) slots[name] = String(value)
  if (reasoningTokens > 0) slots['reasoningDetails'] = `{"reasoning_tokens":${reasoningTokens}}`
  if (cachedTokens > 0) slots['cachedDetails'] = `{"cached_tokens":${cachedTokens}}`
  return writeJson(pieces, slots)
}

const rounded = (value: number): number => Math.round(value * 1e9) / 1e9

/** Where the text is said to come from, for services that tell. */
export function sourceSlots(citations: readonly unknown[]): { citations: string; sources: string } {
  const sources = citations.map((citation) =>
    typeof citation === 'string' ? { title: citation, url: citation, date: null } : citation,
  )
  return { citations: JSON.stringify(citations), sources: JSON.stringify(sources) }
}

/** Log probabilities are invented from the seed: they only have the vendor's form. */
export function logprobsOf(text: string, random: Random): readonly unknown[] {
  const logprob = -Math.round(random.next() * 1e4) / 1e4
  return text === ''
    ? []
    : [{ token: text, logprob, bytes: [...Buffer.from(text)], top_logprobs: [] }]
}

/** The source of log probabilities, where the request asks for any. */
export const logprobsRandom = ({ request, random }: ReplyContext): Random | undefined =>
  isObject(request.body) && request.body['logprobs'] === true ? random.fork('logprobs') : undefined

export function streamOption({ request: { body } }: ReplyContext, name: string): boolean {
  const options = isObject(body) ? body['stream_options'] : undefined
  return isObject(options) && options[name] === true
}
