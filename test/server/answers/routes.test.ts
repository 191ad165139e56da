import Router from '@koa/router'
import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../../src/core/dialect.ts'
import type { HttpRequest } from '../../../src/core/http.ts'
import { openAiChat } from '../../../src/dialects/openai/chat.ts'
import { builtInDialects as dialects } from '../../../src/dialects/registry.ts'
import { buildRoutes } from '../../../src/server/answers/routes.ts'

const dialect: Dialect = {
  ...openAiChat,
  name: 'colons',
  routes: [
    { method: 'POST', path: '/models/:model:embed' },
    { method: 'POST', path: '/models/:model:count' },
    { method: 'GET', path: '/models/:model' },
  ],
}

const request = (method: string, path: string): HttpRequest => ({
  method,
  url: path,
  path,
  query: new URLSearchParams(),
  headers: [],
  params: {},
  body: Buffer.alloc(0),
})

const find = (method: string, path: string) => buildRoutes([dialect]).find(request(method, path))

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

/** Every place of every dialect, of a form that a client would ask for, and one much like each. */
const asked = dialects.flatMap(({ name, routes }) =>
  routes.flatMap(({ method, path }) => {
    const concrete = path.replaceAll(/(?<!\w):\w+/g, 'a-1').replaceAll(/\{?\/?\*\w+\}?/g, '/b/c')
    return [concrete, `/${name}${concrete}`].flatMap(
      (one, nth): [method: string, path: string][] => {
        const likes: readonly [string, string][] = [
          ['DELETE', one],
          [method, one.toUpperCase()],
          [method, `${one}/`],
          [method, `${one}/more`],
        ]
        return [[method, one], likes[(one.length + nth) % likes.length] ?? ['GET', one]]
      },
    )
  }),
)

describe('a path that has been asked for before', () => {
  /** The router by itself, which tries all patterns each time. */
  const router = new Router()
  const layers = new Map<unknown, string>()
  for (const prefix of [false, true]) {
    for (const one of dialects) {
      for (const { method, path } of one.routes) {
        const full = (prefix ? `/${one.name}${path}` : path).replaceAll(/(?<=\w):/g, '\\:')
        layers.set(
          router.register(full, [method], () => undefined),
          `${one.name} ${path}`,
        )
      }
    }
  }

  /** Names instead of whole dialects, which are slow to compare. */
  const lookUp = (routes: ReturnType<typeof buildRoutes>) => (place: readonly [string, string]) => {
    const target = routes.find(request(...place))
    if (!target) return 'nowhere'
    if (!('route' in target)) return `${target.dialect.name}, allowed: ${target.allow}`
    return `${target.dialect.name} ${target.route.path} ${JSON.stringify(target.params)}`
  }

  it('leads where the router leads, the first time and again', () => {
    const find = lookUp(buildRoutes(dialects))
    const seen = { one: 0, several: 0, none: 0 }
    for (const place of asked) {
      const found = find(place)
      expect(find(place)).toBe(found)
      const [method, path] = place
      const fitting = router.match(path, method).pathAndMethod.map((layer) => layers.get(layer))
      if (fitting.length === 0) expect(found).toMatch(/^nowhere$|, allowed: /)
      else expect(fitting).toContain(found.replace(/ \{.*/, ''))
      if (fitting.length === 1) expect(found).toContain(fitting[0])
      seen[fitting.length === 0 ? 'none' : fitting.length === 1 ? 'one' : 'several']++
    }
    expect(Math.min(seen.one, seen.several, seen.none)).toBeGreaterThan(20)
  })

  it('leads there still after many others have been asked for', () => {
    const find = lookUp(buildRoutes(dialects))
    const first = asked.map(find)
    expect(new Set(asked.map(String)).size).toBeGreaterThan(550)
    expect(asked.map(find)).toEqual(first)
  })
})
