/** Turns, states and sessions, as clients of different APIs keep them. */
import { describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { ask } from '../support/ask.ts'

async function vanus(double: Double, prompt: string, session: string): Promise<string> {
  const reply = await fetch(double.url('/api/v1/app'), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-vanusai-model': 'gpt-4',
      'x-vanusai-sessionid': session,
      accept: 'text/plain',
    },
    body: JSON.stringify({ prompt, stream: false }),
  })
  return reply.text()
}

const states = {
  rules: [
    {
      name: 'locked',
      when: { user: { not: { contains: 'key' } } },
      state: { from: 'start' },
      reply: 'locked',
    },
    {
      name: 'unlock',
      when: { user: { contains: 'key' } },
      state: { from: 'start', to: 'open' },
      reply: 'click',
    },
    { name: 'open', state: { from: 'open' }, reply: 'turn {{ turn }} of {{ session }}' },
  ],
}

describe('a dialogue', () => {
  it('of Vanus has turns and states by its session id', async () => {
    await using double = await start({ scenarios: [states] })
    expect([
      await vanus(double, 'open', 'a'),
      await vanus(double, 'a key', 'a'),
      await vanus(double, 'open', 'b'),
      await vanus(double, 'open', 'a'),
      await vanus(double, 'open', 'a'),
      await vanus(double, 'open', 'b'),
    ]).toEqual(['locked', 'click', 'locked', 'turn 3 of a', 'turn 4 of a', 'locked'])
  })

  it('that sends its history is counted by it', async () => {
    await using double = await start({ scenarios: [{ rules: [{ reply: 'turn {{ turn }}' }] }] })
    const said = (role: string) => ({ role, content: role })
    const messages = [said('user'), said('assistant'), said('user')]
    const reply = await ask(double, '', { more: { stream: false, messages } })
    expect(JSON.parse(await reply.text()).choices[0].message.content).toBe('turn 2')
  })

  it('answers by metadata of kernel2', async () => {
    const when = { body: { '$.metadata.role_id': 'r-1', '$.metadata.enable_l0_retrieval': true } }
    await using double = await start({
      scenarios: [{ rules: [{ when, reply: 'in the role' }, { reply: 'as itself' }] }],
    })
    const said = async (metadata: object): Promise<string> => {
      const body = JSON.stringify({
        messages: [{ role: 'user', content: 'x' }],
        stream: false,
        metadata,
      })
      const headers = { 'content-type': 'application/json' }
      const reply = await fetch(double.url('/api/kernel2/chat'), { method: 'POST', headers, body })
      return JSON.parse(await reply.text()).choices[0].message.content
    }
    expect(await said({ role_id: 'r-1', enable_l0_retrieval: true })).toBe('in the role')
    expect(await said({ role_id: 'r-1' })).toBe('as itself')
  })
})

describe('keys and models', () => {
  const auth = { keys: ['good', { key: 'narrow', models: ['small'] }] }
  const scenario = { auth, models: ['small', 'gpt-4'], rules: [{ reply: 'hi' }] }

  const status = async (
    double: Double,
    path: string,
    key: string,
    model: string,
  ): Promise<number> => {
    const headers = {
      'content-type': 'application/json',
      'x-vanusai-model': model,
      'x-vanusai-sessionid': 's',
      ...(key === '' ? {} : { authorization: `Bearer ${key}` }),
    }
    const asked = path.startsWith('/api/v1/')
      ? { prompt: 'hi' }
      : { messages: [{ role: 'user', content: 'hi' }] }
    const body = JSON.stringify({ model, ...asked })
    const reply = await fetch(double.url(path), { method: 'POST', headers, body })
    await reply.arrayBuffer()
    return reply.status
  }

  it.each([
    ['/v1/chat/completions', 404],
    ['/api/kernel2/chat', 404],
    ['/api/v1/app', 400],
  ])('are asked for at %s only where a scenario says so', async (path, unknownModel) => {
    await using open = await start({ scenarios: [{ rules: [{ reply: 'hi' }] }] })
    expect(await status(open, path, '', 'gpt-4')).toBe(200)
    await using double = await start({ scenarios: [scenario] })
    expect([
      await status(double, path, '', 'small'),
      await status(double, path, 'wrong', 'small'),
      await status(double, path, 'narrow', 'gpt-4'),
      await status(double, path, 'narrow', 'small'),
      await status(double, path, 'good', 'gpt-4'),
      await status(double, path, 'good', 'gpt-9'),
    ]).toEqual([401, 401, 403, 200, 200, unknownModel])
  })
})

describe('the same seed', () => {
  it('gives the same bytes, and another seed others', async () => {
    const bytes = async (seed: number): Promise<string> => {
      await using double = await start({
        scenarios: [{ rules: [{ reply: 'hi {{ fake.name }}' }] }],
        seed,
      })
      return (await ask(double, 'hi')).text()
    }
    expect(await bytes(7)).toBe(await bytes(7))
    expect(await bytes(7)).not.toBe(await bytes(8))
  })
})
