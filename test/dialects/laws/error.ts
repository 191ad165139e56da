/** Laws of errors as whole answers. */
import { describe, expect, it } from 'vitest'
import { header } from '../../../src/core/http.ts'
import { errorCodes } from '../traits.ts'
import type { Subject } from './subject.ts'

export function errorLaws({ dialect, traits }: Subject): void {
  const errorType = traits.errorContentType ?? /^application\/json/

  describe(`${dialect.name} in error`, () => {
    it.each(errorCodes)('answers %s with an error status and a JSON body', (code) => {
      const reply = dialect.error({ code })
      expect(reply.status).toBeGreaterThanOrEqual(400)
      expect(header(reply.headers, 'content-type')).toMatch(errorType)
      expect(JSON.parse(String(reply.body))).toBeTypeOf('object')
    })

    it('says what the scenario wants said', () => {
      const message = 'Say "this"\n'
      const reply = dialect.error({
        code: 'rate-limited',
        status: 418,
        message,
        retryAfterMs: 6001,
        headers: [['x-own', 'yes']],
      })
      expect(reply.status).toBe(418)
      expect(String(reply.body)).toContain(JSON.stringify(message).slice(1, -1))
      if (traits.retryAfter ?? true) expect(header(reply.headers, 'retry-after')).toBe('7')
      expect(header(reply.headers, 'x-own')).toBe('yes')
    })

    it.each([
      ['as JSON', { own: [1] }, '{"own":[1]}'],
      ['as text', '<h1>Bad Gateway</h1>', '<h1>Bad Gateway</h1>'],
    ])('gives a body of the scenario %s', (_, body, written) => {
      const reply = dialect.error({ code: 'bad-gateway', body })
      const text = String(reply.body)
      expect(typeof body === 'string' ? text : JSON.stringify(JSON.parse(text))).toBe(written)
      const type = header(reply.headers, 'content-type')
      expect(type).toMatch(typeof body === 'string' ? /^text\/plain/ : errorType)
    })
  })
}
