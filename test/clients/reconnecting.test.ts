/**
 * Clients that come back by their service's own means, after a fault broke their stream: the
 * Responses API's `starting_after`, and the transport of the AI SDK.
 */
import { DefaultChatTransport, type UIMessageChunk } from 'ai'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sse } from '../../src/framing/index.ts'
import { type Double, start } from '../../src/index.ts'
import { rawRequest } from '../support/raw-client.ts'

const framesIn = (body: string) => sse().decoder().push(Buffer.from(body))

describe('a response of OpenAI that was broken off', () => {
  let double: Double

  beforeAll(async () => {
    const rules = [{ reply: [{ text: ['One ', 'two.'] }] }]
    // Of the server, for every answer: it does not break what goes on.
    double = await start({ scenarios: [{ rules }], fault: 'reset; at=frame:99' })
  })

  afterAll(() => double.close())

  const path = '/v1/responses'
  const asked = (more: object, headers: Record<string, string> = {}) =>
    rawRequest({
      port: double.port,
      path,
      body: { model: 'gpt-4o', input: 'hi', ...more },
      headers,
    })
  const rest = (body: string, headers: Record<string, string> = {}) => {
    const frames = framesIn(body)
    const { response } = JSON.parse(frames[0]?.data ?? '')
    const query = `stream=true&starting_after=${frames.length - 1}`
    return rawRequest({
      port: double.port,
      method: 'GET',
      path: `${path}/${response.id}?${query}`,
      headers,
    })
  }
  const again = () => fetch(double.url('/_stuntdouble/reset'), { method: 'POST' })

  it.each([{ background: false }, { background: true }])(
    'goes on after each of its events, byte for byte, with %j',
    async (how) => {
      const ask = { ...how, stream: true }
      const unbroken = (await asked(ask)).body
      const joined: string[] = []
      for (let frame = 1; frame < framesIn(unbroken).length; frame++) {
        await again()
        // Sent with every request, as by a client whose default headers hold it.
        const header = { 'x-stuntdouble-fault': `reset; at=frame:${frame}` }
        const first = await asked(ask, header)
        expect(first.socket).toBe('rst')
        joined.push(first.body + (await rest(first.body, header)).body)
      }
      await again()
      expect(new Set(joined)).toEqual(new Set([unbroken]))
    },
  )

  it('can go on wrongly, with a gap or a repetition, and has no ids that could be wrong', async () => {
    const first = await asked({ stream: true }, { 'x-stuntdouble-fault': 'close; at=frame:4' })
    const numbers = async (fault: string): Promise<number[]> => {
      const { body } = await rest(first.body, { 'x-stuntdouble-fault': fault })
      return framesIn(body).map(({ data = '' }) => JSON.parse(data).sequence_number)
    }
    const right = await numbers('delay; for=1ms; at=frame:0')
    expect(right[0]).toBe(4)
    expect(await numbers('resume; skip=2')).toEqual(right.slice(2))
    expect(await numbers('resume; repeat=2')).toEqual([2, 3, ...right])
    const { status, body } = await rest(first.body, {
      'x-stuntdouble-fault': 'resume; wrongId=none',
    })
    expect(status).toBe(422)
    expect(body).toContain('this one has none')
    expect(double.journal.at(-2)?.resumes).toMatchObject({ after: '3' })
  })
})

describe('the transport of the AI SDK', () => {
  it('hears all of an answer again that a fault broke off, while it is being given', async () => {
    const reply = [{ text: ['one ', 'two'] }, { wait: '250ms' }, { text: [' three'] }]
    const rules = [{ reply, faults: [{ reset: { at: { frame: 4 }, after: '20ms' } }] }]
    await using double = await start({ scenarios: [{ rules }] })
    const transport = new DefaultChatTransport({ api: double.url('/api/chat') })
    const chatId = 'broken'
    const broken = await transport.sendMessages({
      ...{ chatId, trigger: 'submit-message', messageId: undefined, abortSignal: undefined },
      messages: [{ id: '1', role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
    })
    const first = await hear(broken)
    expect(first.error).toBeInstanceOf(Error)
    const resumed = await transport.reconnectToStream({ chatId })
    const second = resumed ? await hear(resumed) : undefined
    expect(second?.error).toBeUndefined()
    expect(second?.chunks.slice(0, first.chunks.length)).toEqual(first.chunks)
    expect(second?.text).toBe('one two three')
    expect(double.journal.map(({ ended, resumes }) => [ended, resumes])).toEqual([
      ['reset', undefined],
      ['end', { exchange: 1 }],
    ])
    expect(await transport.reconnectToStream({ chatId })).toBeNull()
  })
})

async function hear(stream: ReadableStream<UIMessageChunk>) {
  const chunks: UIMessageChunk[] = []
  let error: unknown
  try {
    for await (const chunk of stream) chunks.push(chunk)
  } catch (thrown) {
    error = thrown
  }
  const deltas = chunks.flatMap((chunk) => (chunk.type === 'text-delta' ? [chunk.delta] : []))
  return { chunks, error, text: deltas.join('') }
}
