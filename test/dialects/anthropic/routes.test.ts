import { describe, expect, it } from 'vitest'
import type { RouteContext } from '../../../src/core/dialect.ts'
import { anthropic } from '../../../src/dialects/anthropic/messages.ts'
import { seededRandom } from '../../../src/time/random.ts'
import { accepted } from '../wire.ts'
import { question, request } from './asked.ts'

describe('The other routes of Anthropic', () => {
  const context = (models?: readonly string[]): RouteContext => ({
    random: seededRandom('seed'),
    createdMs: 1_700_000_000_000,
    models,
    memory: { recall: () => undefined, forget: () => false, cancel: () => undefined },
  })

  function answer(path: string, http = request(), models?: readonly string[]): unknown {
    const route = anthropic.routes.find((one) => one.path === path)
    const reply = route?.answer?.(http, context(models))
    return reply && 'body' in reply && 'status' in reply ? JSON.parse(String(reply.body)) : reply
  }

  const listed = (query: string, models?: readonly string[]): unknown =>
    answer('/v1/models', { ...request(), query: new URLSearchParams(query) }, models)

  const count = (changes: object): unknown =>
    answer('/v1/messages/count_tokens', request({ max_tokens: undefined, ...changes }))

  it('count the tokens that the answer tells as its input', () => {
    expect(count({})).toEqual({ input_tokens: 7 })
    expect(count({ system: 'Be brief.' })).toEqual({ input_tokens: 13 })
  })

  it('count no tokens for fields that steer an answer', () => {
    expect(count({ max_tokens: 10 })).toMatchObject({
      message: 'max_tokens: Extra inputs are not permitted',
    })
    expect(count({ messages: undefined })).toMatchObject({ message: 'messages: Field required' })
  })

  it('list the usual models, with names for people', () => {
    expect(listed('')).toEqual({
      data: [
        ['claude-opus-4-6', 'Claude Opus 4.6'],
        ['claude-sonnet-4-6', 'Claude Sonnet 4.6'],
        ['claude-haiku-4-5', 'Claude Haiku 4.5'],
      ].map(([id, name]) => ({
        type: 'model',
        id,
        display_name: name,
        created_at: '2023-11-14T22:13:20Z',
        max_input_tokens: 200_000,
        max_tokens: 64_000,
      })),
      has_more: false,
      first_id: 'claude-opus-4-6',
      last_id: 'claude-haiku-4-5',
    })
  })

  it.each([
    ['limit=2', ['a', 'b'], true],
    ['limit=2&after_id=b', ['c', 'd'], true],
    ['limit=2&after_id=d', ['e'], false],
    ['limit=2&before_id=e', ['c', 'd'], true],
    ['limit=2&before_id=b', ['a'], false],
    ['limit=2&before_id=a', [], false],
  ])('list a page of models for %s', (query, ids, hasMore) => {
    expect(listed(query, ['a', 'b', 'c', 'd', 'e'])).toMatchObject({
      data: ids.map((id) => ({ id })),
      has_more: hasMore,
      first_id: ids[0] ?? null,
      last_id: ids.at(-1) ?? null,
    })
  })

  it('refuse pages of no size, and requests of no version', () => {
    expect(listed('limit=0')).toMatchObject({ code: 'invalid-request', param: 'limit' })
    expect(answer('/v1/models', request({}, [['x-api-key', 'none']]))).toEqual({
      code: 'invalid-request',
      message: 'anthropic-version: header is required',
    })
  })

  it('describe a model that exists, and miss one that does not', () => {
    const model = (id: string) =>
      answer('/v1/models/:model', { ...request(), params: { model: id } })
    expect(model('claude-haiku-4-5')).toMatchObject({ id: 'claude-haiku-4-5', type: 'model' })
    expect(model('claude-0')).toEqual({ code: 'model-not-found', message: 'model: claude-0' })
    const read = accepted(anthropic, request(question))
    expect(anthropic.checkModel(read, ['claude-0'])).toEqual({
      code: 'model-not-found',
      message: 'model: claude-sonnet-4-6',
    })
    expect(anthropic.checkModel(read, ['claude-sonnet-4-6'])).toBeUndefined()
  })
})
