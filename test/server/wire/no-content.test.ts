/** Answers without a body tell no length of one (RFC 9110, section 8.6), seen from bare sockets. */
import { connect, constants } from 'node:http2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../../src/index.ts'
import { chatBody, chatPath } from '../../support/ask.ts'
import { rawRequest } from '../../support/raw-client.ts'

let double: Double

const events = 'id: 1\ndata: 1\n\n'
const headers = { 'content-type': 'text/event-stream' }

beforeAll(async () => {
  double = await start({
    scenarios: [
      {
        rules: [
          { when: { path: '/gone' }, reply: { status: 204 } },
          { when: { path: '/same' }, reply: { status: 304 } },
          { when: { path: '/again' }, reply: { status: 205 } },
          {
            when: { path: '/events' },
            resume: true,
            reply: { status: 200, headers, body: events },
          },
          {
            when: { path: '/lost' },
            resume: { unknown: 204 },
            reply: { status: 200, headers, body: events },
          },
          { reply: 'Hello.' },
        ],
      },
    ],
  })
})

afterAll(() => double.close())

const wholeBody = chatBody('hi', { stream: false })
const preflight = { origin: 'http://x.test', 'access-control-request-method': 'POST' }

describe('no content-length stands in', () => {
  it.each([
    ['a 204 of a rule', 'GET', '/gone', 204, {}, undefined],
    ['a 304 of a rule', 'GET', '/same', 304, {}, undefined],
    ['the answer where no stream is open', 'GET', '/api/chat/zz/stream', 204, {}, undefined],
    ['that to an id that is not known', 'GET', '/lost', 204, { 'last-event-id': 'x' }, undefined],
    [
      'a 204 by a fault',
      'POST',
      chatPath,
      204,
      { 'x-stuntdouble-fault': 'head; status=204' },
      wholeBody,
    ],
    ['a preflight', 'OPTIONS', chatPath, 204, preflight, undefined],
    ['the control API', 'POST', '/_stuntdouble/reset', 204, {}, undefined],
  ])('%s', async (_, method, path, status, more, body) => {
    const asked = { port: double.port, method, path, headers: more, body }
    const reply = await rawRequest(asked)
    expect([reply.status, reply.headers['content-length'], reply.wire]).toEqual([
      status,
      undefined,
      '',
    ])
    expect(reply.headers).not.toHaveProperty('transfer-encoding')
  })

  it('a finished stream to which somebody comes back', async () => {
    const asked = { port: double.port, method: 'GET', path: '/events' }
    const { body } = await rawRequest(asked)
    const id = /^id: ?(.*)$/m.exec(body)?.[1] ?? ''
    const reply = await rawRequest({ ...asked, headers: { 'last-event-id': id } })
    expect([reply.status, reply.headers['content-length'], reply.wire]).toEqual([
      204,
      undefined,
      '',
    ])
  })

  it('a 204 over HTTP/2', async () => {
    const session = connect(`http://127.0.0.1:${double.port}`)
    const stream = session.request({ [constants.HTTP2_HEADER_PATH]: '/api/chat/zz/stream' })
    const head = await new Promise<object>((resolve) => stream.once('response', resolve))
    session.destroy()
    expect(head).toMatchObject({ ':status': 204 })
    expect(head).not.toHaveProperty('content-length')
  })
})

it('a 205 tells that its body is empty, since clients would wait for one', async () => {
  const reply = await rawRequest({ port: double.port, method: 'GET', path: '/again' })
  expect([reply.status, reply.headers['content-length']]).toEqual([205, '0'])
})
