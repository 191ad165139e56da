/**
 * Anthropic's models by InvokeModel: the Messages API without its model and its stream flag, both of
 * which stand in the path, and without pings and padding in its stream.
 */
import type { ApiError } from '../../core/api-error.ts'
import { looseText, utf8 } from '../../core/bytes.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import { type Encoder, isApiError, type ReplyContext } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { HttpRequest } from '../../core/http.ts'
import { anthropic } from '../anthropic/messages.ts'
import { isObject, type JsonObject, parseObject, readJsonObject } from '../shapes/json-body.ts'
import { modelOf } from './converse-request.ts'
import { exceptionMessage } from './error.ts'
import type { EncoderOptions, InnerReader, ModelFamily } from './family.ts'
import { metricsKey } from './invoke-framing.ts'

export const claude: ModelFamily = {
  models: /(^|[./])anthropic\.claude/,
  parse,
  encoder: (options) => new ClaudeEncoder(options),
  owns: (inner) => typeof inner['type'] === 'string',
  reader,
  whole(_, reply, events) {
    const { body } = anthropic.whole(events, asAnthropic(reply))
    return atBedrock(parseObject(typeof body === 'string' ? body : looseText(body)) ?? {})
  },
  readWhole: (body) => anthropic.decodeWhole(utf8(JSON.stringify(body))),
}

const versionField = 'anthropic_version'
/** The only one there is. */
const bedrockVersion = 'bedrock-2023-05-31'
const betaField = 'anthropic_beta'

/** Fields of the Messages API that have no place in a body here. */
const misplaced = ['model', 'stream']

function parse(http: HttpRequest, dialect: string): ChatRequest | ApiError {
  const body = readJsonObject(http)
  if (typeof body === 'string') return { code: 'invalid-request', message: body }
  const { [versionField]: version, [betaField]: betas, ...rest } = body
  if (version === undefined) return refused(`${versionField}: Field required`, versionField)
  if (version !== bedrockVersion) {
    return refused(`${versionField}: Input should be '${bedrockVersion}'`, versionField)
  }
  const extra = misplaced.find((field) => field in body)
  if (extra !== undefined) return refused(`${extra}: Extra inputs are not permitted`, extra)
  const model = modelOf(http)
  const stream = http.path.endsWith('-stream')
  const asked = anthropic.parseRequest({
    ...http,
    headers: [
      ['anthropic-version', '2023-06-01'],
      ...(Array.isArray(betas) ? [['anthropic-beta', betas.join(',')] as const] : []),
    ],
    body: utf8(JSON.stringify({ ...rest, model, stream })),
  })
  return isApiError(asked) ? asked : { ...asked, dialect, http, body, model, stream }
}

const refused = (message: string, param: string): ApiError => ({
  code: 'invalid-request',
  message,
  param,
})

/** Bedrock's id of a model holds the name that its maker gave it. */
const ownName = (modelId: string): string =>
  /anthropic\.(.+?)(?:-v\d+)?(?::\w+)*$/.exec(modelId)?.[1] ?? modelId

const asAnthropic = (reply: ReplyContext): ReplyContext => ({
  ...reply,
  request: { ...reply.request, model: ownName(reply.request.model ?? '') },
})

/** Ids of messages tell where they were made. */
function atBedrock(message: JsonObject): JsonObject {
  const { id } = message
  return typeof id === 'string' ? { ...message, id: id.replace(/^msg_/, 'msg_bdrk_') } : message
}

class ClaudeEncoder implements Encoder {
  readonly #options: EncoderOptions
  readonly #inner: Encoder
  #failed = false

  constructor(options: EncoderOptions) {
    this.#options = options
    this.#inner = anthropic.encoder(asAnthropic(options.reply))
  }

  push(event: Event, atMs: number): Frame[] {
    if (event.type === 'raw') return [{ bytes: event.bytes }]
    if (event.type === 'comment') return []
    if (event.type !== 'error') return this.#wrap(this.#inner.push(event, atMs))
    this.#failed = true
    const frame = this.#options.framing.encode(exceptionMessage(event.error))
    return frame ? [frame] : []
  }

  end(atMs: number): Frame[] {
    return this.#failed ? [] : this.#wrap(this.#inner.end(atMs))
  }

  #wrap(frames: readonly Frame[]): Frame[] {
    return frames.flatMap((frame) => {
      const inner = parseObject(frame.data ?? '')
      if (!inner || inner['type'] === 'ping') return []
      return this.#options.framing.encode({ data: JSON.stringify(this.#adapt(inner)) }) ?? []
    })
  }

  #adapt(inner: JsonObject): JsonObject {
    const { type, message } = inner
    if (type === 'message_start' && isObject(message)) {
      return { ...inner, message: atBedrock(message) }
    }
    const metrics = type === 'message_stop' ? this.#options.metrics() : undefined
    return metrics ? { ...inner, [metricsKey]: metrics } : inner
  }
}

function reader(): InnerReader {
  const decoder = anthropic.decoder()
  return {
    end: () => decoder.end(),
    read(inner) {
      const data = JSON.stringify(inner)
      const events = decoder.push({ data, event: String(inner['type']), bytes: utf8(data) })
      return events.some(({ type }) => type === 'raw') ? undefined : events
    },
  }
}
