/** CORS for the played API: any page may call it, as it may call any API made for browsers. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Headers } from '../../core/http.ts'

/** Headers for an answer; none where no browser asks. */
export function corsHeaders(origin: string | undefined): Headers {
  if (origin === undefined) return noHeaders
  return [
    ['access-control-allow-origin', origin],
    ['access-control-allow-credentials', 'true'],
    // With credentials a wildcard means nothing, so what tests and clients read is named.
    ['access-control-expose-headers', exposed],
    ['vary', 'Origin'],
  ]
}

const noHeaders: Headers = []

const exposed = [
  'content-length',
  'openai-processing-ms',
  'request-id',
  'retry-after',
  'retry-after-ms',
  'x-request-id',
  'x-should-retry',
  'x-stuntdouble-error',
  'x-stuntdouble-rule',
  'x-stuntdouble-seed',
].join(', ')

/** The answer to a preflight, which grants whatever was asked for. */
export function preflightHeaders(asked: IncomingHttpHeaders): Headers {
  const headers = asked['access-control-request-headers']
  const method = asked['access-control-request-method'] ?? 'POST'
  return [
    ...corsHeaders(asked.origin),
    ['access-control-allow-methods', method],
    ...(headers ? [['access-control-allow-headers', headers] as const] : []),
    ['access-control-max-age', '600'],
    // Chromium asks before a public page may reach a loopback address.
    ...(asked['access-control-request-private-network'] === 'true'
      ? [['access-control-allow-private-network', 'true'] as const]
      : []),
  ]
}

export const isPreflight = (method: string | undefined, headers: IncomingHttpHeaders): boolean =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined
