/** The places of the journal, which exchanges have in turn: none may show what another was. */
import { afterEach, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/testing/start.ts'
import { ask, chatBody, chatPath } from '../support/ask.ts'
import { openStream } from '../support/streaming-client.ts'

const hang = { when: { user: 'hang' }, reply: [{ text: ['one'] }, 'hang'] }
const cut = {
  when: { user: 'cut' },
  reply: { text: ['one', 'two'] },
  faults: [{ reset: { at: { frame: 1 } } }],
}
const scenario = { name: 's', pacing: 'instant', rules: [hang, cut, { reply: 'yes' }] }

let double: Double

afterEach(() => double.close())

const say = async (words: string, session = 'one'): Promise<void> => {
  const headers = { 'x-stuntdouble-session': session }
  const reply = await ask(double, words, { headers })
  await reply.text().catch(() => 'cut')
}

const said = (): string[] => double.journal.map(({ body }) => JSON.parse(body).messages[0].content)

describe('the places of the journal', () => {
  it('hold the latest exchanges, each with what it was alone', async () => {
    double = await start({ scenarios: [scenario], journalLimit: 3 })
    const long = 'x'.repeat(3000)
    const all = ['first', 'cut', 'second', long, 'third', 'fourth', 'cut', 'fifth']
    for (const [at, words] of all.entries()) {
      await say(words)
      const latest = all.slice(0, at + 1).slice(-3)
      expect(said()).toEqual(latest)
      const rules = latest.map((one) => (one === 'cut' ? 'reset' : 'end'))
      expect(double.journal.map(({ ended }) => ended)).toEqual(rules)
      const faults = latest.map((one) => (one === 'cut' ? 1 : 0))
      expect(double.journal.map((entry) => entry.faults.length)).toEqual(faults)
    }
    const [, , last] = double.journal
    expect(last).toMatchObject({ id: 8, status: 200, previous: { id: 7 }, seed: 1 })
    expect(last?.previous?.idleMs).toBeGreaterThanOrEqual(0)
    expect(last?.headMs).toBeLessThanOrEqual(last?.firstByteMs ?? 0)
    expect(last?.connection.protocol).toBe('HTTP/1.1')
  })

  it('say nothing of a stream that ends after it was forgotten', async () => {
    double = await start({ scenarios: [scenario], journalLimit: 2 })
    const client = openStream({ port: double.port, path: chatPath, body: chatBody('hang') })
    await client.until(({ received }) => received.includes('one'))
    expect(double.journal[0]).toMatchObject({ ended: 'open', bytes: expect.any(Number) })
    for (const words of ['a', 'b']) await say(words)
    client.socket.destroy()
    await expect.poll(() => double.open).toBe(0)
    expect(said()).toEqual(['a', 'b'])
    expect(double.journal.map(({ ended }) => ended)).toEqual(['end', 'end'])
  })

  it('are free again when a session is forgotten, in the order of what is left', async () => {
    double = await start({ scenarios: [scenario], journalLimit: 4 })
    for (const words of ['a', 'b', 'c', 'd', 'e']) await say(words, words === 'd' ? 'two' : 'one')
    await fetch(double.url('/_stuntdouble/journal?session=two'), { method: 'DELETE' })
    expect(said()).toEqual(['b', 'c', 'e'])
    for (const words of ['f', 'g']) await say(words)
    expect(said()).toEqual(['c', 'e', 'f', 'g'])
    await fetch(double.url('/_stuntdouble/journal'), { method: 'DELETE' })
    expect(said()).toEqual([])
    await say('h')
    expect(said()).toEqual(['h'])
  })
})
