/**
 * The live service as a source: relays any request to its one upstream, and gives what comes back
 * as a timeline that is still being written.
 *
 * Must never send a request anywhere else, whatever its target says, follow a redirect, or hold a
 * chunk back.
 */
import { buildConnector } from 'undici'
import type { Clock } from '../core/clock.ts'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import type { HttpRequest } from '../core/http.ts'
import type { LiveTimeline } from '../core/timeline.ts'
import type { Tape } from '../recording/store.ts'
import { Exchange } from './upstream-exchange.ts'

export interface UpstreamOptions {
  /** `http` or `https`, with a base path where the service has one. */
  readonly url: string
  readonly clock: Clock
  /** How long connecting may take; 10 s unless said otherwise. */
  readonly connectTimeoutMs?: number | undefined
}

export interface RelayOptions {
  /** Opens the tape of this exchange, given the absolute URL that is asked. */
  readonly tape?: ((url: string) => Tape) | undefined
  /** Aborting it is the client leaving, as is `return()` on the iterator. */
  readonly signal?: AbortSignal | undefined
  /** `clock.now()` when the request arrived; the time of the call unless given. */
  readonly arrivedMs?: number | undefined
}

export interface Upstream {
  /** Without trailing slash, e.g. `https://api.example.com/openai`. */
  readonly url: string
  /** One walk only. The request goes out when the walk begins. */
  relay(request: HttpRequest, options?: RelayOptions): LiveTimeline
  /** Leaves what is still running, its tapes cut off there; resolves when they are closed. */
  close(): Promise<void>
}

/** Throws a `usage` error where the URL cannot be an upstream. */
export function openUpstream(options: UpstreamOptions): Upstream {
  const base = upstreamUrl(options.url)
  const url = base.href.replace(/\/$/, '')
  const basePath = base.pathname.replace(/\/$/, '')
  // One connector for all, since it remembers TLS sessions; one connection an exchange.
  const connector = buildConnector({
    timeout: options.connectTimeoutMs ?? 10_000,
    // The far end's last word is judged by writing to it, which needs our half left open.
    allowHalfOpen: true,
  })
  const running = new Set<Exchange>()

  function relay(request: HttpRequest, relayOptions: RelayOptions = {}): LiveTimeline {
    const path = basePath + originForm(request.url, basePath !== '')
    const exchange = new Exchange({
      ...{ request, path, url, connector, clock: options.clock },
      origin: base.origin,
      arrivedMs: relayOptions.arrivedMs ?? options.clock.now(),
      openTape: () => relayOptions.tape?.(base.origin + path),
      signal: relayOptions.signal,
      onOver: () => running.delete(exchange),
    })
    return {
      [Symbol.asyncIterator]: () => {
        running.add(exchange)
        exchange.begin()
        return exchange
      },
    }
  }

  return {
    url,
    relay,
    close: async () => {
      await Promise.all([...running].map((exchange) => exchange.abandon()))
    },
  }
}

function upstreamUrl(written: string): URL {
  const wrong = (why: string, cause?: unknown): StuntdoubleError =>
    new StuntdoubleError(
      'usage',
      `the upstream ${why}; it is written as https://api.example.com or http://localhost:8080/base`,
      { cause },
    )
  let url: URL
  try {
    url = new URL(written)
  } catch (error) {
    throw wrong(`"${written}" is no URL (${messageOf(error)})`, error)
  }
  if (url.username !== '' || url.password !== '') {
    throw wrong('must hold no user name or password: the client sends its own Authorization')
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw wrong(`"${written}" must be http or https`)
  }
  if (url.search !== '' || url.hash !== '') throw wrong('must hold no query and no fragment')
  return url
}

/**
 * Path and query of a request target, which may also be a whole URL or `*`. Only the path counts:
 * the host is always ours. Under a base path, `..` must not climb out of it.
 */
export function originForm(target: string, isUnderBase: boolean): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const rooted = path.startsWith('/') ? path : `/${path === '*' ? '' : path}`
  const plain = rooted.replaceAll(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character))
  if (!isUnderBase || !/(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\?#]|$)/i.test(plain)) return plain
  const { pathname, search } = new URL(`http://base${plain}`)
  return pathname + search
}
