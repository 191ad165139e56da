/**
 * Amazon Bedrock Converse: `POST /model/:modelId/converse` and `/converse-stream`, the one form for
 * all models of the service. Source: the API reference of Bedrock, recorded streams, and
 * @aws-sdk/client-bedrock-runtime, which is the judge of what this writes.
 */

import type { ApiError } from '../../core/api-error.ts'
import { looseText } from '../../core/bytes.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect, Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Frame, Message } from '../../core/frame.ts'
import { type HttpReply, jsonReply } from '../../core/http.ts'
import { silentLimitWords } from '../../core/limits.ts'
import type { Push } from '../../core/push.ts'
import { awsEventStream } from '../../framing/index.ts'
import { parseObject } from '../shapes/json-body.ts'
import { jsonDecoder } from '../shapes/json-decoder.ts'
import { partsEncoder } from '../shapes/parts-encoder.ts'
import { fold } from '../shapes/said.ts'
import { accessKey } from './access-key.ts'
import { ConverseReader, converseGrammar } from './converse-parts.ts'
import { parseConverse } from './converse-request.ts'
import { converseBody, readConverseBody } from './converse-whole.ts'
import { bedrockError, readErrorBody, readException, requestId } from './error.ts'
import { padding } from './padding.ts'

const framing = awsEventStream()

/** The service does not tell a model that does not exist from a name that cannot be one. */
export const unknownModel = (
  { model }: ChatRequest,
  models: readonly string[],
): ApiError | undefined =>
  model !== undefined && !models.includes(model) ? { code: 'model-not-found' } : undefined

export const bedrockConverse: Dialect = {
  name: 'bedrock-converse',
  title: 'Amazon Bedrock Converse',
  routes: [
    { method: 'POST', path: '/model/:modelId/converse-stream' },
    { method: 'POST', path: '/model/:modelId/converse' },
  ],
  framing,
  grain: 'token',
  headers: ['x-amzn-requestid', 'x-amzn-errortype', 'x-amz-target', 'amz-sdk-request'],
  usage: (baseUrl) => [`AWS_ENDPOINT_URL_BEDROCK_RUNTIME=${baseUrl}`],
  key: accessKey,
  parseRequest: (http) => parseConverse(http, 'bedrock-converse'),
  checkModel: unknownModel,
  streamHeaders: (reply) => [['content-type', framing.contentType], ...requestId(reply.random)],
  encoder,
  decoder,
  decodeWhole,
  limits: silentLimitWords,
  whole,
  error: bedrockError,
}

/** Members stand in the order of the alphabet, the padding `p` among them. */
function encoder(reply: ReplyContext): Encoder {
  const random = reply.random.fork('padding')
  const write = (event: string, members: object): Message => {
    const padded = Object.entries({ ...members, p: padding(random) })
    return { event, data: JSON.stringify(Object.fromEntries(padded.sort(byName))) }
  }
  return partsEncoder(framing, converseGrammar(reply, write))
}

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number =>
  a < b ? -1 : 1

function decoder(): Push<Frame, Event> {
  const reader = new ConverseReader()
  const json = jsonDecoder({
    read: (message, frame) => reader.read(message, frame.event ?? ''),
    end: () => reader.end(),
  })
  return {
    end: () => json.end(),
    push(frame) {
      const error = readException(frame, parseObject(frame.data ?? ''))
      return error ? [{ type: 'error', error }] : json.push(frame)
    },
  }
}

function whole(events: Iterable<Event>, reply: ReplyContext, atMs = 0): HttpReply {
  const said = fold(events)
  if (said.error) return bedrockError(said.error, reply.request.http, reply.random)
  const metrics = { latencyMs: Math.round(atMs) }
  return jsonReply(200, { metrics, ...converseBody(said, reply) }, requestId(reply.random))
}

function decodeWhole(bytes: Uint8Array): Event[] {
  const body = parseObject(looseText(bytes))
  if (!body) return []
  const error = readErrorBody(body)
  return readConverseBody(body) ?? (error ? [{ type: 'error', error }] : [])
}
