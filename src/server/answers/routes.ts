/**
 * Which dialect a request belongs to. Where several have its path, a request may tell by itself
 * whom it is meant for; one that does not goes to the first of them.
 */
import Router from '@koa/router'
import type { Dialect, Route } from '../../core/dialect.ts'
import type { HttpRequest } from '../../core/http.ts'

interface Place {
  readonly dialect: Dialect
  readonly route: Route
}

type Reached = Place & { readonly params: Readonly<Record<string, string>> }

type Target =
  | Reached
  /** The path is known, but not with this method. */
  | { readonly dialect: Dialect; readonly allow: string }

export interface Routes {
  /** `path` instead of the request's own, where that has lost a base path. */
  find(http: HttpRequest, path?: string): Target | undefined
}

/**
 * Every dialect is also reached below its own name, such as `/vanus/api/v1/demo`, which settles who
 * is meant where two dialects have one path.
 */
export function buildRoutes(
  dialects: readonly Dialect[],
  preferred: ReadonlySet<string> = new Set(),
): Routes {
  const places = new Map<unknown, Place>()
  const routerFor = routersOf(dialects, places)
  const look = remembered((method, path) => targetsAt(routerFor(path).match(path, method), path))
  return { find: (http, path = http.path) => choose(look(http.method, path), http) }

  /** All that the path may mean, the first of them first. */
  function targetsAt(found: ReturnType<Router['match']>, path: string): readonly Target[] {
    const reached = found.pathAndMethod.flatMap((layer): Target[] => {
      const place = places.get(layer)
      return place ? [{ ...place, params: layer.params(path, layer.captures(path)) }] : []
    })
    const other = places.get(found.path[0])
    if (reached.length > 0 || !other) return reached
    return [{ dialect: other.dialect, allow: allowed(found.path.flatMap((l) => l.methods)) }]
  }

  /** What a person has settled is not guessed again. */
  function choose(targets: readonly Target[], http: HttpRequest): Target | undefined {
    const [first] = targets
    if (targets.length < 2 || !first || preferred.has(first.dialect.name)) return first
    return targets.find(({ dialect }) => dialect.recognizes?.(http)) ?? first
  }
}

interface Written extends Place {
  readonly path: string
  /** What a path must begin with to be this one; undefined where it may be anything. */
  readonly begins: string | undefined
}

/**
 * A router for each first segment of a path, made when the first such path is asked for: the three
 * hundred patterns of all dialects take 25 ms to compile, and a client asks for a few of them.
 *
 * @param places what the layers of the routers stand for; added to with each router
 */
function routersOf(
  dialects: readonly Dialect[],
  places: Map<unknown, Place>,
): (path: string) => Router {
  const of = (dialect: Dialect, prefix: string): Written[] =>
    dialect.routes.map((route) => {
      const path = withColons(prefix + route.path)
      return { dialect, route, path, begins: firstWord(path) }
    })
  const all = [
    ...dialects.flatMap((dialect) => of(dialect, '')),
    ...dialects.flatMap((dialect) => of(dialect, `/${dialect.name}`)),
  ]
  // A pattern that is none is told at once, and not when somebody asks for it.
  for (const { path } of all)
    if (!plain.test(path)) new Router().register(path, [], () => undefined)
  const words = new Set(all.map(({ begins }) => begins))
  const made = new Map<string | undefined, Router>()
  return (path) => {
    const asked = firstWord(path)
    // Undefined also stands for all that begin like none.
    const word = words.has(asked) ? asked : undefined
    const known = made.get(word)
    if (known) return known
    const router = new Router()
    for (const { path, begins, ...place } of all) {
      if (begins !== undefined && begins !== word) continue
      places.set(
        router.register(path, [place.route.method], () => undefined),
        place,
      )
    }
    made.set(word, router)
    return router
  }
}

/** Names and parameters, of which every one compiles. */
const plain = /^(?:\/(?::[a-z_]\w*|[\w.~-]+)?(?:\\:\w+)*)*$/i

/** The first segment, as patterns compare it; undefined where it is a pattern itself. */
const firstWord = (path: string): string | undefined =>
  /^\/([\w.~-]+)(?:\/|$)/.exec(path)?.[1]?.toLowerCase()

/** More places than any client asks in turn, and few enough to keep. */
const mostPlaces = 500
const longestPath = 500

/**
 * The router tries its hundreds of patterns one after the other, while clients ask for the same few
 * paths again and again: what was found for method and path is found again in one look.
 */
function remembered<Found>(
  match: (method: string, path: string) => Found,
): (method: string, path: string) => Found {
  const known = new Map<string, Found>()
  return (method, path) => {
    // A method holds no space, so that no two places have one name.
    const place = `${method} ${path}`
    const found = known.get(place) ?? match(method, path)
    if (known.has(place) || path.length > longestPath) return found
    for (const oldest of known.size < mostPlaces ? [] : known.keys()) {
      known.delete(oldest)
      break
    }
    known.set(place, found)
    return found
  }
}

/** A colon after a name begins no parameter: `/models/:model:embed` ends by `:embed`. */
const withColons = (path: string): string => path.replaceAll(/(?<=\w):/g, '\\:')

const allowed = (methods: readonly string[]): string => [...new Set(methods)].join(', ')
