/** The routes beside chat: models, counting of tokens, embeddings. */
import type { ApiError } from '../../core/api-error.ts'
import { isApiError, type Route, type RouteContext } from '../../core/dialect.ts'
import type { HttpReply, HttpRequest } from '../../core/http.ts'
import type { Random } from '../../core/random.ts'
import { countTokens } from '../grain.ts'
import { embedding } from '../shapes/embedding.ts'
import { inputTokens } from '../shapes/input-tokens.ts'
import { isObject, type JsonObject, objectsIn, readJsonObject } from '../shapes/json-body.ts'
import { printBody } from './json.ts'
import { messagesOf, partsOf, readBody, textOf } from './request.ts'
import {
  batchEmbedContentsRequest,
  countTokensRequest,
  embedContentRequest,
} from './request-fields.ts'
import { geminiSurface, type Surface } from './surface.ts'
import { googleHeaders, jsonType } from './wire.ts'

type Answer = NonNullable<Route['answer']>

/** What is listed where a scenario names no models of its own. */
const usualModels = ['gemini-3-pro-preview', 'gemini-3-flash-preview', 'gemini-2.5-flash']
const embeddingModel = 'gemini-embedding-001'

export const ok = (value: unknown, random: Random): HttpReply => ({
  status: 200,
  headers: [['content-type', jsonType], ...googleHeaders(random)],
  body: `${printBody(value)}\n`,
})

const modelOf = ({ params }: HttpRequest): string => params['model'] ?? ''

const known = (models: readonly string[] | undefined): readonly string[] =>
  models ?? [...usualModels, embeddingModel]

const titleOf = (name: string): string =>
  name
    .split('-')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join(' ')

function describeModel(surface: Surface, name: string): JsonObject {
  if (surface.dialect === 'vertex') {
    return { name: `publishers/google/models/${name}`, versionId: 'default', launchStage: 'GA' }
  }
  const embeds = name.includes('embedding')
  return {
    name: `models/${name}`,
    version: '001',
    displayName: titleOf(name),
    inputTokenLimit: embeds ? 2048 : 1_048_576,
    outputTokenLimit: embeds ? 1 : 65_536,
    supportedGenerationMethods: embeds
      ? ['embedContent', 'batchEmbedContents', 'countTokens']
      : ['generateContent', 'countTokens', 'streamGenerateContent'],
  }
}

const pageSizes = { usual: 50, most: 1000 }

/** A token tells, opaquely, how many models came before. */
const pageToken = (begin: number): string => Buffer.from(`models/${begin}`).toString('base64url')

const listModels =
  (surface: Surface): Answer =>
  ({ query }, { models, random }) => {
    const all = known(models)
    const asked = Number(query.get('pageSize') || 0)
    if (!Number.isInteger(asked) || asked < 0) return refusedQuery('page_size')
    const size = asked === 0 ? pageSizes.usual : Math.min(asked, pageSizes.most)
    const token = query.get('pageToken') || pageToken(0)
    const begin = all.findIndex((_, index) => pageToken(index) === token)
    if (begin < 0 && token !== pageToken(0)) return refusedQuery('page_token')
    const end = Math.max(0, begin) + size
    const list = all.slice(Math.max(0, begin), end).map((name) => describeModel(surface, name))
    const more = end < all.length ? { nextPageToken: pageToken(end) } : {}
    const field = surface.dialect === 'vertex' ? 'publisherModels' : 'models'
    return ok({ [field]: list, ...more }, random)
  }

const refusedQuery = (param: string): ApiError => ({
  code: 'invalid-request',
  param,
  message: `The ${param} is invalid.`,
})

const getModel =
  (surface: Surface): Answer =>
  (http, { models, random }) => {
    const model = modelOf(http)
    if (known(models).includes(model)) return ok(describeModel(surface, model), random)
    return { code: 'model-not-found' }
  }

const countOf =
  (surface: Surface): Answer =>
  (http, { random }) => {
    const read = readBody(http, countTokensRequest, surface)
    if (isApiError(read)) return read
    const { value } = read
    const wrapped = value['generateContentRequest']
    const messages = messagesOf(isObject(wrapped) ? wrapped : value)
    if (messages.length === 0) return missing(surface, 'contents', 'contents is not specified')
    const totalTokens = inputTokens(messages)
    const details = { promptTokensDetails: [{ modality: 'TEXT', tokenCount: totalTokens }] }
    if (surface.dialect === 'gemini') return ok({ totalTokens, ...details }, random)
    const text = messages.map((message) => message.text).join('')
    const totalBillableCharacters = text.replaceAll(/\s/g, '').length
    return ok({ totalTokens, totalBillableCharacters, ...details }, random)
  }

const missing = (surface: Surface, field: string, problem: string): ApiError => ({
  code: 'invalid-request',
  message: surface.refusal(field, problem),
})

/** Models of before 2025 have fewer dimensions; a request may ask for its own number. */
function valuesOf(text: string, model: string, asked: unknown, random: Random): number[] {
  const usual = /^(text-)?(multilingual-)?embedding-|^text-/.test(model) ? 768 : 3072
  const dimensions = typeof asked === 'number' && asked >= 1 ? Math.min(asked, 3072) : usual
  // As many digits as a number of 32 bits has.
  return embedding(text, dimensions, random).map((value) => Number(value.toPrecision(8)))
}

function contentEmbedding(
  request: JsonObject,
  http: HttpRequest,
  { random }: RouteContext,
): JsonObject | ApiError {
  const parts = partsOf(request['content'])
  if (parts.length === 0) {
    return missing(geminiSurface, 'content', 'content is not specified')
  }
  const config = isObject(request['embedContentConfig']) ? request['embedContentConfig'] : {}
  const asked = request['outputDimensionality'] ?? config['outputDimensionality']
  return { values: valuesOf(textOf(parts), modelOf(http), asked, random) }
}

const embedContent =
  (surface: Surface): Answer =>
  (http, context) => {
    const read = readBody(http, embedContentRequest, surface)
    if (isApiError(read)) return read
    const vector = contentEmbedding(read.value, http, context)
    if (isApiError(vector)) return vector
    if (surface.dialect === 'gemini') return ok({ embedding: vector }, context.random)
    const promptTokenCount = countTokens(textOf(partsOf(read.value['content'])))
    const usageMetadata = { promptTokenCount, totalTokenCount: promptTokenCount }
    return ok({ embedding: vector, usageMetadata, truncated: false }, context.random)
  }

const batchEmbedContents =
  (surface: Surface): Answer =>
  (http, context) => {
    const read = readBody(http, batchEmbedContentsRequest, surface)
    if (isApiError(read)) return read
    const embeddings: JsonObject[] = []
    for (const request of objectsIn(read.value['requests'])) {
      const vector = contentEmbedding(request, http, context)
      if (isApiError(vector)) return vector
      embeddings.push(vector)
    }
    return ok({ embeddings }, context.random)
  }

/** How Vertex AI embeds by its older models. */
const predict: Answer = (http, { random }) => {
  const body = readJsonObject(http)
  if (typeof body === 'string') return { code: 'invalid-request', message: body }
  const instances = objectsIn(body['instances'])
  if (instances.length === 0 || instances.some(({ content }) => typeof content !== 'string')) {
    return {
      code: 'invalid-request',
      message: 'Each of the instances must have a text as content.',
    }
  }
  const parameters = isObject(body['parameters']) ? body['parameters'] : {}
  const predictions = instances.map(({ content }) => {
    const text = String(content)
    const values = valuesOf(text, modelOf(http), parameters['outputDimensionality'], random)
    const statistics = { truncated: false, token_count: countTokens(text) }
    return { embeddings: { statistics, values } }
  })
  return ok({ predictions }, random)
}

const chat = (path: string): Route[] => [
  { method: 'POST', path: `${path}:generateContent` },
  { method: 'POST', path: `${path}:streamGenerateContent` },
]

const shared = (path: string, surface: Surface): Route[] => [
  ...chat(path),
  { method: 'POST', path: `${path}:countTokens`, answer: countOf(surface) },
  { method: 'POST', path: `${path}:embedContent`, answer: embedContent(surface) },
]

const models = (path: string, surface: Surface): Route[] => [
  { method: 'GET', path, answer: listModels(surface) },
  { method: 'GET', path: `${path}/:model`, answer: getModel(surface) },
]

/** The newest version first. */
export const geminiRoutes = (surface: Surface): Route[] =>
  ['v1beta', 'v1', 'v1alpha'].flatMap((version) => [
    ...shared(`/${version}/models/:model`, surface),
    {
      method: 'POST',
      path: `/${version}/models/:model:batchEmbedContents`,
      answer: batchEmbedContents(surface),
    },
    ...models(`/${version}/models`, surface),
    ...chat(`/${version}/tunedModels/:model`),
  ])

/** A key of its own, in express mode, names no project. */
export const vertexRoutes = (surface: Surface): Route[] =>
  ['v1beta1', 'v1'].flatMap((version) => [
    ...['projects/:project/locations/:location/', ''].flatMap((place) => {
      const path = `/${version}/${place}publishers/google/models/:model`
      return [
        ...shared(path, surface),
        { method: 'POST', path: `${path}:predict`, answer: predict },
      ]
    }),
    ...models(`/${version}/publishers/google/models`, surface),
  ])
