/**
 * Several services in one run: which of them is asked is said by the path of a request, by its
 * dialect, or by the rule that names one.
 *
 * Must never send a request to a service that it was not meant for: keys are the client's, and go
 * to one service only.
 */
import type { Clock } from '../core/clock.ts'
import { StuntdoubleError } from '../core/errors.ts'
import type { HttpRequest } from '../core/http.ts'
import { suggestion } from '../core/suggest.ts'
import { openUpstream, type Upstream, type UpstreamSpec } from './upstream.ts'
import { type UpstreamDefaults, withDefaults } from './upstream-defaults.ts'
import { isBelow, originForm, upstreamUrl } from './upstream-url.ts'

export type { Upstream, UpstreamSpec } from './upstream.ts'
export type { UpstreamDefaults } from './upstream-defaults.ts'

export interface Upstreams {
  readonly all: readonly Upstream[]
  /**
   * The most specific first: path and dialect, the longest path, the dialect, the rest. Those that
   * have only a name, and not that of the dialect, are asked by name alone.
   */
  find(http: Pick<HttpRequest, 'url'>, dialectName: string | undefined): Upstream | undefined
  /** By its name, or by its dialect. */
  named(name: string): Upstream | undefined
  /** Leaves what is still running, its tapes cut off there; resolves when they are closed. */
  close(): Promise<void>
}

interface Choice {
  readonly spec: UpstreamSpec
  readonly upstream: Upstream
}

/** Throws a `usage` error where a URL is none, or two upstreams would answer the same. */
export function openUpstreams(
  specs: readonly UpstreamSpec[],
  clock: Clock,
  defaults: UpstreamDefaults = {},
): Upstreams {
  refuseDoubles(specs)
  const choices = specs.map((spec) => ({
    spec,
    upstream: openUpstream({ ...withDefaults(spec, defaults), clock }),
  }))
  return {
    all: choices.map(({ upstream }) => upstream),
    find: (http, dialectName) => {
      const path = originForm(http.url, false)
      let best: Choice | undefined
      for (const choice of choices) {
        if (!answers(choice.spec, path, dialectName)) continue
        if (!best || rank(choice.spec) > rank(best.spec)) best = choice
      }
      return best?.upstream
    },
    named: (name) => {
      const by = (key: 'name' | 'dialect') => choices.find(({ spec }) => spec[key] === name)
      return (by('name') ?? by('dialect'))?.upstream
    },
    close: async () => {
      await Promise.all(choices.map(({ upstream }) => upstream.close()))
    },
  }
}

function answers(spec: UpstreamSpec, path: string, dialectName: string | undefined): boolean {
  const { path: prefix, dialect, name } = spec
  if (prefix !== undefined && !isBelow(path, prefix)) return false
  if (dialect !== undefined) return dialect === dialectName
  return prefix !== undefined || name === undefined || name === dialectName
}

/** A path counts more than a dialect, and each of its characters more than none. */
const rank = ({ path, dialect, name }: UpstreamSpec): number =>
  (path === undefined ? 0 : 2 + 2 * path.length) + ((dialect ?? name) ? 1 : 0)

/** Where a request would find two, nobody could say which one it went to. */
function refuseDoubles(specs: readonly UpstreamSpec[]): void {
  const seen = new Map<string, UpstreamSpec>()
  for (const spec of specs) {
    const place = placeOf(spec)
    const other = seen.get(place)
    if (other) {
      const message =
        place === everythingElse
          ? `two upstreams are for everything: ${other.url} and ${spec.url}; give one of them a path or a dialect, as in /openai=${spec.url} or anthropic=${spec.url}`
          : `two upstreams are for ${place}: ${other.url} and ${spec.url}`
      throw new StuntdoubleError('usage', message)
    }
    seen.set(place, spec)
  }
}

const everythingElse = 'everything'

function placeOf({ path, dialect, name }: UpstreamSpec): string {
  const word = path === undefined ? (dialect ?? name) : dialect
  return [path, word].filter((part) => part !== undefined).join(' and ') || everythingElse
}

/**
 * A name that is neither a dialect nor used by any rule is never asked, and is likely misspelt.
 * Throws a `usage` error.
 *
 * @param dialects all that are known
 * @param asked names that rules use
 */
export function checkUpstreamNames(
  specs: readonly UpstreamSpec[],
  dialects: readonly string[],
  asked: readonly string[] = [],
): void {
  const known = [...new Set([...asked, ...dialects])]
  for (const { path, name, dialect, url } of specs) {
    const word = dialect ?? (path === undefined ? name : undefined)
    if (word === undefined || known.includes(word)) continue
    throw new StuntdoubleError(
      'usage',
      `the upstream ${word}=${url} would never be asked: no dialect and no rule has that name${suggestion(word, known)}`,
    )
  }
}

/** What people give: one upstream or several, each written as on a command line or in full. */
export type UpstreamsGiven = string | UpstreamSpec | readonly (string | UpstreamSpec)[]

export const upstreamSpecs = (given: UpstreamsGiven): UpstreamSpec[] =>
  [given].flat().map((one) => (typeof one === 'string' ? parseUpstream(one) : one))

/**
 * As on a command line: `URL` for everything, `/prefix=URL` for what stands below a path, and
 * `NAME=URL` for a dialect, or for the rules that name it. Throws a `usage` error.
 */
export function parseUpstream(text: string): UpstreamSpec {
  const [, word, url] = /^([^=:]*)=(.*)$/s.exec(text.trim()) ?? []
  if (word === undefined || url === undefined) return { url: plainUrl(text.trim()) }
  if (word.startsWith('/')) return { path: prefixOf(word), url: plainUrl(url) }
  if (!/^[a-z][\w.-]*$/i.test(word)) {
    throw wrong(text, `"${word}" is neither a path such as /openai nor a name such as anthropic`)
  }
  return { name: word, url: plainUrl(url) }
}

function plainUrl(url: string): string {
  upstreamUrl(url)
  return url
}

function prefixOf(word: string): string {
  if (/[?#\s]/.test(word)) throw wrong(word, 'a path holds no query and no space')
  return word.replace(/\/+$/, '') || '/'
}

const wrong = (text: string, why: string): StuntdoubleError =>
  new StuntdoubleError(
    'usage',
    `--upstream ${text}: ${why}; it is written as URL, /path=URL or DIALECT=URL`,
  )
