/** Answers other than the one that was hoped for: each HTTP error in each of its guises. */
import type { ApiErrorCode } from '../core/api-error.ts'
import type { Family, Idea } from './variant.ts'

const statuses: readonly (readonly [status: number, code: ApiErrorCode])[] = [
  [400, 'invalid-request'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'not-found'],
  [408, 'timeout'],
  [409, 'conflict'],
  [413, 'too-large'],
  [422, 'unprocessable'],
  [429, 'rate-limited'],
  [500, 'server-error'],
  [502, 'bad-gateway'],
  [503, 'unavailable'],
  [529, 'overloaded'],
]

export function refusals(retryAfter: string): Family[] {
  return [
    { name: 'http', ideas: statuses.map(([status, code]) => error(status, { code, status })) },
    {
      name: 'http-retry-after',
      ideas: statuses.map(([status, code]) => error(status, { code, status, retryAfter })),
    },
    { name: 'http-html', ideas: statuses.map(([status]) => asPage(status)) },
    { name: 'http-empty', ideas: statuses.map(([status]) => asNothing(status)) },
  ]
}

const error = (status: number, options: object): Idea => ({
  place: `${status}`,
  fault: [{ error: options }],
  expect: 'error',
})

/** What a proxy says for itself, to a client that hoped for JSON. */
function asPage(status: number): Idea {
  const raw = `<html><head><title>${status}</title></head><body><h1>${status}</h1>nginx</body></html>\n`
  return {
    place: `${status}`,
    fault: [
      { head: { status, headers: { 'content-type': 'text/html' } } },
      { inject: { at: { byte: 0 }, raw } },
      { end: { at: { byte: raw.length } } },
    ],
    expect: 'error',
  }
}

function asNothing(status: number): Idea {
  return {
    place: `${status}`,
    fault: [{ head: { status, headers: { 'content-type': null } } }, { end: { at: { byte: 0 } } }],
    expect: 'error',
  }
}
