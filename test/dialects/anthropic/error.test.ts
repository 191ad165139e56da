import { describe, expect, it } from 'vitest'
import { type ApiError, type ApiErrorCode, apiErrorStatus } from '../../../src/core/api-error.ts'
import { header } from '../../../src/core/http.ts'
import { anthropic } from '../../../src/dialects/anthropic/messages.ts'
import { seededRandom } from '../../../src/time/random.ts'

const invalid = 'invalid_request_error'

const expected: Readonly<Record<ApiErrorCode, readonly [status: number, type: string]>> = {
  'invalid-request': [400, invalid],
  'context-length': [400, invalid],
  'content-filter': [400, invalid],
  unauthorized: [401, 'authentication_error'],
  forbidden: [403, 'permission_error'],
  'not-found': [404, 'not_found_error'],
  'model-not-found': [404, 'not_found_error'],
  'method-not-allowed': [405, invalid],
  timeout: [504, 'timeout_error'],
  conflict: [409, invalid],
  'too-large': [413, 'request_too_large'],
  unprocessable: [422, invalid],
  'rate-limited': [429, 'rate_limit_error'],
  'quota-exceeded': [402, 'billing_error'],
  'server-error': [500, 'api_error'],
  'bad-gateway': [502, 'api_error'],
  unavailable: [503, 'api_error'],
  overloaded: [529, 'overloaded_error'],
}

const codes = Object.keys(apiErrorStatus) as ApiErrorCode[]
const reply = (error: ApiError) => anthropic.error(error, undefined, seededRandom('seed'))

describe('An error of Anthropic', () => {
  it.each(codes)(
    '%s has the status and the type of the vendor, and the id of its header',
    (code) => {
      const [status, type] = expected[code]
      const { headers, body, ...rest } = reply({ code })
      const id = header(headers, 'request-id')
      expect(rest.status).toBe(status)
      expect(id).toMatch(/^req_011C\w{20}$/)
      expect(JSON.parse(String(body))).toEqual({
        type: 'error',
        error: { type, message: expect.stringMatching(/\w/) },
        request_id: id,
      })
      const isWorthIt = status >= 500 || status === 429 || status === 409
      expect(header(headers, 'x-should-retry')).toBe(String(isWorthIt))
    },
  )

  it('is written in this order', () => {
    expect(String(anthropic.error({ code: 'overloaded' }).body)).toBe(
      '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}',
    )
  })

  it('leaves the headers to the scenario that names them', () => {
    const headers = [
      ['request-id', 'req_own'],
      ['X-Should-Retry', 'false'],
    ] as const
    const { headers: sent, body } = reply({ code: 'overloaded', headers })
    expect(sent.filter(([name]) => /^(?:request-id|x-should-retry)$/i.test(name))).toEqual(headers)
    expect(JSON.parse(String(body))).toMatchObject({ request_id: 'req_own' })
  })

  it.each(codes)('%s is read back from its body as an error of the same type', (code) => {
    const { body } = reply({ code, message: 'It broke' })
    const [event, ...more] = anthropic.decodeWhole(Buffer.from(String(body)))
    if (event?.type !== 'error') throw new Error('no error was read')
    expect(more).toEqual([])
    expect(event.error.body).toBeUndefined()
    expect(event.error.message).toBe('It broke')
    expect(expected[event.error.code][1]).toBe(expected[code][1])
  })

  it.each([
    ['a type that is not known', { type: 'error', error: { type: 'odd_error', message: 'Hm' } }],
    [
      'details',
      {
        type: 'error',
        error: { type: 'api_error', message: 'Hm', details: { error_code: 'on_hold' } },
      },
    ],
    ['no message', { type: 'error', error: { type: 'api_error' } }],
  ])('is kept with its body where that has %s', (_, body) => {
    const [event] = anthropic.decodeWhole(Buffer.from(JSON.stringify(body)))
    expect(event).toMatchObject({ type: 'error', error: { code: 'server-error', body } })
  })
})
