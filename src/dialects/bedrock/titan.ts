/**
 * Amazon Titan Text by InvokeModel: text and nothing else. Source: the API reference of Bedrock and a
 * recorded stream.
 */

import { z } from 'zod'
import type { Encoder } from '../../core/dialect.ts'
import type { Event, FinishReason, Usage } from '../../core/event.ts'
import type { Frame, Message } from '../../core/frame.ts'
import { finishWords } from '../shapes/finish-words.ts'
import { type JsonObject, objectsIn } from '../shapes/json-body.ts'
import { finishOf, textOf } from '../shapes/said.ts'
import { exceptionMessage } from './error.ts'
import type { EncoderOptions, ModelFamily } from './family.ts'
import { metricsKey } from './invoke-framing.ts'
import { parsePrompt } from './prompt-request.ts'

const requestSchema = z.looseObject({
  inputText: z.string().min(1),
  textGenerationConfig: z
    .looseObject({
      maxTokenCount: z.int().min(0).optional(),
      temperature: z.number().min(0).max(1).optional(),
      topP: z.number().min(0).max(1).optional(),
      stopSequences: z.array(z.string()).optional(),
    })
    .optional(),
})

const finishes = finishWords({
  stop: 'FINISH',
  length: 'LENGTH',
  'content-filter': 'CONTENT_FILTERED',
})

function finishReason(word: string): FinishReason {
  // The reference has the second of the two words, streams the first.
  if (word === 'FINISHED') return 'stop'
  return finishes.reason(word)
}

export const titan: ModelFamily = {
  models: /(^|[./])amazon\.titan-t/,
  parse: (http, dialect) => parsePrompt(http, dialect, requestSchema, ({ inputText }) => inputText),
  encoder: (options) => new TitanEncoder(options),
  owns: (inner) => 'outputText' in inner || 'results' in inner,
  reader: () => ({ read: readChunk, end: () => [] }),
  whole: ({ choices: [said], usage }) => ({
    inputTextTokenCount: usage?.inputTokens ?? 0,
    results: [
      {
        tokenCount: usage?.outputTokens ?? 0,
        outputText: textOf(said, 'text'),
        completionReason: finishes.word(finishOf(said)),
      },
    ],
  }),
  readWhole: (body) => objectsIn(body['results']).flatMap((result) => readResult(body, result)),
}

class TitanEncoder implements Encoder {
  readonly #options: EncoderOptions
  #reason: FinishReason | undefined
  #usage: Usage | undefined
  #spoken = false
  #over = false

  constructor(options: EncoderOptions) {
    this.#options = options
  }

  push(event: Event): Frame[] {
    switch (event.type) {
      case 'raw':
        return [{ bytes: event.bytes }]
      case 'comment':
        return []
      case 'text':
        this.#spoken = true
        return this.#chunk(event.text)
      case 'usage':
        this.#usage = event.usage
        return this.#reason === undefined ? [] : this.#finish()
      case 'finish':
        this.#spoken = true
        this.#reason = event.reason
        return this.#usage ? this.#finish() : []
      case 'error':
        this.#over = true
        return this.#write(exceptionMessage(event.error))
      default:
        this.#spoken = true
        return []
    }
  }

  end(): Frame[] {
    return this.#spoken ? this.#finish() : []
  }

  #finish(): Frame[] {
    if (this.#over) return []
    this.#over = true
    const metrics = this.#options.metrics()
    return this.#chunk('', {
      totalOutputTextTokenCount: this.#usage?.outputTokens ?? null,
      completionReason: finishes.word(this.#reason ?? 'stop'),
      inputTextTokenCount: this.#usage?.inputTokens ?? null,
      ...(metrics ? { [metricsKey]: metrics } : {}),
    })
  }

  #chunk(outputText: string, last: object = unfinished): Frame[] {
    return this.#write({ data: JSON.stringify({ outputText, index: 0, ...last }) })
  }

  #write(message: Message): Frame[] {
    const frame = this.#options.framing.encode(message)
    return frame ? [frame] : []
  }
}

const unfinished = {
  totalOutputTextTokenCount: null,
  completionReason: null,
  inputTextTokenCount: null,
}

/** A guardrail that steps in gives no reason of the model's. */
function readChunk(chunk: JsonObject): Event[] | undefined {
  const { outputText: text, completionReason: word, totalOutputTextTokenCount: output } = chunk
  if (typeof text !== 'string') return undefined
  const stopped = chunk['amazon-bedrock-guardrailAction'] === 'INTERVENED'
  const reason = typeof word === 'string' ? finishReason(word) : undefined
  const finish = reason ?? (stopped ? 'content-filter' : undefined)
  return [
    ...(text === '' ? [] : [{ type: 'text', text } as const]),
    ...(finish === undefined ? [] : [{ type: 'finish', reason: finish } as const]),
    ...usageEvents(chunk['inputTextTokenCount'], output),
  ]
}

function readResult(body: JsonObject, result: JsonObject): Event[] {
  const { outputText: text, completionReason: word } = result
  return [
    { type: 'start' },
    ...(typeof text === 'string' ? [{ type: 'text', text } as const] : []),
    ...(typeof word === 'string' ? [{ type: 'finish', reason: finishReason(word) } as const] : []),
    ...usageEvents(body['inputTextTokenCount'], result['tokenCount']),
  ]
}

const usageEvents = (inputTokens: unknown, outputTokens: unknown): Event[] =>
  typeof inputTokens === 'number' && typeof outputTokens === 'number'
    ? [{ type: 'usage', usage: { inputTokens, outputTokens } }]
    : []
