import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start } from '../../src/index.ts'
import { head, rawUpstream } from '../sources/raw-upstream.ts'
import { rawExchange } from '../support/raw-client.ts'

const handshake = [
  'GET /v1/realtime?model=x HTTP/1.1',
  ...['host: localhost', 'upgrade: websocket', 'connection: Upgrade'],
  ...['sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version: 13', '', ''],
].join('\r\n')

describe('a client that wants a WebSocket', () => {
  it('is refused in words by a server that plays', async () => {
    await using double = await start()
    const { status, headers, body } = await rawExchange(double.port, handshake)
    expect(status).toBe(501)
    expect(headers['x-stuntdouble-error']).toBe('no-websocket')
    expect(headers['content-type']).toContain('application/json')
    expect(JSON.parse(body).error).toMatchObject({
      code: 'no-websocket',
      message: expect.stringContaining('use the streaming HTTP API'),
    })
  })

  it('is refused by a server that tapes, and the service hears nothing of it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
    const upstream = await rawUpstream([head('200 OK', 'content-length: 0')])
    try {
      await using recorder = await start({ upstream: upstream.url, tapes: folder })
      expect((await rawExchange(recorder.port, handshake)).status).toBe(501)
      expect(upstream.received).toEqual([])
      expect(readdirSync(folder)).toEqual([])
    } finally {
      await upstream.close()
      rmSync(folder, { recursive: true })
    }
  })
})

it('a client that takes us for a forward proxy is told so', async () => {
  await using double = await start()
  const asked = 'CONNECT api.example.com:443 HTTP/1.1\r\nhost: api.example.com:443\r\n\r\n'
  const { status, body } = await rawExchange(double.port, asked)
  expect(status).toBe(501)
  expect(JSON.parse(body).error.message).toContain('no forward proxy')
})
