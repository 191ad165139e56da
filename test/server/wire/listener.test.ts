import { connect } from 'node:net'
import { describe, expect, it } from 'vitest'
import { Listener, type Serve } from '../../../src/server/wire/listener.ts'
import { frame, H2Client } from '../../support/h2-client.ts'

const greet: Serve = (_, response) => void response.end('hello')

async function listening(idleMs: number): Promise<{ listener: Listener; port: number }> {
  const listener = new Listener(greet, { idleMs })
  return { listener, port: await listener.listen(0, '127.0.0.1') }
}

const closeNow = async (listener: Listener): Promise<void> => {
  const closed = listener.retire()
  listener.closeAll()
  await closed
}

describe('a listener', () => {
  it('closes an HTTP/2 connection on which nothing goes on, and says so before', async () => {
    const { listener, port } = await listening(30)
    const client = await H2Client.open(port)
    const stream = client.request({ path: '/' })
    expect((await client.over(stream)).body).toBe('hello')
    await client.until(() => client.end !== 'open')
    expect([client.goaway, client.end]).toEqual([0, 'fin'])
    client.destroy()
    await closeNow(listener)
  })

  it('leaves nothing open of a client that sent a wrong frame and is gone', async () => {
    const { listener, port } = await listening(30)
    const client = await H2Client.open(port)
    client.send(frame('SETTINGS', 0, 0, Buffer.alloc(5)))
    await client.until(() => client.goaway !== undefined)
    client.destroy()
    // Without `closeAll`, this resolves only when every connection is closed.
    await listener.retire()
  })

  it('waits for no connection on which nothing was ever said', async () => {
    const { listener, port } = await listening(60_000)
    const silent = connect(port, '127.0.0.1')
    const half = connect(port, '127.0.0.1')
    await new Promise((resolve) => half.once('connect', () => half.write('PRI * ', resolve)))
    const client = await H2Client.open(port)
    await client.over(client.request({ path: '/' }))
    const closed = listener.retire()
    listener.closeIdle()
    await closed
    for (const one of [silent, half, client]) one.destroy()
  })

  it('takes no harm from a client that resets before it has said what it speaks', async () => {
    const { listener, port } = await listening(60_000)
    for (const sent of ['', 'PRI * ']) {
      const client = connect(port, '127.0.0.1')
      await new Promise((resolve) => client.once('connect', () => client.write(sent, resolve)))
      client.resetAndDestroy()
      const half = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      half.on('error', () => {})
      await new Promise((resolve) => half.resume().once('end', resolve).end(sent))
      half.resetAndDestroy()
    }
    const client = await H2Client.open(port)
    expect((await client.over(client.request({ path: '/' }))).status).toBe(200)
    client.destroy()
    await listener.retire()
  })

  it('says on which port nobody may listen twice', async () => {
    const { listener, port } = await listening(60_000)
    const second = new Listener(greet)
    await expect(second.listen(port, '127.0.0.1')).rejects.toThrow(/in use.*--port 0/)
    await closeNow(listener)
  })
})
