/**
 * The live service as a source: relays any request to its one upstream, and gives what comes back
 * as a timeline that is still being written.
 *
 * Must never send a request anywhere else, whatever its target says, follow a redirect, or hold a
 * chunk back.
 */
import type { Clock } from '../core/clock.ts'
import type { HttpRequest } from '../core/http.ts'
import { Slots } from '../core/slots.ts'
import type { LiveSteps, LiveTimeline } from '../core/timeline.ts'
import { type AwsCredentials, signedForAws } from './upstream-aws.ts'
import { connector, type Route } from './upstream-connect.ts'
import { type AskedService, Exchange, type OpenTape, type Service } from './upstream-exchange.ts'
import { requestHeaders } from './upstream-headers.ts'
import { proxyUrl } from './upstream-proxy.ts'
import { checkCertificates } from './upstream-tls.ts'
import { originForm, originOf, upstreamUrl, withoutPrefix } from './upstream-url.ts'

/** What is known of a service before anything is asked of it. */
export interface UpstreamSpec {
  /** `http`, `https`, or `h2c` for HTTP/2 without TLS; with a base path where the service has one. */
  readonly url: string
  /** What rules call it; also that of a dialect, whose requests it then gets. */
  readonly name?: string | undefined
  /** It gets what stands below this path, e.g. `/openai`, which is taken away first. */
  readonly path?: string | undefined
  /** It gets the requests of this dialect. */
  readonly dialect?: string | undefined
  /** `http://name:password@host:port` of the proxy on the way; none unless given. */
  readonly proxy?: string | undefined
  /** How long connecting may take, with proxy and TLS; 10 s unless said otherwise. */
  readonly connectTimeoutMs?: number | undefined
  /** How long it may take from there to the status line; for ever unless given. */
  readonly headTimeoutMs?: number | undefined
  /** How long it may be silent in mid-stream; for ever unless given, since a stall is taped as it is. */
  readonly idleTimeoutMs?: number | undefined
  /** Certificates in PEM that are trusted beside those that Node knows. */
  readonly ca?: string | undefined
  /** Any certificate is taken, whoever has signed it. */
  readonly insecure?: boolean | undefined
  /** HTTP/2 is not spoken, even where the service would. */
  readonly http1?: boolean | undefined
  /** Signs anew what a client has signed for us, as Bedrock's do. */
  readonly aws?: AwsCredentials | undefined
}

export interface UpstreamOptions extends UpstreamSpec {
  readonly clock: Clock
}

export interface RelayOptions {
  /** For the tape of this exchange. */
  readonly tape?: OpenTape | undefined
  /** The walk begins; that opens the tape soon, or at the latest when it ends. */
  readonly onAsked?: (() => void) | undefined
  /** Aborting it is the client leaving, as is `return()` on the iterator. */
  readonly signal?: AbortSignal | undefined
  /** `clock.now()` when the request arrived; the time of the call unless given. */
  readonly arrivedMs?: number | undefined
}

export interface Upstream {
  /** Without trailing slash, e.g. `https://api.example.com/openai`. */
  readonly url: string
  /** The path that a request is asked for at the service: without the prefix, below the base path. */
  pathOf(http: Pick<HttpRequest, 'url'>): string
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
  const connect = connector(routeOf(base, options))
  const deadlines = {
    connectMs: options.connectTimeoutMs ?? 10_000,
    headMs: options.headTimeoutMs,
    idleMs: options.idleTimeoutMs,
  }
  const origin = originOf(base)
  const running = new Slots<Exchange>()
  const service: Service = {
    ...{ url, connect, deadlines, clock: options.clock },
    outgoing: ({ method, body, headers }, path) => {
      const asked = { method, origin, path, body, headers: requestHeaders(headers) }
      return signedForAws(asked, options.aws, options.clock.wallTime())
    },
    openTape: ({ tape, path }, onOpen) => tape?.(origin + path, onOpen),
    onOver: ({ slot }) => {
      if (slot !== undefined) running.clear(slot)
    },
  }
  const target = (http: Pick<HttpRequest, 'url'>): string => {
    const path = originForm(http.url, basePath !== '' || options.path !== undefined)
    return basePath + withoutPrefix(path, options.path)
  }
  return {
    url,
    pathOf: (http) => target(http).split('?')[0] ?? '/',
    relay: (request, { tape, onAsked, signal, arrivedMs = options.clock.now() } = {}) => {
      const asked = { request, path: target(request), arrivedMs, tape, onAsked, signal }
      return new Relay(service, asked, running)
    },
    close: async () => {
      await Promise.all([...running].map((exchange) => exchange.abandon()))
    },
  }
}

class Relay implements LiveTimeline {
  readonly #service: Service
  readonly #asked: AskedService
  readonly #running: Slots<Exchange>

  constructor(service: Service, asked: AskedService, running: Slots<Exchange>) {
    this.#service = service
    this.#asked = asked
    this.#running = running
  }

  [Symbol.asyncIterator](): LiveSteps {
    const exchange = new Exchange(this.#service, this.#asked)
    exchange.slot = this.#running.put(exchange)
    exchange.begin()
    return exchange
  }
}

function routeOf(upstream: URL, { proxy, ca, insecure, http1 }: UpstreamOptions): Route {
  if (ca !== undefined) checkCertificates(ca)
  return {
    upstream,
    proxy: proxy === undefined ? undefined : proxyUrl(proxy),
    ca,
    insecure,
    http1: http1 === true,
  }
}
