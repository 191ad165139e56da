import { describe, expect, it } from 'vitest'
import { start } from '../../../src/index.ts'

const scenarios = [{ rules: [{ reply: 'Hi.' }] }]

describe('a request to a path that nobody knows', () => {
  it('is told the nearest of those that are known, and no more than fit on a screen', async () => {
    await using double = await start({ scenarios })
    const reply = await fetch(double.url('/v9/chat/completions'), { method: 'POST' })
    expect(reply.status).toBe(404)
    const { error } = JSON.parse(await reply.text())
    const [, listed = '', others = '0'] =
      /Nearest are (.*), and (\d+) more\./.exec(error.message) ?? []
    expect(listed.split(', ')).toHaveLength(8)
    expect(listed).toContain('POST /v1/chat/completions')
    expect(Number(others)).toBeGreaterThan(0)
    expect(error.message).toContain('--dialect')
  })

  it('is greeted where it asks for nothing at all', async () => {
    await using double = await start({ scenarios })
    const reply = await fetch(double.url('/'))
    expect(reply.status).toBe(200)
    expect(await reply.text()).toMatch(/is running\. It knows (\w+ \/\S+, ){8}and \d+ more\.\n$/)
  })
})

describe('a route that the dialect answers itself', () => {
  const auth = { keys: ['good'] }

  it.each([
    ['good', 200],
    ['bad', 401],
  ])('answers the key %s with %i where a scenario asks for keys', async (key, status) => {
    await using double = await start({ scenarios: [{ auth, rules: [{ reply: 'Hi.' }] }] })
    const headers = { authorization: `Bearer ${key}` }
    const reply = await fetch(double.url('/v1/models'), { headers })
    expect(reply.status).toBe(status)
  })

  it('puts an id on its errors, the same for the same path', async () => {
    await using double = await start({ scenarios })
    const ids: unknown[] = []
    for (const id of ['resp_1', 'resp_1', 'resp_2']) {
      const { status, headers } = await fetch(double.url(`/v1/responses/${id}`))
      expect(status).toBe(404)
      ids.push(headers.get('x-request-id'))
    }
    expect(ids[0]).toMatch(/^req_[0-9a-f]{32}$/)
    expect(ids[1]).toBe(ids[0])
    expect(ids[2]).not.toBe(ids[0])
  })

  it('leaves to the recordings what it does not keep', async () => {
    await using double = await start({ scenarios, recordings: ['recordings'] })
    const body = JSON.stringify({ model: 'gpt-4o', input: 'hi' })
    const headers = { 'content-type': 'application/json' }
    const asked = await fetch(double.url('/v1/responses'), { method: 'POST', headers, body })
    const { id } = JSON.parse(await asked.text())
    expect((await fetch(double.url(`/v1/responses/${id}`))).status).toBe(200)
    const unknown = await fetch(double.url('/v1/responses/resp_1'))
    expect(await unknown.text()).toContain('no recording answers')
  })
})
