/**
 * Faults at the edges of an answer: before its head, after its last byte, within a JSON array, into
 * silence. Seen from a bare socket.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../../src/index.ts'
import { chatBody, chatPath } from '../../support/ask.ts'
import { h2Request } from '../../support/h2-client.ts'
import { type RawReply, rawExchange, rawRequest, requestBytes } from '../../support/raw-client.ts'

const path = '/chatapi'
const body = { messages: [{ role: 'user', content: 'hello' }] }

let double: Double

beforeAll(async () => {
  double = await start({
    scenarios: [
      { pacing: { ttft: '20ms', itl: '5ms' }, rules: [{ reply: 'One two thrée four.' }] },
    ],
  })
})

afterAll(() => double.close())

const asked = (fault: string, more: object = {}): Promise<RawReply> => {
  const headers = { 'x-stuntdouble-fault': fault }
  return rawRequest({ port: double.port, path, headers, body, ...more })
}

const frames = ({ body }: RawReply): string[] => body.split(/(?<=\n\n)/)

describe('a hang', () => {
  it('is followed by all heartbeats that were asked for, and then by silence', async () => {
    const flood = 'hang; at=frame:2, heartbeats; every=30ms; count=3; at=frame:2'
    const reply = await asked(flood, { silenceMs: 300 })
    expect(frames(reply).slice(2)).toEqual(Array(3).fill(': keep-alive\n\n'))
    expect([frames(reply).length, reply.socket, reply.complete]).toEqual([5, 'open', false])
  })
})

describe('a wrong length', () => {
  it('closes the connection, says so, and leaves what was asked behind it unanswered', async () => {
    const headers = { 'x-stuntdouble-fault': 'wrong-length; by=-5' }
    const twice = requestBytes({ path, headers, body }) + requestBytes({ path, body })
    const reply = await rawExchange(double.port, twice)
    expect(reply.headers['connection']).toBe('close')
    expect([reply.wire.match(/HTTP\/1\.1/g), reply.socket]).toEqual([null, 'fin'])
    expect(reply.wire.endsWith('data:[DONE]\n\n')).toBe(true)
  })
})

describe('a header of the connection', () => {
  const fault = 'head; headers.connection=close'

  it('is sent over HTTP/1.1', async () => {
    expect((await asked(fault)).headers['connection']).toBe('close')
  })

  it('is a 422 over HTTP/2, which has none', async () => {
    const headers = { 'x-stuntdouble-fault': fault }
    const reply = await h2Request(double.port, { path, body, headers })
    expect(reply.body).toContain('head: HTTP/2 has no headers of one connection')
  })
})

describe('no-terminator', () => {
  it('leaves an answer in one piece as it is', async () => {
    const whole = { path: chatPath, body: chatBody('hello', { stream: false }) }
    const reply = await asked('no-terminator', whole)
    expect(JSON.parse(reply.body).choices[0].message.content).toBe('One two thrée four.')
  })
})

describe('a JSON array', () => {
  const google = '/v1beta/models/gemini-2.0-flash:streamGenerateContent'
  const question = { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] }
  /** Each answer has its own. */
  const withoutId = (key: string, value: unknown) => (key === 'responseId' ? undefined : value)
  const elements = async (fault: string): Promise<object[]> =>
    JSON.parse((await asked(fault, { path: google, body: question })).body, withoutId)

  it.each(['frame:0', 'time:0', 'frame:1'])('is one still with an error put at %s', async (at) => {
    const before = await elements('delay; for=0')
    const after = await elements(`inject; at=${at}; error=overloaded`)
    const error = after.findIndex((one) => 'error' in one)
    expect(error).toBe(at === 'frame:1' ? 1 : 0)
    expect(after.toSpliced(error, 1)).toEqual(before)
  })

  it.each([
    [0, 1],
    [0, 99],
    [1, 1],
  ])('is one still where, from frame %i, %i frames are dropped', async (at, count) => {
    const before = await elements('delay; for=0')
    const after = await elements(`drop; at=frame:${at}; count=${count}`)
    expect(after).toEqual(before.toSpliced(at, count))
  })
})

describe('an event that Ollama dates', () => {
  it('has the time of its place', async () => {
    const chat = { model: 'llama3.2', messages: [{ role: 'user', content: 'hello' }] }
    const fault = 'inject; at=frame:2; event={"type":"text","text":"!"}'
    const reply = await asked(fault, { path: '/api/chat', body: chat })
    const times = reply.body
      .trimEnd()
      .split('\n')
      .map((line): string => JSON.parse(line).created_at)
    expect(times.length).toBeGreaterThan(4)
    expect(times).toEqual(times.toSorted())
  })
})
