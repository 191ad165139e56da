/** Buoy: every message repeats all that was said so far, which no description can say. */
import { z } from 'zod'
import { type ApiError, statusOf } from '../../src/core/api-error.ts'
import type { ChatRequest } from '../../src/core/chat-request.ts'
import { type Dialect, type Encoder, isApiError } from '../../src/core/dialect.ts'
import type { Event } from '../../src/core/event.ts'
import type { Frame } from '../../src/core/frame.ts'
import { type HttpReply, type HttpRequest, jsonReply } from '../../src/core/http.ts'
import type { Push } from '../../src/core/push.ts'
import { bracketPath, checkBody } from '../../src/dialects/shapes/checked.ts'
import { errorReply } from '../../src/dialects/shapes/error-reply.ts'
import { type JsonObject, parseObject } from '../../src/dialects/shapes/json-body.ts'
import { jsonDecoder } from '../../src/dialects/shapes/json-decoder.ts'
import { finishOf, fold, textOf } from '../../src/dialects/shapes/said.ts'
import { sse } from '../../src/framing/index.ts'

const framing = sse()

export const buoy: Dialect = {
  name: 'buoy',
  title: 'Buoy',
  routes: [{ method: 'POST', path: '/buoy/ask' }],
  framing,
  grain: 'word',
  headers: [],
  parseRequest,
  checkModel: () => undefined,
  streamHeaders: () => [['content-type', 'text/event-stream']],
  encoder,
  decoder,
  whole,
  decodeWhole: (body) => [...(read(parseObject(Buffer.from(body).toString()) ?? {}, '') ?? [])],
  error: (error) => errorReply(error, { status: statusOf(error), body: fault(error) }),
}

const ask = z.looseObject({ question: z.string().min(1), live: z.boolean().default(true) })

function parseRequest(http: HttpRequest): ChatRequest | ApiError {
  const checked = checkBody(http, {
    schema: ask,
    refuse: ({ path, message }) => ({
      code: 'invalid-request',
      message: `${bracketPath(path)}: ${message}`,
    }),
  })
  if (isApiError(checked)) return checked
  const { question, live } = checked.data
  return {
    dialect: 'buoy',
    http,
    body: checked.body,
    model: undefined,
    messages: [{ role: 'user', text: question }],
    system: undefined,
    user: question,
    tools: [],
    stream: live,
    dialogue: undefined,
    choices: 1,
  }
}

const fault = ({ code, message }: ApiError): JsonObject => ({ fault: message ?? code })

function encoder(): Encoder {
  let said = ''
  let isOver = false
  const write = (message: JsonObject): Frame[] => {
    const frame = framing.encode({ data: JSON.stringify(message) })
    return frame ? [frame] : []
  }
  const finish = (why: string): Frame[] => {
    isOver = true
    return write({ said, why })
  }
  return {
    push(event) {
      if ((event.choice ?? 0) > 0) return []
      switch (event.type) {
        case 'text':
          said += event.text
          return write({ said })
        case 'finish':
          return finish(event.reason)
        case 'error':
          isOver = true
          return write(fault(event.error))
        case 'raw':
          return [{ bytes: event.bytes }]
        default:
          return []
      }
    },
    end: () => (isOver ? [] : finish('stop')),
  }
}

function decoder(): Push<Frame, Event> {
  let before = ''
  return jsonDecoder({
    read(message) {
      const events = read(message, before)
      if (typeof message['said'] === 'string') before = message['said']
      return events
    },
  })
}

/** What a message says that those before it have not; undefined where it is none of ours. */
function read({ said, why, fault: broken }: JsonObject, before: string): Event[] | undefined {
  if (typeof broken === 'string') {
    return [{ type: 'error', error: { code: 'server-error', message: broken } }]
  }
  if (typeof said !== 'string') return undefined
  const text = said.startsWith(before) ? said.slice(before.length) : said
  const events: Event[] = text === '' ? [] : [{ type: 'text', text }]
  return typeof why === 'string' ? [...events, { type: 'finish', reason: why }] : events
}

function whole(events: Iterable<Event>): HttpReply {
  const { choices, error } = fold(events)
  if (error) return buoy.error(error)
  const [said = { parts: [], finish: undefined }] = choices
  return jsonReply(200, { said: textOf(said, 'text'), why: finishOf(said) })
}
