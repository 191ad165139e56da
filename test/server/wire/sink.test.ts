import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../../src/index.ts'
import { ask, askRaw, chatBody, chatPath } from '../../support/ask.ts'
import { rawExchange, rawRequest, requestBytes } from '../../support/raw-client.ts'

let double: Double

beforeAll(async () => {
  double = await start({
    scenarios: [
      {
        rules: [
          { name: 'refused', when: { user: 'refuse' }, reply: 'never', faults: ['refuse'] },
          {
            name: 'refused by close',
            when: { user: 'refuse by close' },
            reply: 'never',
            faults: [{ refuse: { by: 'close' } }],
          },
          { name: 'nothing', when: { path: '/empty' }, reply: { status: 204 } },
          { name: 'page', when: { path: '/page' }, reply: { status: 200, body: 'a page' } },
          {
            name: 'longer',
            when: { user: 'longer' },
            reply: 'x',
            faults: [{ duplicate: { at: { frame: 0 } } }],
          },
          { name: 'fête 🎉', when: { user: 'party' }, reply: 'hi' },
          {
            name: 'short',
            when: { path: '/short' },
            reply: { status: 200, headers: { 'content-length': '9' }, body: 'four' },
          },
          { name: 'words', reply: [{ text: ['one ', 'two ', 'three'] }] },
        ],
      },
    ],
  })
})

afterAll(() => double.close())

describe('the sink', () => {
  it('keeps every frame a chunk of its own although all leave at once', async () => {
    const reply = await askRaw(double, 'hi')
    expect(reply.chunks.map(String)).toEqual(
      reply.body
        .split('\n\n')
        .slice(0, -1)
        .map((frame) => `${frame}\n\n`),
    )
    expect(reply.chunks.length).toBe(6)
    expect(reply.complete).toBe(true)
  })

  it('keeps the connection for the next request after a clean end', async () => {
    const request = { port: double.port, path: chatPath, body: chatBody('hi') }
    const once = requestBytes(request)
    const twice = await readAll(double.port, once + once, /(\r\n0\r\n\r\n[\s\S]*){2}/)
    expect(twice.match(/HTTP\/1\.1 200/g)).toHaveLength(2)
    expect(twice.match(/data: \[DONE\]/g)).toHaveLength(2)
    expect(twice).not.toMatch(/connection: close/i)
  })

  it('sends a whole answer with its length and without chunks', async () => {
    const body = chatBody('hi', { stream: false })
    const reply = await rawRequest({ port: double.port, path: chatPath, body })
    expect(reply.headers['content-length']).toBe(`${Buffer.byteLength(reply.body)}`)
    expect(reply.headers['transfer-encoding']).toBeUndefined()
    expect(JSON.parse(reply.body).choices[0].message.content).toBe('one two three')
  })

  it('answers HTTP/1.0, which knows no chunks, by a plain body that ends with the connection', async () => {
    const request = { port: double.port, path: chatPath, body: chatBody('hi'), httpVersion: '1.0' }
    const reply = await rawRequest(request)
    expect(reply.headers['transfer-encoding']).toBeUndefined()
    expect(reply.body).toMatch(/^data: [\s\S]*data: \[DONE\]\n\n$/)
    expect(reply.socket).toBe('fin')
  })

  it('sends no body where there can be none', async () => {
    const empty = await rawRequest({ port: double.port, method: 'GET', path: '/empty' })
    expect([empty.status, empty.body]).toEqual([204, ''])
    const head = await rawExchange(double.port, 'HEAD /page HTTP/1.1\r\nhost: localhost\r\n\r\n')
    expect([head.status, head.body]).toEqual([200, ''])
  })

  it.each([
    ['refuse', 'rst'],
    ['refuse by close', 'fin'],
  ])('%s leaves without a byte of an answer', async (content, socket) => {
    const reply = await askRaw(double, content)
    expect([reply.status, reply.socket]).toEqual([0, socket])
  })

  it('declares no length where a fault may change it', async () => {
    const body = chatBody('longer', { stream: false })
    const reply = await rawRequest({ port: double.port, path: chatPath, body })
    expect(reply.headers['content-length']).toBeUndefined()
    expect(reply.complete).toBe(true)
    expect(reply.body).toMatch(/^(\{.*\})\1$/)
  })

  it('ends an answer early without leaving the client to wait for its declared length', async () => {
    const body = chatBody('hi', { stream: false })
    const headers = { 'x-stuntdouble-fault': 'end; at=byte:20' }
    const reply = await rawRequest({ port: double.port, path: chatPath, body, headers })
    expect([reply.body.length, reply.complete, reply.socket]).toEqual([20, true, 'open'])
  })

  it('closes the connection after a length that a rule declared and did not keep', async () => {
    const reply = await rawRequest({ port: double.port, method: 'GET', path: '/short' })
    expect([reply.body, reply.complete, reply.socket]).toEqual(['four', false, 'fin'])
  })

  it('names a rule whatever its name is made of', async () => {
    const reply = await askRaw(double, 'party')
    expect([reply.status, reply.headers['x-stuntdouble-rule']]).toEqual([
      200,
      'inline-1/f%C3%AAte %F0%9F%8E%89',
    ])
  })

  it('says which rule answered and with which seed', async () => {
    const reply = await ask(double, 'hi')
    expect(reply.headers.get('x-stuntdouble-rule')).toBe('inline-1/words')
    expect(reply.headers.get('x-stuntdouble-seed')).toBe('1')
  })
})

/** Everything that comes until a pattern is complete. */
function readAll(port: number, sent: string, until: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(sent))
    let received = ''
    socket.on('data', (data) => {
      received += data
      if (!until.test(received)) return
      socket.destroy()
      resolve(received)
    })
    socket.on('error', reject)
    socket.on('close', () => resolve(received))
  })
}
