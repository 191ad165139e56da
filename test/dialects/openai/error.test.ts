import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { isApiError } from '../../../src/core/dialect.ts'
import { header } from '../../../src/core/http.ts'
import { chatDialect, openAiChat } from '../../../src/dialects/openai/chat.ts'
import { azure } from '../../../src/dialects/openai/variants/azure.ts'
import { jsonRequest } from '../wire.ts'
import { ask, replyFor, streamed } from './openai.ts'

const azureChat = chatDialect(azure)

describe('openai-chat in error', () => {
  it.each([
    ['unauthorized', 401, 'invalid_request_error', 'invalid_api_key'],
    ['model-not-found', 404, 'invalid_request_error', 'model_not_found'],
    ['context-length', 400, 'invalid_request_error', 'context_length_exceeded'],
    ['rate-limited', 429, 'requests', 'rate_limit_exceeded'],
    ['quota-exceeded', 429, 'insufficient_quota', 'insufficient_quota'],
    ['server-error', 500, 'server_error', null],
    ['overloaded', 503, 'server_error', null],
  ] as const)('answers %s with its recorded status, type and code', (code, status, type, word) => {
    const reply = openAiChat.error({ code })
    expect(reply.status).toBe(status)
    expect(JSON.parse(String(reply.body))).toMatchObject({
      error: { type, code: word, param: null },
    })
    const back = openAiChat.decodeWhole(utf8(String(reply.body)))
    expect(back).toMatchObject([{ type: 'error' }])
  })

  it.each([
    [7000, '7', undefined],
    [84, '1', '84'],
    [1500, '2', '1500'],
  ])('says to try again after %d ms', (retryAfterMs, seconds, ms) => {
    const { headers } = openAiChat.error({ code: 'rate-limited', retryAfterMs })
    expect(header(headers, 'retry-after')).toBe(seconds)
    expect(header(headers, 'retry-after-ms')).toBe(ms)
  })

  it("says what Azure's gateway says", () => {
    const parse = (query: string) =>
      azureChat.parseRequest(
        jsonRequest({ path: '/openai/deployments/d/x', params: { deployment: 'd' }, query }, ask),
      )
    expect(parse('api-version=preview')).toMatchObject({ model: 'd' })
    const nowhere = parse('')
    if (!isApiError(nowhere)) throw new Error('it was accepted')
    const { status, body } = azureChat.error(nowhere)
    expect([status, String(body)]).toEqual([
      404,
      '{"error":{"code":"404","message":"Resource not found"}}',
    ])
    const { random } = replyFor()
    const { headers } = azureChat.error(
      { code: 'rate-limited', retryAfterMs: 7000 },
      undefined,
      random,
    )
    expect(header(headers, 'retry-after-ms')).toBe('7000')
    expect(header(headers, 'x-ms-region')).toBe('East US 2')
  })

  it('says a body of its own inside a stream as well', () => {
    const body = { error: { message: 'Slow down', code: 429 } }
    expect(streamed([{ type: 'error', error: { code: 'rate-limited', body } }])).toBe(
      `data: ${JSON.stringify(body)}\n\n`,
    )
  })
})
