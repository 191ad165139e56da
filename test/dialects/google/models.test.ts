import { describe, expect, it } from 'vitest'
import type { Dialect, RouteContext } from '../../../src/core/dialect.ts'
import { gemini, vertex } from '../../../src/dialects/google/google.ts'
import { seededRandom } from '../../../src/time/random.ts'
import { contents, request } from './google.ts'

const context: RouteContext = {
  random: seededRandom('seed'),
  createdMs: 1_700_000_000_000,
  models: ['a', 'b', 'c'],
  memory: { recall: () => undefined, forget: () => false, cancel: () => undefined },
}

function listed(query: string, dialect: Dialect = gemini): unknown {
  const route = dialect.routes.find(({ path }) => path.endsWith('/models'))
  const reply = route?.answer?.(request({ contents }, { query }), context)
  return reply && 'body' in reply && 'status' in reply ? JSON.parse(String(reply.body)) : reply
}

const models = (...names: string[]) => names.map((name) => ({ name: `models/${name}` }))

describe('the list of models', () => {
  it('comes in pages, each with a token for the next', () => {
    expect(listed('')).toEqual({ models: expect.arrayContaining([expect.anything()]) })
    expect(listed('pageSize=3')).not.toHaveProperty('nextPageToken')
    const nextPageToken = expect.stringMatching(/^[\w-]+$/)
    const first = listed('pageSize=2')
    expect(first).toMatchObject({ models: models('a', 'b'), nextPageToken })
    const token = Object(first).nextPageToken
    const last = listed(`pageSize=2&pageToken=${token}`)
    expect(last).toMatchObject({ models: models('c') })
    expect(last).not.toHaveProperty('nextPageToken')
    expect(listed('pageSize=1', vertex)).toEqual({
      publisherModels: [expect.objectContaining({ name: 'publishers/google/models/a' })],
      nextPageToken,
    })
  })

  it.each([
    ['pageSize=-1', 'page_size'],
    ['pageSize=many', 'page_size'],
    ['pageToken=mine', 'page_token'],
  ])('is refused for %s', (query, param) => {
    expect(listed(query)).toMatchObject({ code: 'invalid-request', param })
  })
})
