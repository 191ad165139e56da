/** Laws of requests: those that are right are understood, all others refused in so many words. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { type Dialect, isApiError } from '../../../src/core/dialect.ts'
import { builtInDialects } from '../../../src/dialects/registry.ts'
import type { Traits } from '../traits.ts'
import { accepted, httpRequest, jsonRequest } from '../wire.ts'
import { holds } from './holds.ts'
import type { Subject } from './subject.ts'

export function requestLaws({ dialect, traits }: Subject): void {
  const statuses = traits.refusedStatuses ?? [400]

  describe(`${dialect.name} and its requests`, () => {
    it('understands a valid one', () => {
      const request = accepted(dialect, jsonRequest(traits, traits.body))
      expect(request).toMatchObject({ dialect: dialect.name, user: 'hello', choices: 1 })
    })

    const { conversation } = traits
    if (conversation !== 'none' && (conversation || isBuiltIn(traits, dialect))) {
      it('understands the second round of a tool call in neutral words', () => {
        if (!conversation) throw new Error('its traits need a conversation')
        const request = accepted(dialect, jsonRequest(traits, conversation))
        const { messages, user, system, tools } = request
        expect(user).toBe('hello')
        expect([system, tools]).toEqual(
          traits.messagesOnly ? [undefined, []] : ['Be brief.', ['get_weather']],
        )
        const text = expect.stringContaining('21 degrees')
        expect(messages.at(-1)).toEqual({ role: 'tool', text })
        const ofUser = messages.filter(({ role }) => role === 'user')
        expect(ofUser).toEqual([{ role: 'user', text: 'hello' }])
        const neutral = ['system', 'user', 'assistant', 'tool']
        expect(messages.map(({ role }) => role).filter((role) => !neutral.includes(role))).toEqual(
          [],
        )
      })
    }

    const garbage: readonly (readonly [string, Uint8Array])[] = [
      ['an empty body', utf8('')],
      ['no JSON', utf8('hello')],
      ['half a JSON object', utf8('{"messages":[{"role":"user"')],
      ['a list', utf8('[]')],
      ['a string', utf8('"hello"')],
      ['a number', utf8('7')],
      ['null', utf8('null')],
      ['a body that is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])],
      ...Object.entries(traits.refused).map(
        ([what, body]) => [what, utf8(JSON.stringify(body))] as const,
      ),
    ]

    it.each(garbage)('refuses %s with a message', (_, body) => {
      const http = httpRequest(traits, body)
      const refused = dialect.parseRequest(http)
      if (!isApiError(refused)) throw new Error('it was accepted')
      const reply = dialect.error(refused, http)
      expect(String(reply.body)).toMatch(/\w+ \w+/)
      expect(statuses).toContain(reply.status)
    })

    it('takes or refuses any JSON and any bytes, but never throws', () => {
      const fields = fc.dictionary(
        fc.constantFrom(...Object.keys(traits.body), '__proto__'),
        fc.jsonValue(),
      )
      const bodies = fc.oneof(
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        fc.json().map((json) => utf8(json)),
        fields.map((changed) => utf8(JSON.stringify({ ...traits.body, ...changed }))),
      )
      holds(
        fc.property(bodies, (body) => {
          const http = httpRequest(traits, body)
          const request = dialect.parseRequest(http)
          if (isApiError(request)) expect(statuses).toContain(dialect.error(request, http).status)
          else expect(request.http).toBe(http)
        }),
      )
    })
  })
}

const isBuiltIn = ({ tools }: Traits, dialect: Dialect): boolean =>
  tools === true && builtInDialects.includes(dialect)
