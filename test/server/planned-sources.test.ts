/** Plans, profiles and limits where the answer comes from a service or a tape, and over HTTP/2. */
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type Double, type StartOptions, start, VirtualClock } from '../../src/index.ts'
import { askRaw, chatBody, chatPath } from '../support/ask.ts'
import { h2Request } from '../support/h2-client.ts'
import { requestBytes } from '../support/raw-client.ts'

const folder = mkdtempSync(join(tmpdir(), 'stuntdouble-planned-'))
afterAll(() => rmSync(folder, { recursive: true }))

const rules = [
  { when: { user: 'silent' }, reply: [{ text: ['a'] }, 'hang'] },
  { reply: [{ text: ['one ', 'two ', 'three '] }] },
]
const scenarios = [{ name: 's', rules }]
const plan = { after: 'loop', requests: ['reset; at=frame:2', 'clean'] }
const whole = 6

const framesOf = ({ body }: { readonly body: string }): number => body.split('\n\n').length - 1

async function framesOfFour(double: Double): Promise<readonly (string | number)[]> {
  const seen: (string | number)[] = []
  for (let at = 0; at < 4; at += 1) {
    const reply = await askRaw(double, 'hi')
    seen.push(reply.status === 200 ? framesOf(reply) : reply.status)
    await double.taped()
  }
  return seen
}

it('a plan that loops, and a limit, hold for a live service and for its tapes', async () => {
  await using service = await start({ scenarios })
  const sources: readonly StartOptions[] = [
    { upstream: [service.url()], tapes: folder },
    { recordings: [folder], after: 'loop' },
  ]
  for (const source of sources) {
    await using double = await start({ ...source, plan, limits: '3rpm' })
    expect(await framesOfFour(double)).toEqual([2, whole, 2, 429])
  }
})

it('a plan and a limit hold over HTTP/2 as well', async () => {
  await using double = await start({ scenarios, plan, limits: '2rpm' })
  const seen: unknown[] = []
  for (let at = 0; at < 3; at += 1) {
    const request = { method: 'POST', path: chatPath, body: JSON.stringify(chatBody('hi')) }
    const { body, ending } = await h2Request(double.port, request)
    const isRefused = body.includes('Rate limit reached')
    seen.push([isRefused ? 'refused' : framesOf({ body }), ending])
  }
  expect(seen).toEqual([
    [2, 'reset 2'],
    [whole, 'end'],
    ['refused', 'end'],
  ])
})

it('proxy-that-cuts-at-60s closes a silent stream at sixty seconds and no earlier', async () => {
  const clock = new VirtualClock()
  await using double = await start({ scenarios, clock, fault: 'proxy-that-cuts-at-60s' })
  const socket = connect({ port: double.port, host: '127.0.0.1' })
  let heard = ''
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    heard += chunk.toString()
  })
  socket.write(requestBytes({ path: chatPath, body: chatBody('silent') }))
  await double.waitFor({ for: 'written' })
  await clock.advance(59_999)
  expect([double.open, socket.closed]).toEqual([1, false])
  await clock.advance(1)
  await closed
  expect(heard).toContain('"a"')
  expect(heard).not.toContain('[DONE]')
  expect(double.journal.at(-1)?.faults).toMatchObject([{ kind: 'close' }])
})
