/** Mistral's routes beside chat: the list of models, and embeddings. */
import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { Route, RouteContext } from '../../core/dialect.ts'
import { type HttpReply, type HttpRequest, jsonReply } from '../../core/http.ts'
import { hex } from '../../core/random.ts'
import { countTokens } from '../grain.ts'
import { checkBody } from '../shapes/checked.ts'
import { embedding } from '../shapes/embedding.ts'
import { embeddingBase64, embeddingForms } from '../shapes/embedding-forms.ts'
import { correlation } from './headers.ts'
import { refuse, unreadable } from './request.ts'

/** What is listed where a scenario names no models of its own. */
const usualModels = [
  'mistral-large-latest',
  'mistral-medium-latest',
  'mistral-small-latest',
  'magistral-medium-latest',
  'codestral-latest',
  'mistral-embed',
]

/** Can a model of that name do it? The names tell. */
const capabilities = (id: string): object => ({
  completion_chat: !id.includes('embed'),
  function_calling: !id.includes('embed'),
  reasoning: id.startsWith('magistral'),
  completion_fim: id.startsWith('codestral'),
  fine_tuning: false,
  vision: false,
  ocr: false,
  classification: false,
  moderation: false,
  audio: false,
  audio_transcription: false,
})

const modelCard = (id: string, createdMs: number): object => ({
  id,
  object: 'model',
  created: Math.floor(createdMs / 1000),
  owned_by: 'mistralai',
  capabilities: capabilities(id),
  name: id,
  description: null,
  max_context_length: 131_072,
  aliases: [],
  deprecation: null,
  deprecation_replacement_model: null,
  default_model_temperature: 0.3,
  type: 'base',
})

/** As many as the vendor's models have where a request names no number. */
const dimensionsOf = (model: string): number => (model.startsWith('codestral-embed') ? 1536 : 1024)

const embeddingSchema = z.strictObject({
  model: z.string(),
  input: z.union([z.string(), z.array(z.string())]),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  output_dimension: z.int().min(1).max(3072).nullish(),
  output_dtype: z.enum(['float', 'int8', 'uint8', 'binary', 'ubinary']).nullish(),
  encoding_format: z.enum(['float', 'base64']).nullish(),
})

function embed(http: HttpRequest, { random }: RouteContext): HttpReply | ApiError {
  const read = checkBody(http, { schema: embeddingSchema, refuse, unreadable })
  if ('code' in read) return read
  const { model, input, output_dimension: length, output_dtype, encoding_format } = read.data
  const form = output_dtype ?? 'float'
  const texts = typeof input === 'string' ? [input] : input
  const written = (vector: readonly number[]): unknown =>
    encoding_format === 'base64' ? embeddingBase64(vector, form) : embeddingForms[form](vector)
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0)
  const body = {
    id: hex(random.fork('id'), 32),
    object: 'list',
    data: texts.map((text, index) => ({
      object: 'embedding',
      embedding: written(embedding(text, length ?? dimensionsOf(model), random)),
      index,
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens, completion_tokens: 0 },
  }
  return jsonReply(200, body, correlation(random))
}

export const mistralRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/models',
    answer: (_http, { models = usualModels, createdMs, random }) => {
      const data = models.map((id) => modelCard(id, createdMs))
      return jsonReply(200, { object: 'list', data }, correlation(random))
    },
  },
  {
    method: 'GET',
    path: '/v1/models/:model',
    answer(http, { models = usualModels, createdMs, random }) {
      const id = http.params['model'] ?? ''
      return models.includes(id)
        ? jsonReply(200, modelCard(id, createdMs), correlation(random))
        : { code: 'not-found', message: `Model ${id} not found` }
    },
  },
  { method: 'POST', path: '/v1/embeddings', answer: embed },
]
