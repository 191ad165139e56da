/** A client that reads nothing holds up its own stream, and holds no more than a little of ours. */

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { askRaw, chatBody, chatPath, textOf } from '../support/ask.ts'
import { H2Client } from '../support/h2-client.ts'
import { hugeReply } from '../support/huge-reply.ts'
import { requestBytes } from '../support/raw-client.ts'

const hugeBytes = 100_000_000
const chunkBytes = 100_000

/** A burst that is being sent, and the chunk that made it full; and some framing. */
const mostHeldBytes = 64 * 1024 + chunkBytes + 10_000

/** What two kernels hold of one connection at most, as Linux is usually set. */
const mostKernelBytes = 16_000_000

const folder = mkdtempSync(join(tmpdir(), 'stuntdouble-slow-'))
let upstream: Server
let upstreamBytes = 0
let double: Double

beforeAll(async () => {
  const chunk = Buffer.alloc(chunkBytes, 'x')
  upstream = createServer((request, response) => {
    request.resume()
    const write = (): void => {
      while (upstreamBytes < hugeBytes) {
        upstreamBytes += chunkBytes
        if (!response.write(chunk)) return
      }
      response.end()
    }
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.on('drain', write)
    response.on('error', () => {})
    write()
  })
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
  const port = portOf(upstream)
  double = await start({
    scenarios: [
      {
        name: 's',
        rules: [
          { name: 'huge', when: { user: 'huge' }, reply: hugeReply(hugeBytes) },
          { name: 'short', when: { user: 'short' }, reply: [{ text: ['a', 'b', 'c'] }] },
        ],
      },
    ],
    upstream: `http://127.0.0.1:${port}`,
    tapes: folder,
  })
})

afterAll(async () => {
  await double.close()
  upstream.closeAllConnections()
  upstream.close()
  rmSync(folder, { recursive: true, force: true })
})

function portOf(server: Server): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** Asks, and reads nothing. */
function openPaused(user: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(double.port, '127.0.0.1', () => {
      socket.pause()
      const asked = requestBytes({ path: chatPath, body: chatBody(user) })
      socket.write(asked, () => resolve(socket))
    })
    socket.on('error', () => {})
  })
}

/** Resolves with a figure that has stopped to grow. */
async function settled(figure: () => number): Promise<number> {
  let before = -1
  let same = 0
  await expect
    .poll(
      () => {
        const now = figure()
        same = now > 0 && now === before ? same + 1 : 0
        before = now
        return same
      },
      { timeout: 30_000, interval: 40 },
    )
    .toBeGreaterThan(8)
  return before
}

const othersAreServed = async (): Promise<void> => {
  for (let i = 0; i < 3; i += 1) expect(textOf((await askRaw(double, 'short')).body)).toBe('abc')
}

const playing = () => double.streams.list({ rule: 's/huge' }).at(-1)

describe('a client that reads nothing', () => {
  it('of a recording of 100 MB over HTTP/1.1 leaves all but a little on the disk', async () => {
    const socket = await openPaused('huge')
    const sent = await settled(() => playing()?.bytes ?? 0)
    expect(sent).toBeLessThan(mostKernelBytes + mostHeldBytes)
    const { socketBytes = 0, handedBytes = 0 } = double.journal.at(-1) ?? {}
    expect(socketBytes).toBeGreaterThan(0)
    expect(socketBytes - handedBytes).toBeLessThan(mostHeldBytes)
    await othersAreServed()
    expect(playing()?.bytes).toBeLessThan(mostKernelBytes + mostHeldBytes)
    socket.destroy()
    await expect.poll(() => double.open).toBe(0)
  })

  it('over HTTP/2 gets no more than its window, and the stream beside it all that it asks', async () => {
    const window = 300_000
    const client = await H2Client.open(double.port, { window })
    const unread = client.request({ path: chatPath, body: chatBody('huge') })
    await client.until(() => client.bytesOf(unread) === window)
    const sent = await settled(() => playing()?.bytes ?? 0)
    expect(sent).toBeLessThan(window + 2 * mostHeldBytes)
    const beside = client.request({ path: chatPath, body: chatBody('short') })
    expect(textOf((await client.over(beside)).body)).toBe('abc')
    await othersAreServed()
    expect([client.bytesOf(unread), playing()?.bytes]).toEqual([window, sent])
    client.destroy()
    await expect.poll(() => double.open).toBe(0)
  })

  it('of a live service makes us read no more of that, taped or not', async () => {
    const socket = await openPaused('live')
    const written = await settled(() => upstreamBytes)
    // Two connections, each with two kernels.
    expect(written).toBeLessThan(2 * mostKernelBytes + mostHeldBytes)
    const { socketBytes = 0, handedBytes = 0 } = double.journal.at(-1) ?? {}
    expect(socketBytes - handedBytes).toBeLessThan(10 * mostHeldBytes)
    await othersAreServed()
    expect(upstreamBytes).toBeLessThan(2 * mostKernelBytes + mostHeldBytes)
    socket.destroy()
    await expect.poll(() => double.open).toBe(0)
    await double.taped()
  })
})
