/**
 * The text stream of the AI SDK: the answer's text and nothing else, as `streamProtocol: 'text'` and
 * `TextStreamChatTransport` read it. It has no place for calls, thoughts, reasons, counts or errors.
 */
import { looseText } from '../../core/bytes.ts'
import type { Dialect, Encoder } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Headers } from '../../core/http.ts'
import { text } from '../../framing/index.ts'
import { appError, decodeAppError } from '../shapes/app-error.ts'
import { streamAtOnce } from '../shapes/stream-only.ts'
import { chatPath, completionPath, parseAiSdk, streamOf } from './request.ts'

const framing = text()

const streamHeaders: Headers = [['content-type', framing.contentType]]

export const aiSdkText: Dialect = {
  name: 'ai-sdk-text',
  title: 'Vercel AI SDK, text stream',
  routes: [
    { method: 'POST', path: chatPath },
    { method: 'POST', path: completionPath },
  ],
  framing,
  grain: 'token',
  headers: [],
  recognizes: (http) => streamOf(http) === 'text',
  parseRequest: (http) => parseAiSdk(http, 'ai-sdk-text', 'either'),
  checkModel: () => undefined,
  streamHeaders: () => streamHeaders,
  encoder,
  decoder: () => ({
    push: ({ bytes, data }) => [
      data === undefined ? { type: 'raw', bytes } : { type: 'text', text: data },
    ],
    end: () => [],
  }),
  decodeWhole: (body) => decodeAppError(looseText(body)),
  whole: (events) => streamAtOnce(events, encoder(), streamHeaders),
  error: appError,
}

/** An error ends the text, and nobody is told. */
function encoder(): Encoder {
  let failed = false
  return {
    push(event: Event) {
      if (event.type === 'raw') return [{ bytes: event.bytes }]
      failed ||= event.type === 'error'
      const said = event.type === 'text' || event.type === 'refusal' ? event.text : ''
      const frame = said === '' || failed ? undefined : framing.encode({ data: said })
      return frame ? [frame] : []
    },
    end: () => [],
  }
}
