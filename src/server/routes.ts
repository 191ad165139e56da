/**
 * Which dialect a request belongs to. Where several have its path, a request may tell by itself
 * whom it is meant for; one that does not goes to the first of them.
 */
import Router from '@koa/router'
import type { Dialect, Route } from '../core/dialect.ts'
import type { HttpRequest } from '../core/http.ts'

type Target =
  | { readonly dialect: Dialect; readonly route: Route; readonly params: Record<string, string> }
  /** The path is known, but not with this method. */
  | { readonly dialect: Dialect; readonly allow: string }

export interface Routes {
  /** `path` instead of the request's own, where that has lost a base path. */
  find(http: HttpRequest, path?: string): Target | undefined
}

interface Place {
  readonly dialect: Dialect
  readonly route: Route
}

/**
 * Every dialect is also reached below its own name, such as `/vanus/api/v1/demo`, which settles who
 * is meant where two dialects have one path.
 */
export function buildRoutes(
  dialects: readonly Dialect[],
  preferred: ReadonlySet<string> = new Set(),
): Routes {
  const router = new Router()
  const places = new Map<unknown, Place>()
  for (const prefix of ['', 'named']) {
    for (const dialect of dialects) {
      for (const route of dialect.routes) {
        const path = withColons(prefix === '' ? route.path : `/${dialect.name}${route.path}`)
        const layer = router.register(path, [route.method], () => undefined)
        places.set(layer, { dialect, route })
      }
    }
  }
  return { find: (http, path = http.path) => find(http, path) }

  function find(http: HttpRequest, path: string): Target | undefined {
    const found = router.match(path, http.method)
    const layers = found.pathAndMethod
    const layer = layers.length < 2 ? layers[0] : choose(layers, http)
    const place = places.get(layer)
    if (layer && place) return { ...place, params: layer.params(path, layer.captures(path)) }
    const other = places.get(found.path[0])
    if (!other) return undefined
    return { dialect: other.dialect, allow: allowed(found.path.flatMap((l) => l.methods)) }
  }

  /** What a person has settled is not guessed again. */
  function choose<Layer>(layers: readonly Layer[], http: HttpRequest): Layer | undefined {
    const [first] = layers
    const settled = preferred.has(places.get(first)?.dialect.name ?? '')
    if (settled) return first
    return layers.find((layer) => places.get(layer)?.dialect.recognizes?.(http)) ?? first
  }
}

/** A colon after a name begins no parameter: `/models/:model:embed` ends by `:embed`. */
const withColons = (path: string): string => path.replaceAll(/(?<=\w):/g, '\\:')

const allowed = (methods: readonly string[]): string => [...new Set(methods)].join(', ')
