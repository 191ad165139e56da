/**
 * The data stream of the AI SDK, version 1, as `useChat` of its versions 3.4 to 4 reads it: lines of
 * a code, a colon and JSON. Source: @ai-sdk/ui-utils 1.2, which is the judge of what this writes.
 */
import { looseText } from '../../core/bytes.ts'
import type { Dialect, Encoder, ReplyContext, Route } from '../../core/dialect.ts'
import type { Usage } from '../../core/event.ts'
import type { Framing, Message } from '../../core/frame.ts'
import type { Headers } from '../../core/http.ts'
import { alphanumeric } from '../../core/random.ts'
import { ndjson } from '../../framing/index.ts'
import { appError, decodeAppError, sentenceOf } from '../shapes/app-error.ts'
import { type PartsGrammar, partsEncoder } from '../shapes/parts-encoder.ts'
import { streamAtOnce } from '../shapes/stream-only.ts'
import { argumentsObject } from '../shapes/whole-calls.ts'
import { dataStreamDecoder } from './data-stream-decoder.ts'
import { chatPath, completionPath, parseAiSdk, streamOf } from './request.ts'
import { citationSource } from './source.ts'

/** Lines, though not of JSON alone, and said to be text. */
const framing: Framing = { ...ndjson(), contentType: 'text/plain; charset=utf-8' }

const streamHeaders: Headers = [
  ['content-type', framing.contentType],
  ['x-vercel-ai-data-stream', 'v1'],
]

/** The client of that time asks with `?chatId=`, and takes an empty stream for none. */
const resume: Route = {
  method: 'GET',
  path: chatPath,
  answer(http, { memory }) {
    const id = http.query.get('chatId')
    if (!id) return { code: 'invalid-request', message: 'chatId is required.', param: 'chatId' }
    if (memory.recall(id)?.inFlight) return { resume: id }
    return { status: 200, headers: streamHeaders, body: '' }
  },
}

export const aiSdkData: Dialect = {
  name: 'ai-sdk-data',
  title: 'Vercel AI SDK, data stream (version 4)',
  routes: [{ method: 'POST', path: chatPath }, { method: 'POST', path: completionPath }, resume],
  framing,
  grain: 'token',
  headers: ['x-vercel-ai-data-stream'],
  recognizes: (http) => streamOf(http) === 'content',
  parseRequest: (http) => parseAiSdk(http, 'ai-sdk-data', 'content'),
  checkModel: () => undefined,
  streamHeaders: () => streamHeaders,
  encoder,
  keepAs: ({ request }) => request.dialogue,
  decoder: dataStreamDecoder,
  decodeWhole: (body) => decodeAppError(looseText(body)),
  whole: (events, reply) => streamAtOnce(events, encoder(reply), streamHeaders),
  error: appError,
}

function encoder(reply: ReplyContext): Encoder {
  return partsEncoder(framing, grammar(reply))
}

const line = (code: string, value: unknown): Message => ({
  data: `${code}:${JSON.stringify(value)}`,
})

function grammar({ random }: ReplyContext): PartsGrammar {
  const calls = random.fork('calls')
  const sources = random.fork('sources')
  return {
    begin: () => [line('f', { messageId: `msg-${alphanumeric(random.fork('id'), 24)}` })],
    open: (part) =>
      part.kind === 'tool' ? [line('b', { toolCallId: part.id, toolName: part.name })] : [],
    delta(part, delta) {
      if (part.kind === 'tool') return [line('c', { toolCallId: part.id, argsTextDelta: delta })]
      return [line(part.kind === 'reasoning' ? 'g' : '0', delta)]
    },
    close(part) {
      if (part.kind !== 'tool') return []
      const args = argumentsObject(part.text)
      return [line('9', { toolCallId: part.id, toolName: part.name, args })]
    },
    citation(_part, citation) {
      const source = citationSource(citation, sources)
      if (!source) return []
      const { sourceId: id, ...rest } = source
      return [line('h', { sourceType: 'url', id, ...rest })]
    },
    finish: (finishReason, counted) => [
      line('e', { finishReason, usage: usageObject(counted), isContinued: false }),
      line('d', { finishReason, usage: usageObject(counted) }),
    ],
    error: (error) => [line('3', typeof error.body === 'string' ? error.body : sentenceOf(error))],
    callId: () => `call_${alphanumeric(calls, 24)}`,
  }
}

/** What is not known was not a number, which JSON writes as null. */
const usageObject = (usage: Usage | undefined): object => ({
  promptTokens: usage?.inputTokens ?? null,
  completionTokens: usage?.outputTokens ?? null,
})
