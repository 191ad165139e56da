import { describe, expect, it } from 'vitest'
import type { ApiError } from '../../../src/core/api-error.ts'
import { type HttpRequest, header } from '../../../src/core/http.ts'
import { gemini, vertex } from '../../../src/dialects/google/google.ts'
import { type Asked, contents, request } from './google.ts'

const asked = (change: Asked = {}) =>
  request({ contents }, { method: 'generateContent', ...change })

const withKey = (change: Asked = {}): HttpRequest => {
  const http = asked(change)
  return { ...http, headers: [...http.headers, ['x-goog-api-key', 'bad'] as const] }
}

function answered(error: ApiError, dialect = gemini, http = withKey()) {
  const { status, body } = dialect.error(error, http)
  return { status, ...JSON.parse(String(body)).error }
}

const typed = (name: string) => ({ '@type': `type.googleapis.com/google.rpc.${name}` })

describe('an error of the Gemini API', () => {
  it('is indented, ends with a line end, and has the headers of Google', () => {
    const { status, headers, body } = gemini.error({ code: 'server-error' })
    expect(status).toBe(500)
    expect(body).toBe(
      '{\n  "error": {\n    "code": 500,\n    "message": "An internal error has occurred.",\n    "status": "INTERNAL"\n  }\n}\n',
    )
    expect(header(headers, 'content-type')).toBe('application/json; charset=UTF-8')
    expect(headers.filter(([name]) => name === 'vary')).toHaveLength(3)
  })

  it('is 400 for a bad key, and 403 without any', () => {
    const service = 'generativelanguage.googleapis.com'
    const message = 'API key not valid. Please pass a valid API key.'
    expect(answered({ code: 'unauthorized' })).toEqual({
      status: 'INVALID_ARGUMENT',
      code: 400,
      message,
      details: [
        {
          ...typed('ErrorInfo'),
          reason: 'API_KEY_INVALID',
          domain: 'googleapis.com',
          metadata: { service },
        },
        { ...typed('LocalizedMessage'), locale: 'en-US', message },
      ],
    })
    expect(answered({ code: 'unauthorized' }, gemini, asked())).toMatchObject({
      code: 403,
      status: 'PERMISSION_DENIED',
    })
  })

  it.each([
    ['rate-limited', 'GenerateRequestsPerMinutePerProjectPerModel-FreeTier'],
    ['quota-exceeded', 'GenerateRequestsPerDayPerProjectPerModel-FreeTier'],
  ] as const)('tells of %s which quota it was, and when to come back', (code, quotaId) => {
    expect(answered({ code, retryAfterMs: 48_500 })).toMatchObject({
      code: 429,
      status: 'RESOURCE_EXHAUSTED',
      details: [
        {
          ...typed('QuotaFailure'),
          violations: [{ quotaId, quotaDimensions: { model: 'gemini-2.5-flash' } }],
        },
        { ...typed('RetryInfo'), retryDelay: '48.5s' },
      ],
    })
  })

  it('names the model that it does not have', () => {
    const http = withKey({ model: 'gpt-4o', version: 'v1' })
    expect(answered({ code: 'model-not-found' }, gemini, http)).toMatchObject({
      code: 404,
      message: expect.stringContaining('models/gpt-4o is not found for API version v1, or is not'),
    })
    expect(answered({ code: 'model-not-found' }, vertex, http).message).toContain('Publisher Model')
  })

  it('has its own status and message in the body, too', () => {
    expect(answered({ code: 'server-error', status: 599, message: 'Ouch' })).toMatchObject({
      code: 599,
      message: 'Ouch',
    })
  })

  it('is the element of an array where a stream was to be one', () => {
    const body = (query: string) =>
      String(
        gemini.error({ code: 'overloaded' }, asked({ method: 'streamGenerateContent', query }))
          .body,
      )
    expect(JSON.parse(body(''))).toMatchObject([{ error: { code: 503 } }])
    expect(body('').endsWith('\n}\n]')).toBe(true)
    expect(JSON.parse(body('alt=sse'))).toMatchObject({ error: { code: 503 } })
  })
})

describe('an error of Vertex AI', () => {
  it('is 401 without a good token', () => {
    expect(answered({ code: 'unauthorized' }, vertex)).toMatchObject({
      code: 401,
      status: 'UNAUTHENTICATED',
      details: [{ reason: 'ACCESS_TOKEN_TYPE_UNSUPPORTED' }],
    })
  })

  it('has no quota to tell of', () => {
    expect(answered({ code: 'rate-limited' }, vertex).details).toBeUndefined()
  })
})
