import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../src/core/dialect.ts'
import { openAiChat } from '../../src/dialects/openai/chat.ts'
import { buildRoutes } from '../../src/server/routes.ts'

const dialect: Dialect = {
  ...openAiChat,
  name: 'colons',
  routes: [
    { method: 'POST', path: '/models/:model:embed' },
    { method: 'POST', path: '/models/:model:count' },
    { method: 'GET', path: '/models/:model' },
  ],
}

const find = (method: string, path: string) =>
  buildRoutes([dialect]).find({
    method,
    url: path,
    path,
    query: new URLSearchParams(),
    headers: [],
    params: {},
    body: Buffer.alloc(0),
  })

describe('a colon after a name in the path of a route', () => {
  it.each([
    ['POST', '/models/m-1:embed', '/models/:model:embed', 'm-1'],
    ['POST', '/models/m:1:count', '/models/:model:count', 'm:1'],
    ['POST', '/colons/models/m-1:embed', '/models/:model:embed', 'm-1'],
    ['GET', '/models/m-1', '/models/:model', 'm-1'],
  ])('is itself: %s %s', (method, path, route, model) => {
    expect(find(method, path)).toMatchObject({ route: { path: route }, params: { model } })
  })

  it('leads nowhere where nothing like it is known', () => {
    expect(find('POST', '/models/m-1:forget')).toEqual({ dialect, allow: 'HEAD, GET' })
    expect(find('POST', '/models')).toBeUndefined()
  })
})
