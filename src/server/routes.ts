/** Which dialect a method and path belong to. The first dialect that has the path is asked. */
import Router from '@koa/router'
import type { Dialect, Route } from '../core/dialect.ts'

type Target =
  | { readonly dialect: Dialect; readonly route: Route; readonly params: Record<string, string> }
  /** The path is known, but not with this method. */
  | { readonly dialect: Dialect; readonly allow: string }

export interface Routes {
  find(method: string, path: string): Target | undefined
}

interface Place {
  readonly dialect: Dialect
  readonly route: Route
}

/**
 * Every dialect is also reached below its own name, such as `/vanus/api/v1/demo`, which settles who
 * is meant where two dialects have one path.
 */
export function buildRoutes(dialects: readonly Dialect[]): Routes {
  const router = new Router()
  const places = new Map<unknown, Place>()
  for (const prefix of ['', 'named']) {
    for (const dialect of dialects) {
      for (const route of dialect.routes) {
        const path = prefix === '' ? route.path : `/${dialect.name}${route.path}`
        const layer = router.register(path, [route.method], () => undefined)
        places.set(layer, { dialect, route })
      }
    }
  }
  return { find: (method, path) => find(router, places, method, path) }
}

function find(
  router: Router,
  places: ReadonlyMap<unknown, Place>,
  method: string,
  path: string,
): Target | undefined {
  const found = router.match(path, method)
  const layer = found.pathAndMethod[0]
  const place = places.get(layer)
  if (layer && place) return { ...place, params: layer.params(path, layer.captures(path)) }
  const other = places.get(found.path[0])
  if (!other) return undefined
  return { dialect: other.dialect, allow: allowed(found.path.flatMap((l) => l.methods)) }
}

const allowed = (methods: readonly string[]): string => [...new Set(methods)].join(', ')
