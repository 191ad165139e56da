import { describe, expect, it } from 'vitest'
import { start } from '../../../src/index.ts'
import { ask, chatPath } from '../../support/ask.ts'

const origin = 'https://app.example'

describe('CORS', () => {
  it('lets any origin call the played API and read its headers', async () => {
    await using double = await start({ scenarios: [{ rules: [{ reply: 'hi' }] }] })
    const reply = await ask(double, 'hi', { headers: { origin } })
    expect(reply.headers.get('access-control-allow-origin')).toBe(origin)
    expect(reply.headers.get('access-control-expose-headers')).toMatch(/x-stuntdouble-rule/)
    expect(reply.headers.get('vary')).toBe('Origin')
  })

  it('grants a preflight what it asks for', async () => {
    await using double = await start({ scenarios: [{ rules: [{ reply: 'hi' }] }] })
    const reply = await fetch(double.url(chatPath), {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type,x-stainless-os',
      },
    })
    expect(reply.status).toBe(204)
    expect(reply.headers.get('access-control-allow-headers')).toMatch(/x-stainless-os/)
    expect(reply.headers.get('access-control-allow-methods')).toBe('POST')
  })

  it('lets a page read errors, too', async () => {
    await using double = await start({
      scenarios: [{ rules: [{ when: { user: 'x' }, reply: 'x' }] }],
    })
    const miss = await ask(double, 'hi', { headers: { origin } })
    expect([miss.status, miss.headers.get('access-control-allow-origin')]).toEqual([404, origin])
    const ours = await ask(double, 'x', { headers: { origin, 'x-stuntdouble-fault': 'nonsense' } })
    expect([ours.status, ours.headers.get('access-control-allow-origin')]).toEqual([400, origin])
  })

  it('says nothing of origins to those who send none', async () => {
    await using double = await start({ scenarios: [{ rules: [{ reply: 'hi' }] }] })
    const reply = await ask(double, 'hi')
    expect(reply.headers.get('access-control-allow-origin')).toBeNull()
  })
})
