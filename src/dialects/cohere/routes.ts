/**
 * What both versions of Cohere's API share beside chat: embeddings, rankings, tokens and models. All
 * of it has the vendor's form and none of its meaning, but for rankings: those count shared words.
 */
import { z } from 'zod'
import type { ApiError } from '../../core/api-error.ts'
import type { Route, RouteContext } from '../../core/dialect.ts'
import { type HttpReply, type HttpRequest, jsonReply } from '../../core/http.ts'
import { uuid } from '../../core/random.ts'
import { countTokens, cutText } from '../grain.ts'
import { checkBody } from '../shapes/checked.ts'
import { embedding } from '../shapes/embedding.ts'
import { embeddingBase64, embeddingForms } from '../shapes/embedding-forms.ts'
import { type JsonObject, objectsIn } from '../shapes/json-body.ts'
import { oneOf, refuse } from './chat-request.ts'
import { invalid, modelNotFound, serviceHeaders, unreadable } from './error.ts'

/** What is listed where a scenario names no models of its own. */
const usualModels = [
  'command-a-03-2025',
  'command-r-plus-08-2024',
  'command-r-08-2024',
  'embed-v4.0',
  'rerank-v3.5',
]

/** As the vendor's names have it. */
const purposeOf = (model: string): string => /^(?:embed|rerank)/.exec(model)?.[0] ?? 'chat'

const describe = (name: string): Record<string, unknown> => ({
  name,
  is_deprecated: false,
  endpoints: [purposeOf(name)],
  finetuned: false,
  context_length: 128_000,
  tokenizer_url: '',
  default_endpoints: [],
  features: purposeOf(name) === 'chat' ? ['tools', 'json_mode'] : [],
})

const listed = ({ models }: RouteContext): readonly string[] => models ?? usualModels

const reply = (value: unknown, { random }: RouteContext): HttpReply =>
  jsonReply(200, value, serviceHeaders(random))

/** As many models as a page holds where a request names no number. */
const usualPage = 20

function listModels({ query }: HttpRequest, context: RouteContext): HttpReply | ApiError {
  const purpose = query.get('endpoint')
  const names = listed(context).filter((name) => purpose === null || purposeOf(name) === purpose)
  const size = Number(query.get('page_size') ?? usualPage)
  if (!Number.isInteger(size) || size < 1 || size > 1000) {
    return invalid('invalid request: page_size must be between 1 and 1000', 'page_size')
  }
  const from = Number(query.get('page_token') ?? 0) || 0
  const rest = names.length > from + size ? { next_page_token: `${from + size}` } : {}
  return reply({ models: names.slice(from, from + size).map(describe), ...rest }, context)
}

function getModel({ params }: HttpRequest, context: RouteContext): HttpReply | ApiError {
  const { model = '' } = params
  return listed(context).includes(model) ? reply(describe(model), context) : modelNotFound(model)
}

/** `/v1/...` or `/v2/...`, under whatever prefix. */
const versionOf = ({ path }: HttpRequest): '1' | '2' => (/\/v2\/\w+$/.test(path) ? '2' : '1')

const metaOf = (http: HttpRequest, billed: Record<string, unknown>): unknown => ({
  api_version: { version: versionOf(http) },
  billed_units: billed,
})

/** Reads the body, and refuses a model that does not exist where a scenario lists some. */
function withBody<T extends { readonly model?: string | null | undefined }>(
  schema: z.ZodType<T>,
  answer: (data: T, http: HttpRequest, context: RouteContext) => HttpReply | ApiError,
): Required<Route>['answer'] {
  return (http, context) => {
    const checked = checkBody(http, { schema, refuse, unreadable })
    if ('code' in checked) return checked
    const { model } = checked.data
    if (model && context.models && !context.models.includes(model)) return modelNotFound(model)
    return answer(checked.data, http, context)
  }
}

const text = z.string('string')

const embedSchema = z.looseObject({
  model: text.nullish(),
  texts: z.array(text, 'list of strings').max(96, 'must hold no more than 96').nullish(),
  images: z.array(text, 'list of strings').nullish(),
  inputs: z.array(z.looseObject({ content: z.array(z.unknown()) }), 'list of inputs').nullish(),
  input_type: oneOf([
    ...['search_document', 'search_query', 'classification', 'clustering', 'image'],
  ]),
  embedding_types: z.array(text, 'list of strings').nullish(),
  output_dimension: z.int('integer').min(1, 'must be positive').nullish(),
})

type EmbedRequest = z.infer<typeof embedSchema>

const embed = withBody(embedSchema, (data, http, context) => {
  const version = versionOf(http)
  if (version === '2' && !data.model) return invalid('invalid request: model is required', 'model')
  if (version === '2' && !data.input_type) {
    return invalid('invalid request: input_type is required', 'input_type')
  }
  const inputs = inputsOf(data)
  if (inputs.length === 0) return invalid('invalid request: texts or images must be given', 'texts')
  const { model } = data
  const length = data.output_dimension ?? (model?.startsWith('embed-v4') ? 1536 : 1024)
  const random = context.random.fork(model ?? '')
  const vectors = inputs.map((input) => embedding(input, length, random))
  const types = data.embedding_types ?? (version === '2' ? ['float'] : undefined)
  const unknown = types?.find((type) => !Object.hasOwn(forms, type))
  if (unknown !== undefined) {
    return invalid(`invalid request: embedding_types has no "${unknown}"`, 'embedding_types')
  }
  const tokens = inputs.reduce((sum, input) => sum + countTokens(input), 0)
  return reply(
    {
      id: uuid(context.random.fork('id')),
      texts: data.texts ?? [],
      embeddings: types ? byType(vectors, types) : vectors,
      meta: metaOf(http, { input_tokens: tokens }),
      response_type: types ? 'embeddings_by_type' : 'embeddings_floats',
    },
    context,
  )
})

const inputsOf = ({ texts, images, inputs }: EmbedRequest): string[] => [
  ...(texts ?? []),
  ...(images ?? []),
  ...(inputs ?? []).map(({ content }) => objectsIn(content).map(partText).join('\n')),
]

const partText = ({ text: said, image_url: image }: JsonObject): string =>
  typeof said === 'string' ? said : JSON.stringify(image ?? '')

type Vector = readonly number[]

const forms: Readonly<Record<string, (vector: Vector) => unknown>> = {
  ...embeddingForms,
  base64: (vector) => embeddingBase64(vector),
}

const byType = (vectors: readonly Vector[], types: readonly string[]): unknown =>
  Object.fromEntries(types.map((type) => [type, vectors.map((vector) => forms[type]?.(vector))]))

const rerankSchema = z.looseObject({
  model: text.nullish(),
  query: text.min(1, 'must not be empty'),
  documents: z
    .array(
      z.union([z.string(), z.record(z.string(), z.unknown())], 'string or object'),
      'list of documents',
    )
    .min(1, 'must hold at least one document'),
  top_n: z.int('integer').min(1, 'must be positive').nullish(),
  return_documents: z.boolean('boolean').nullish(),
  rank_fields: z.array(text, 'list of strings').nullish(),
})

const rerank = withBody(rerankSchema, (data, http, context) => {
  if (versionOf(http) === '2' && !data.model) {
    return invalid('invalid request: model is required', 'model')
  }
  const asked = wordsOf(data.query)
  const ranked = data.documents
    .map((document, index) => ({ index, document: textOf(document) }))
    .map(({ index, document }) => ({
      ...(data.return_documents ? { document: { text: document } } : {}),
      index,
      relevance_score: relevance(asked, document, context),
    }))
    .sort((a, b) => b.relevance_score - a.relevance_score)
  return reply(
    {
      id: uuid(context.random.fork('id')),
      results: ranked.slice(0, data.top_n ?? ranked.length),
      meta: metaOf(http, { search_units: 1 }),
    },
    context,
  )
})

const textOf = (document: string | JsonObject): string => {
  if (typeof document === 'string') return document
  return typeof document['text'] === 'string' ? document['text'] : JSON.stringify(document)
}

const wordsOf = (said: string): Set<string> =>
  new Set(said.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])

/** The share of the asked words that a document has, and a little that tells equals apart. */
function relevance(asked: ReadonlySet<string>, document: string, { random }: RouteContext): number {
  const said = wordsOf(document)
  const shared = [...asked].filter((word) => said.has(word)).length / Math.max(1, asked.size)
  const drawn = random.fork(`rerank/${document}`).next()
  return Math.round((shared * 0.95 + drawn * 0.049) * 1e7) / 1e7
}

const tokenizeSchema = z.looseObject({ model: text, text: text.min(1, 'must not be empty') })

const tokenize = withBody(tokenizeSchema, (data, http, context) => {
  const pieces = cutText(data.text, 'token')
  const drawn = (piece: string): number =>
    Math.floor(context.random.fork(`token/${piece}`).next() * 255_000)
  return reply(
    {
      tokens: pieces.map(drawn),
      token_strings: pieces,
      meta: { api_version: { version: versionOf(http) } },
    },
    context,
  )
})

const checkKey = (_http: HttpRequest, context: RouteContext): HttpReply =>
  reply({ valid: true, organization_id: uuid(context.random.fork('organization')) }, context)

export const cohereRoutes: readonly Route[] = [
  { method: 'POST', path: '/v2/embed', answer: embed },
  { method: 'POST', path: '/v2/rerank', answer: rerank },
  { method: 'POST', path: '/v1/embed', answer: embed },
  { method: 'POST', path: '/v1/rerank', answer: rerank },
  { method: 'POST', path: '/v1/tokenize', answer: tokenize },
  { method: 'POST', path: '/v1/check-api-key', answer: checkKey },
  { method: 'GET', path: '/v1/models', answer: listModels },
  { method: 'GET', path: '/v1/models/:model', answer: getModel },
]
