/**
 * Amazon Bedrock InvokeModel: `POST /model/:modelId/invoke` and `/invoke-with-response-stream`, which
 * carry the native format of whichever model is named. Source: the API reference of Bedrock, recorded
 * streams, and @aws-sdk/client-bedrock-runtime, which is the judge of what this writes.
 */

import type { ApiError } from '../../core/api-error.ts'
import { looseText } from '../../core/bytes.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect, Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import { type Headers, type HttpReply, type HttpRequest, jsonReply } from '../../core/http.ts'
import { silentLimitWords } from '../../core/limits.ts'
import type { Push } from '../../core/push.ts'
import { awsEventStream } from '../../framing/index.ts'
import { parseObject } from '../shapes/json-body.ts'
import { fold } from '../shapes/said.ts'
import { accessKey } from './access-key.ts'
import { claude } from './claude.ts'
import { unknownModel } from './converse.ts'
import { modelOf } from './converse-request.ts'
import { cohereEmbed, titanEmbed } from './embed.ts'
import { bedrockError, readErrorBody, readException, requestId } from './error.ts'
import type { InnerReader, ModelFamily } from './family.ts'
import { type InvocationMetrics, innerEvent, invokeFraming } from './invoke-framing.ts'
import { nova } from './nova.ts'
import { titan } from './titan.ts'

const name = 'bedrock-invoke'

const framing = awsEventStream()

const families: readonly ModelFamily[] = [claude, nova, titan, titanEmbed, cohereEmbed]

const familyOf = (model: string | undefined): ModelFamily | undefined =>
  families.find(({ models }) => models.test(model ?? ''))

export const bedrockInvoke: Dialect = {
  name,
  title: 'Amazon Bedrock InvokeModel',
  routes: [
    { method: 'POST', path: '/model/:modelId/invoke-with-response-stream' },
    { method: 'POST', path: '/model/:modelId/invoke' },
  ],
  framing,
  grain: 'token',
  headers: [
    'x-amzn-requestid',
    'x-amzn-errortype',
    'x-amzn-bedrock-content-type',
    'x-amzn-bedrock-input-token-count',
    'x-amzn-bedrock-output-token-count',
    'x-amzn-bedrock-invocation-latency',
    'x-amzn-bedrock-guardrailidentifier',
    'x-amzn-bedrock-guardrailversion',
    'x-amzn-bedrock-trace',
  ],
  key: accessKey,
  parseRequest,
  checkModel: unknownModel,
  streamHeaders: (reply) => [
    ['content-type', framing.contentType],
    ['x-amzn-bedrock-content-type', 'application/json'],
    ...requestId(reply.random),
  ],
  encoder: (reply) => new InvokeEncoder(reply),
  decoder: () => new InvokeDecoder(),
  decodeWhole,
  limits: silentLimitWords,
  whole,
  error: bedrockError,
}

function parseRequest(http: HttpRequest): ChatRequest | ApiError {
  const model = modelOf(http)
  const family = familyOf(model)
  const streams = http.path.endsWith('-stream')
  if (family && (family.encoder || !streams)) return family.parse(http, name)
  const message = family
    ? 'The model is unsupported for streaming.'
    : `stuntdouble plays no model of the family of "${model}" by InvokeModel; use Converse, or one of anthropic.claude, amazon.nova, amazon.titan-text, amazon.titan-embed-text, cohere.embed.`
  return { code: 'invalid-request', message }
}

/** Keeps the figures that the last event carries; what is said is the family's. */
class InvokeEncoder implements Encoder {
  readonly #inner: Encoder | undefined
  #usage: Usage | undefined
  #firstMs: number | undefined
  #nowMs = 0

  constructor(reply: ReplyContext) {
    const family = familyOf(reply.request.model) ?? claude
    this.#inner = family.encoder?.({
      reply,
      framing: invokeFraming(reply.random.fork('padding')),
      metrics: () => this.#metrics(),
    })
  }

  push(event: Event, atMs = 0): Frame[] {
    this.#nowMs = atMs
    if (event.type === 'usage') this.#usage = event.usage
    if (event.type !== 'start') this.#firstMs ??= atMs
    return this.#inner?.push(event, atMs) ?? []
  }

  end(atMs = this.#nowMs): Frame[] {
    this.#nowMs = atMs
    return this.#inner?.end(atMs) ?? []
  }

  #metrics(): InvocationMetrics | undefined {
    if (!this.#usage) return undefined
    return {
      inputTokenCount: this.#usage.inputTokens,
      outputTokenCount: this.#usage.outputTokens,
      invocationLatency: Math.round(this.#nowMs),
      firstByteLatency: Math.round(this.#firstMs ?? this.#nowMs),
    }
  }
}

class InvokeDecoder implements Push<Frame, Event> {
  /** Of the family that the first event shows; a stream has one. */
  #reader: InnerReader | undefined

  push(frame: Frame): Event[] {
    const error = readException(frame, parseObject(frame.data ?? ''))
    if (error) return [{ type: 'error', error }]
    const inner = innerEvent(frame)
    if (inner) this.#reader ??= families.find(({ owns }) => owns(inner))?.reader()
    const events = inner && this.#reader?.read(inner)
    return events ? [...events] : [{ type: 'raw', bytes: frame.bytes }]
  }

  end(): Event[] {
    return [...(this.#reader?.end() ?? [])]
  }
}

function whole(events: Iterable<Event>, reply: ReplyContext, atMs = 0): HttpReply {
  const heard = [...events]
  const said = fold(heard)
  if (said.error) return bedrockError(said.error, reply.request.http, reply.random)
  const family = familyOf(reply.request.model) ?? claude
  return jsonReply(200, family.whole(said, reply, heard), [
    ...requestId(reply.random),
    ...countHeaders(said.usage, atMs),
  ])
}

function countHeaders(usage: Usage | undefined, atMs: number): Headers {
  if (!usage) return []
  return [
    ['x-amzn-bedrock-input-token-count', `${usage.inputTokens}`],
    ['x-amzn-bedrock-output-token-count', `${usage.outputTokens}`],
    ['x-amzn-bedrock-invocation-latency', `${Math.round(atMs)}`],
  ]
}

function decodeWhole(bytes: Uint8Array): Event[] {
  const body = parseObject(looseText(bytes))
  if (!body) return []
  const error = readErrorBody(body)
  if (error) return [{ type: 'error', error }]
  return [...(families.find(({ owns }) => owns(body))?.readWhole(body) ?? [])]
}
