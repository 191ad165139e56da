/**
 * AG-UI: an agent's run as a stream of events for its user interface. Source: the schemas of
 * @ag-ui/core 1.0 and the order that @ag-ui/client 1.0 checks, which is the judge of what this writes.
 */
import { looseText } from '../../core/bytes.ts'
import type { Dialect, Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Usage } from '../../core/event.ts'
import type { Message } from '../../core/frame.ts'
import type { Headers } from '../../core/http.ts'
import { alphanumeric, uuid } from '../../core/random.ts'
import { sse } from '../../framing/index.ts'
import { appError, decodeAppError, sentenceOf } from '../shapes/app-error.ts'
import { isObject } from '../shapes/json-body.ts'
import { type Part, type PartsGrammar, partsEncoder } from '../shapes/parts-encoder.ts'
import { streamAtOnce } from '../shapes/stream-only.ts'
import { agUiDecoder } from './decoder.ts'
import { parseRunInput } from './request.ts'

const framing = sse()

const streamHeaders: Headers = [
  ['content-type', 'text/event-stream'],
  ['cache-control', 'no-cache'],
]

export const agUi: Dialect = {
  name: 'ag-ui',
  title: 'AG-UI',
  routes: [
    { method: 'POST', path: '/ag-ui' },
    { method: 'POST', path: '/agent' },
  ],
  framing,
  grain: 'token',
  headers: [],
  parseRequest: parseRunInput,
  checkModel: () => undefined,
  streamHeaders: () => streamHeaders,
  encoder,
  decoder: agUiDecoder,
  decodeWhole: (body) => decodeAppError(looseText(body)),
  whole: (events, reply) => streamAtOnce(events, encoder(reply), streamHeaders),
  error: appError,
}

function encoder(reply: ReplyContext): Encoder {
  return partsEncoder(framing, grammar(reply))
}

const event = (type: string, rest: object): Message => ({
  data: JSON.stringify({ type, ...rest }),
})

function grammar({ random, request }: ReplyContext): PartsGrammar {
  const run = runOf(request.body)
  const messageId = ({ index }: Part): string => uuid(random.fork(`message/${index}`))
  const calls = random.fork('calls')
  /** The message that calls belong to: the last text, or one that holds nothing else. */
  let parentMessageId: string | undefined
  const pending: string[] = []

  return {
    begin: () => [event('RUN_STARTED', run)],
    open(part) {
      if (part.kind === 'tool') {
        parentMessageId ??= messageId(part)
        pending.push(part.id)
        const call = { toolCallId: part.id, toolCallName: part.name, parentMessageId }
        return [event('TOOL_CALL_START', call)]
      }
      const id = messageId(part)
      if (part.kind === 'reasoning') {
        return [
          event('REASONING_START', { messageId: id }),
          event('REASONING_MESSAGE_START', { messageId: id, role: 'reasoning' }),
        ]
      }
      parentMessageId = id
      return [event('TEXT_MESSAGE_START', { messageId: id, role: 'assistant' })]
    },
    delta(part, delta) {
      // Clients before 1.0 refuse a delta that is empty.
      if (delta === '') return []
      if (part.kind === 'tool') return [event('TOOL_CALL_ARGS', { toolCallId: part.id, delta })]
      const type = part.kind === 'reasoning' ? 'REASONING_MESSAGE_CONTENT' : 'TEXT_MESSAGE_CONTENT'
      return [event(type, { messageId: messageId(part), delta })]
    },
    close(part) {
      if (part.kind === 'tool') return [event('TOOL_CALL_END', { toolCallId: part.id })]
      const id = { messageId: messageId(part) }
      if (part.kind !== 'reasoning') return [event('TEXT_MESSAGE_END', id)]
      return [event('REASONING_MESSAGE_END', id), event('REASONING_END', id)]
    },
    finish: (reason, usage) => [
      event('RUN_FINISHED', {
        ...run,
        ...(reason === 'tool-calls'
          ? { outcome: { type: 'success', pendingToolCallIds: pending } }
          : {}),
        ...(usage ? { usage: [usageObject(usage)] } : {}),
      }),
    ],
    // The protocol leaves the words of `code` to the agent.
    error: (error) => [
      isObject(error.body)
        ? { data: JSON.stringify(error.body) }
        : event('RUN_ERROR', { message: sentenceOf(error), code: error.code }),
    ],
    callId: () => `call_${alphanumeric(calls, 24)}`,
  }
}

/** The ids by which the client knows its run. */
function runOf(body: unknown): { threadId: unknown; runId: unknown } {
  const { threadId = '', runId = '' } = isObject(body) ? body : {}
  return { threadId, runId }
}

function usageObject({ inputTokens, outputTokens, ...parts }: Usage): object {
  const { reasoningTokens, cachedTokens } = parts
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    ...(reasoningTokens ? { reasoningTokens } : {}),
    ...(cachedTokens ? { cachedInputTokens: cachedTokens } : {}),
  }
}
