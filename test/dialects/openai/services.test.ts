/** Which service a request means, and what each answers beside chat. */
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { isApiError } from '../../../src/core/dialect.ts'
import { type Headers, type HttpReply, header } from '../../../src/core/http.ts'
import { builtInDialects } from '../../../src/dialects/registry.ts'
import { buildRoutes } from '../../../src/server/answers/routes.ts'
import { seededRandom } from '../../../src/time/random.ts'
import { httpRequest, jsonRequest } from '../wire.ts'

const routes = buildRoutes(builtInDialects)

interface Asked {
  readonly path: string
  readonly query?: string
  readonly headers?: Headers
  readonly body?: object
}

const chosen = ({ body = {}, ...addressed }: Asked): string | undefined =>
  routes.find(jsonRequest(addressed, body))?.dialect.name

describe('a request on a path of several services', () => {
  const chat = '/v1/chat/completions'
  const root = '/chat/completions'
  const below = '/openai/v1/chat/completions'

  it.each<[string, string, Asked]>([
    ['openai-chat', 'says nothing', { path: chat }],
    ['openai-chat', 'names an OpenAI model', { path: chat, body: { model: 'gpt-4o' } }],
    ['xai', 'names its model', { path: chat, body: { model: 'grok-4' } }],
    ['deepseek', 'names its model', { path: chat, body: { model: 'deepseek-chat' } }],
    [
      'openai-chat',
      'only speaks of a model of another',
      { path: chat, body: { model: 'gpt-4o', messages: [{ content: 'grok-4' }] } },
    ],
    ['together', 'has its SDK', { path: chat, headers: [['user-agent', 'Together/JS 0.9.0']] }],
    ['together', 'has its host', { path: chat, headers: [['host', 'api.together.xyz']] }],
    ['ollama-openai', 'has its port', { path: chat, headers: [['host', 'localhost:11434']] }],
    ['deepseek', 'says nothing', { path: root }],
    ['perplexity', 'names its model', { path: root, body: { model: 'sonar-pro' } }],
    ['perplexity', 'has its host', { path: root, headers: [['host', 'api.perplexity.ai']] }],
    ['groq', 'says nothing', { path: below }],
    ['groq', 'has its SDK', { path: below, headers: [['user-agent', 'Groq/JS 1.6.0']] }],
    ['azure-openai', 'has its key', { path: below, headers: [['api-key', 'x']] }],
    ['azure-openai', 'has a version', { path: below, query: 'api-version=preview' }],
    ['azure-openai', 'has its SDK', { path: below, headers: [['user-agent', 'AzureOpenAI/JS 6']] }],
    ['openrouter', 'has its path', { path: '/api/v1/chat/completions' }],
    ['vllm', 'names it in the path', { path: `/vllm${chat}` }],
    ['perplexity', 'names it in the path', { path: `/perplexity${root}` }],
  ])('goes to %s where it %s', (name, _, asked) => {
    expect(chosen(asked)).toBe(name)
  })
})

/** What a route answers by itself, and the dialect's form of an error. */
function answer(path: string, body: unknown, models?: readonly string[], seed = '1'): HttpReply {
  const method = body === undefined ? 'GET' : 'POST'
  const [where = '', query = ''] = path.split('?')
  const asked = { ...httpRequest({ path: where, query }, utf8(JSON.stringify(body) ?? '')), method }
  const target = routes.find(asked)
  if (!target || !('route' in target) || !target.route.answer) throw new Error('no such route')
  const reply = target.route.answer(
    { ...asked, params: target.params },
    {
      random: seededRandom(seed),
      createdMs: 1_700_000_000_000,
      models,
      memory: { recall: () => undefined, forget: () => false, cancel: () => {} },
    },
  )
  if ('resume' in reply) throw new Error('it resumes')
  return 'code' in reply && isApiError(reply) ? target.dialect.error(reply) : reply
}

const told = (reply: HttpReply) => JSON.parse(String(reply.body))

describe('embeddings', () => {
  const path = '/v1/embeddings'
  const ask = { model: 'text-embedding-3-small', input: 'hello' }
  const vectorOf = (changes: object, seed?: string): number[] =>
    told(answer(path, { ...ask, ...changes }, undefined, seed)).data[0].embedding

  it('have the shape that was recorded', () => {
    const { data, ...rest } = told(answer(path, { ...ask, input: ['hello', 'hello there'] }))
    expect(rest).toEqual({
      object: 'list',
      model: 'text-embedding-3-small',
      usage: { prompt_tokens: 3, total_tokens: 3 },
    })
    expect(data).toMatchObject([
      { object: 'embedding', index: 0 },
      { object: 'embedding', index: 1 },
    ])
  })

  it('are of unit length, the same for the same text and seed, and else not', () => {
    const vector = vectorOf({})
    expect(vector).toHaveLength(1536)
    expect(Math.hypot(...vector)).toBeCloseTo(1, 5)
    expect(vectorOf({})).toEqual(vector)
    expect(vectorOf({ input: ['hello'] })).toEqual(vector)
    expect(vectorOf({ input: 'Hello' })).not.toEqual(vector)
    expect(vectorOf({}, '2')).not.toEqual(vector)
  })

  it('are the same numbers in base64, little-endian', () => {
    const reply = answer(path, { ...ask, encoding_format: 'base64' })
    const bytes = Buffer.from(told(reply).data[0].embedding, 'base64')
    const numbers = Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(i * 4))
    expect(numbers).toEqual(vectorOf({}))
  })

  it.each([
    ['text-embedding-3-large', {}, 3072],
    ['text-embedding-ada-002', {}, 1536],
    ['text-embedding-3-small', { dimensions: 256 }, 256],
    ['any-other', {}, 1536],
  ])('of %s with %j have their length', (model, changes, length) => {
    expect(vectorOf({ model, ...changes })).toHaveLength(length)
  })

  it('count the tokens that a client has cut itself', () => {
    expect(told(answer(path, { ...ask, input: [15339, 1917] })).usage.prompt_tokens).toBe(2)
    const many = told(answer(path, { ...ask, input: [[1, 2, 3], [4]] }))
    expect(many.usage.prompt_tokens).toBe(4)
    expect(many.data).toHaveLength(2)
  })

  it.each<[string, object, string | null, string | null]>([
    ['no model', { input: 'x' }, null, null],
    ['no input', { model: 'm' }, 'input', 'missing_required_parameter'],
    ['an empty text', { ...ask, input: '' }, 'input', null],
    ['no text among none', { ...ask, input: [] }, 'input', 'empty_array'],
    ['tokens among texts', { ...ask, input: ['x', 1] }, 'input[1]', 'invalid_type'],
    ['a format of its own', { ...ask, encoding_format: 'hex' }, 'encoding_format', 'invalid_value'],
    ['too many dimensions', { ...ask, dimensions: 1537 }, 'dimensions', 'invalid_value'],
    [
      'fewer dimensions than the model can',
      { ...ask, model: 'text-embedding-ada-002', dimensions: 8 },
      'dimensions',
      'invalid_value',
    ],
  ])('are refused for %s', (_, body, param, code) => {
    const reply = answer(path, body)
    expect(reply.status).toBe(400)
    expect(told(reply).error).toMatchObject({ type: 'invalid_request_error', param, code })
  })

  it('are refused for a model that the scenario does not have', () => {
    const reply = answer(path, ask, ['gpt-4o'])
    expect([reply.status, told(reply).error.code]).toEqual([404, 'model_not_found'])
  })

  it('are those of the deployment on Azure, whatever the body names', () => {
    const path = '/openai/deployments/text-embedding-3-large/embeddings'
    expect(answer(path, { input: 'x' }).status).toBe(404)
    const reply = answer(`${path}?api-version=preview`, { input: 'x' })
    expect(told(reply).model).toBe('text-embedding-3-large')
    expect(told(reply).data[0].embedding).toHaveLength(3072)
    expect(header(reply.headers, 'x-ms-deployment-name')).toBe('text-embedding-3-large')
  })
})

describe('moderations', () => {
  const path = '/v1/moderations'

  it('flag nothing, and score every category', () => {
    const { id, model, results } = told(answer(path, { input: 'hello' }))
    expect(id).toMatch(/^modr-[A-Za-z0-9]{29}$/)
    expect(model).toBe('omni-moderation-latest')
    expect(results).toHaveLength(1)
    const [{ flagged, categories, category_scores, category_applied_input_types }] = results
    expect(flagged).toBe(false)
    expect(Object.keys(categories)).toHaveLength(13)
    expect(new Set(Object.values(categories))).toEqual(new Set([false]))
    expect(Object.keys(category_scores)).toEqual(Object.keys(categories))
    expect(Math.max(...Object.values<number>(category_scores))).toBeLessThan(0.001)
    expect(category_applied_input_types.violence).toEqual(['text'])
  })

  it('judge texts one by one, and the parts of a message together', () => {
    expect(told(answer(path, { input: ['a', 'b'] })).results).toHaveLength(2)
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'image_url', image_url: { url: 'data:,' } },
    ]
    const [result, another] = told(answer(path, { input: parts })).results
    expect(another).toBeUndefined()
    expect(result.category_applied_input_types).toMatchObject({
      violence: ['text', 'image'],
      hate: ['text'],
    })
  })

  it.each([
    ['no input', {}],
    ['a number', { input: 7 }],
    ['a part of no known type', { input: [{ type: 'video' }] }],
  ])('are refused for %s', (_, body) => {
    expect(answer(path, body).status).toBe(400)
  })
})

describe('models', () => {
  it.each([
    ['/openai/v1/models', 'llama-3.3-70b-versatile'],
    ['/api/v1/models', 'openai/gpt-4o'],
    ['/models', 'deepseek-chat'],
    ['/xai/v1/models', 'grok-4'],
    ['/vllm/v1/models', 'Qwen/Qwen3-32B'],
    ['/openai/models', 'gpt-4o'],
  ])('of %s are those of the service', (path, id) => {
    expect(told(answer(path, undefined)).data[0].id).toBe(id)
    expect(told(answer(path, undefined, ['mine'])).data).toMatchObject([{ id: 'mine' }])
  })

  it.each([
    ['/groq/openai/v1/models/x', 404, { error: { code: 'model_not_found' } }],
    ['/xai/v1/models/x', 404, { code: 'Some requested entity was not found' }],
    ['/deepseek/models/x', 400, { error: { message: 'Model Not Exist' } }],
    ['/ollama-openai/v1/models/x', 404, { error: { message: "model 'x' not found" } }],
  ])('that do not exist are missing in the words of %s', (path, status, body) => {
    const reply = answer(path, undefined)
    expect(reply.status).toBe(status)
    expect(told(reply)).toMatchObject(body)
  })
})
