/** The ways to a client, whoever has read its request: what both have to keep to. */
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Connections } from '../../../src/server/wire/connections.ts'
import type { Line } from '../../../src/server/wire/line.ts'
import { Listener } from '../../../src/server/wire/listener.ts'
import { type Call, NodeLine } from '../../../src/server/wire/node-line.ts'
import { RealClock } from '../../../src/time/clock.ts'
import { H2Client } from '../../support/h2-client.ts'

const options = { extraHeaders: [], lengthMayChange: false, isLast: () => false }

let listener: Listener
let port: number
const waiting: ((line: Line) => void)[] = []

beforeAll(async () => {
  const connections = new Connections()
  const serve = (line: Line): void => {
    line.use()
    line.read(1000, { onRequest: () => waiting.shift()?.(line), onUnreadable: () => {} })
  }
  listener = new Listener(
    (req: Call['req'], res: Call['res']) => serve(new NodeLine({ req, res }, connections)),
    { idleMs: 1, direct: { clock: new RealClock(), connections, maxBodyBytes: 1000, serve } },
  )
  port = await listener.listen(0, '127.0.0.1')
})

afterAll(async () => {
  const closed = listener.retire()
  listener.closeAll()
  await closed
})

const request = (fields: string): string => `POST / HTTP/1.1\r\nhost: a\r\n${fields}\r\n`

/** A client that has asked, and the line to it. */
async function asked(fields: string): Promise<{ readonly client: Socket; readonly line: Line }> {
  const arrives = new Promise<Line>((resolve) => waiting.push(resolve))
  const client = connect(port, '127.0.0.1', () => client.write(request(fields)))
  return { client, line: await arrives }
}

/** Resolves with the first that a sink tells. */
function firstTold(line: Line): Promise<string> {
  return new Promise((resolve) => {
    const sink = line.openSink(options)
    sink.user = {
      onDrain: () => {},
      onLeave: () => resolve('left'),
      onDone: () => resolve('done'),
    }
    sink.send({
      head: { atMs: 0, do: 'head', status: 200, headers: [] },
      chunks: [Buffer.from('hello')],
      ending: 'end',
    })
  })
}

describe.each([
  ['of our own', ''],
  ['of Node', 'te: trailers\r\n'],
])('a line %s', (_, fields) => {
  it('tells whoever begins to play that the client has left before', async () => {
    const { client, line } = await asked(fields)
    const left = new Promise<void>((resolve) => line.whenLeft(resolve))
    client.resetAndDestroy()
    await left
    expect(await firstTold(line)).toBe('left')
  })

  it('tells the last who asked that the client has left, whoever asked before', async () => {
    const { client, line } = await asked(fields)
    const told: string[] = []
    const left = new Promise<void>((resolve) => {
      const stopFirst = line.whenLeft(() => told.push('first'))
      line.whenLeft(() => {
        told.push('second')
        resolve()
      })
      stopFirst()
    })
    client.destroy()
    await left
    expect(told).toEqual(['second'])
  })
})

describe('a line of HTTP/2', () => {
  it('tells whoever begins to play that the client has left before', async () => {
    const arrives = new Promise<Line>((resolve) => waiting.push(resolve))
    const client = await H2Client.open(port)
    const stream = client.request({ path: '/' })
    const line = await arrives
    const left = new Promise<void>((resolve) => line.whenLeft(resolve))
    client.cancel(stream)
    await left
    expect(await firstTold(line)).toBe('left')
    client.destroy()
  })
})

describe('a connection of our own', () => {
  it('is closed where nothing more is asked, but not while a body is still to come', async () => {
    const client = connect(port, '127.0.0.1')
    const half = `${request('content-length: 2\r\n')}a`
    await new Promise((resolve) => client.write(half, resolve))
    const { client: idle, line } = await asked('')
    const closed = new Promise((resolve) => idle.resume().once('close', resolve))
    await firstTold(line)
    await closed
    const arrives = new Promise<Line>((resolve) => waiting.push(resolve))
    const heard = new Promise((resolve) => client.once('data', resolve))
    client.write('b')
    await firstTold(await arrives)
    expect(`${await heard}`).toMatch(/^HTTP\/1\.1 200 [\s\S]*hello/)
    client.destroy()
  })
})
