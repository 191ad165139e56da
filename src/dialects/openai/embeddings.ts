/**
 * Embeddings: `POST embeddings`, as a list of numbers or as base64 of little-endian 32-bit floats,
 * which is what the SDK asks for by itself.
 */
import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { Route } from '../../core/dialect.ts'
import { type HttpReply, type HttpRequest, jsonReply } from '../../core/http.ts'
import type { Random } from '../../core/random.ts'
import { countTokens } from '../grain.ts'
import { checkBody } from '../shapes/checked.ts'
import { embedding } from '../shapes/embedding.ts'
import { isNowhere, noModel } from './chat-request.ts'
import { modelNotFound } from './models.ts'
import { mistaken, refuse, unreadable } from './refuse.ts'
import { serviceHeaders } from './service-headers.ts'
import type { ChatVariant } from './variant.ts'

const tokens = z.array(z.int().min(0)).min(1).max(8192)

const requestSchema = z.looseObject({
  model: z.string().optional(),
  input: z.union([
    z.string(),
    z.array(z.string()).min(1).max(2048),
    tokens,
    z.array(tokens).min(1).max(2048),
  ]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
})

type Input = z.infer<typeof requestSchema>['input']

/** The length of a model's vectors, and whether a request may shorten them. */
const lengths: Readonly<Record<string, { readonly full: number; readonly shorter: boolean }>> = {
  'text-embedding-3-small': { full: 1536, shorter: true },
  'text-embedding-3-large': { full: 3072, shorter: true },
  'text-embedding-ada-002': { full: 1536, shorter: false },
}

const usualLength = { full: 1536, shorter: true }

export const embeddingRoute = (variant: ChatVariant, base: string): Route => ({
  method: 'POST',
  path: `${base}/embeddings`,
  answer: (http, { random, models }) => answer(variant, http, random, models),
})

function answer(
  variant: ChatVariant,
  http: HttpRequest,
  random: Random,
  models: readonly string[] | undefined,
): HttpReply | ApiError {
  if (isNowhere(variant, http)) return { code: 'not-found' }
  const checked = checkBody(http, {
    schema: requestSchema,
    refuse: refuse(variant, ['input']),
    unreadable: unreadable(variant),
  })
  if ('code' in checked) return checked
  const { input, dimensions, encoding_format: format } = checked.data
  const model = http.params['deployment'] ?? checked.data.model
  if (!model) return noModel(variant)
  if (models && !models.includes(model)) return modelNotFound(variant, model)
  const inputs = partsOf(input)
  if (inputs.includes('')) return emptyInput(variant)
  const { full, shorter } = lengths[model] ?? usualLength
  const length = dimensions ?? full
  if (length > full || (length < full && !shorter)) return wrongLength(variant, length, full)
  const data = inputs.map((part, index) => {
    const vector = embedding(textOf(part), length, random)
    return {
      object: 'embedding',
      index,
      embedding: format === 'base64' ? base64(vector) : vector.map(Math.fround),
    }
  })
  const count = inputs.reduce((sum: number, part) => sum + tokensOf(part), 0)
  const usage = { prompt_tokens: count, total_tokens: count }
  const headers = serviceHeaders(variant, random, { model })
  return jsonReply(200, { object: 'list', data, model, usage }, headers)
}

/** A list of numbers is one text, cut into tokens by the client. */
function partsOf(input: Input): readonly (string | readonly number[])[] {
  if (typeof input === 'string') return [input]
  return isTokens(input) ? [input] : input
}

const isTokens = (input: Exclude<Input, string>): input is number[] => typeof input[0] === 'number'

const textOf = (part: string | readonly number[]): string =>
  typeof part === 'string' ? part : `tokens ${part.join(' ')}`

const tokensOf = (part: string | readonly number[]): number =>
  typeof part === 'string' ? countTokens(part) : part.length

function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * 4)
  return bytes.toString('base64')
}

const emptyInput = (variant: ChatVariant): ApiError =>
  mistaken(variant, { message: "'input' cannot be an empty string.", param: 'input', code: null })

const wrongLength = (variant: ChatVariant, length: number, full: number): ApiError =>
  mistaken(variant, {
    message: `This model gives vectors of ${full} dimensions; ${length} cannot be had.`,
    param: 'dimensions',
    code: 'invalid_value',
  })
