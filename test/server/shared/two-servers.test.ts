/** Two servers that share one memory, as the workers of one do: what their clients receive. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { start } from '../../../src/index.ts'
import { type Started, startAmong } from '../../../src/testing/start.ts'
import { RealClock } from '../../../src/time/clock.ts'
import { workersOf } from './pipe.ts'

const rules = [
  { name: 'twice', when: { user: 'few' }, times: 2, reply: 'one of two' },
  { name: 'begin', when: { user: 'state' }, state: { from: 'start', to: 'on' }, reply: 'first' },
  { name: 'go on', when: { user: 'state', state: 'on' }, reply: 'then {{ turn }}' },
  { name: 'rest', reply: 'number {{ hit }}, {{ fake.name }}' },
]
const sources = { scenarios: [{ name: 'shared', rules }], seed: 3 }

let servers: Started[]

beforeEach(async () => {
  const clock = new RealClock()
  const { workers } = workersOf(2, clock)
  servers = await Promise.all(
    workers.map(({ state }) => startAmong({ ...sources, clock }, { shared: state })),
  )
})

afterEach(() => Promise.all(servers.map(({ double }) => double.close())))

const body = (content: string) =>
  JSON.stringify({ model: 'm', stream: true, messages: [{ role: 'user', content }] })

async function told(url: string, content: string): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(url, { method: 'POST', headers, body: body(content) }).catch(String)
  return typeof reply === 'string' ? reply : await reply.text().catch(String)
}

const urlOf = (at: number): string => servers[at % 2]?.double.url('/v1/chat/completions') ?? ''

it('send the same bytes by turns as one server sends', async () => {
  await using alone = await start(sources)
  const asked = ['few', 'x', 'state', 'few', 'x', 'state', 'few', 'x', 'state']
  for (const [at, content] of asked.entries()) {
    const expected = await told(alone.url('/v1/chat/completions'), content)
    expect(await told(urlOf(at), content)).toBe(expected)
  }
})

it('let a rule answer its `times` and no more, however many ask both at once', async () => {
  const replies = await Promise.all(Array.from({ length: 12 }, (_, at) => told(urlOf(at), 'few')))
  expect(replies.filter((reply) => reply.includes('one')).length).toBe(2)
})

it('have a fault that was added at one of them act on the next answer of the other', async () => {
  const added = await fetch(servers[0]?.double.url('/_stuntdouble/faults?times=1') ?? '', {
    method: 'POST',
    body: 'head; status=503',
  })
  expect(added.status).toBe(201)
  const statuses = []
  for (const at of [1, 0, 1]) {
    const headers = { 'content-type': 'application/json' }
    const reply = await fetch(urlOf(at), { method: 'POST', headers, body: body('x') })
    statuses.push(reply.status)
    await reply.text()
  }
  expect(statuses).toEqual([503, 200, 200])
})
