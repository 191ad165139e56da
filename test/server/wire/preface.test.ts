import { createServer, Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { tellProtocol } from '../../../src/server/wire/preface.ts'

const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'

/** What a connection is taken for, and what is then read from it. */
function told(silenceMs: number, act: (client: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      const is = (what: string): void => {
        socket.destroy()
        client.destroy()
        server.close(() => resolve(what))
      }
      const first = (protocol: string) => (): void => {
        socket.once('data', (data) => is(`${protocol}: ${data}`))
        socket.resume()
      }
      tellProtocol(socket, silenceMs, {
        http1: (_, received) => is(`HTTP/1.1: ${received}`),
        http2: first('HTTP/2'),
        neither: (_, why, receivedBytes) => is(`${why} after ${receivedBytes} bytes`),
      })
    })
    const client = new Socket()
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      client.connect(port, '127.0.0.1', () => act(client))
    })
  })
}

describe('a connection', () => {
  it.each([
    ['GET / HTTP/1.1\r\n', 'HTTP/1.1: GET / HTTP/1.1\r\n'],
    ['PO', 'HTTP/1.1: PO'],
    [`${preface}and more`, `HTTP/2: ${preface}and more`],
    [preface, `HTTP/2: ${preface}`],
  ])('that begins with %j is told at once, and nothing of it is lost', async (sent, expected) => {
    expect(await told(60_000, (client) => client.write(sent))).toBe(expected)
  })

  it.each([
    ['nothing', '', 'silence after 0 bytes'],
    ['half a preface', 'PRI * ', 'silence after 6 bytes'],
  ])('that says %s is not waited for without end', async (_, sent, expected) => {
    expect(await told(30, (client) => client.write(sent))).toBe(expected)
  })

  it('that ends before it can be told says so', async () => {
    expect(await told(60_000, (client) => client.end())).toBe('end after 0 bytes')
    expect(await told(60_000, (client) => client.end('PRI'))).toBe('end after 3 bytes')
  })
})
