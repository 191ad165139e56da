import { mkdtempSync, writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Log, start } from '../../src/index.ts'
import { ask, askRaw, chatBody, chatPath, textOf } from '../support/ask.ts'
import { hugeBytes, hugeReply } from '../support/huge-reply.ts'
import { requestBytes } from '../support/raw-client.ts'

const forever = 'a stream that never ends by itself'

const huge = { name: 'huge', when: { user: 'huge' }, reply: hugeReply() }
const hanging = { name: 'hang', when: { user: 'hang' }, reply: [{ text: ['a', 'b'] }, 'hang'] }
const slow = {
  name: 'slow',
  when: { user: 'slow' },
  reply: [{ text: 'begun' }, { wait: '10m' }, { text: forever }],
}
const short = {
  name: 'short',
  when: { user: 'short' },
  pacing: { itl: 20 },
  reply: [{ text: ['a', 'b', 'c'] }],
}
const scenario = { name: 's', rules: [huge, hanging, slow, short] }

describe('a client that leaves', () => {
  it.each(['slow', 'hang', 'huge'])('stops the work of a %s stream at once', async (user) => {
    await using double = await start({ scenarios: [scenario] })
    const leaving = new AbortController()
    const reply = await ask(double, user, { signal: leaving.signal })
    await reply.body?.getReader().read()
    expect(double.open).toBe(1)
    leaving.abort()
    await expect.poll(() => double.open).toBe(0)
    expect(double.journal[0]?.ended).toBe('client-left')
  })

  it('before the head is noticed, too', async () => {
    await using double = await start({
      scenarios: [{ rules: [{ pacing: { head: '10m', ttft: '10m' }, reply: 'late' }] }],
    })
    const leaving = new AbortController()
    const asked = ask(double, 'hi', { signal: leaving.signal }).catch(() => 'left')
    await expect.poll(() => double.open).toBe(1)
    leaving.abort()
    await expect.poll(() => double.open).toBe(0)
    expect(await asked).toBe('left')
  })
})

describe('a client that reads slowly', () => {
  it('holds up its own stream, which is pulled no faster than it is read', async () => {
    await using double = await start({ scenarios: [scenario] })
    const socket = await openPaused(double.port, 'huge')
    const other = await askRaw(double, 'short')
    expect(textOf(other.body)).toBe('abc')
    const memory = process.memoryUsage().arrayBuffers
    expect(double.open).toBe(1)
    expect(memory).toBeLessThan(200_000_000)
    expect(await readLength(socket)).toBeGreaterThan(hugeBytes)
    await expect.poll(() => double.open).toBe(0)
    expect(double.journal[0]?.ended).toBe('end')
  })
})

describe('a drain', () => {
  it('lets streams in flight end and cuts those that are silent', async () => {
    const double = await start({ scenarios: [scenario] })
    const playing = ask(double, 'short')
    const silent = await ask(double, 'hang')
    const read = silent.text().catch((error: Error) => error.message)
    // Both have begun; the short one may be over already where the machine is busy.
    await expect.poll(() => double.journal).toHaveLength(2)
    const drained = double.drain()
    expect(textOf(await (await playing).text())).toBe('abc')
    expect(await read).toBe('terminated')
    await drained
    await expect(ask(double, 'short')).rejects.toThrow()
  })

  it('cuts a stream that falls silent later', async () => {
    const late = { reply: [{ text: ['a', 'b'] }, { wait: '50ms' }, 'hang'] }
    const double = await start({ scenarios: [{ rules: [late] }] })
    const reply = await ask(double, 'hi')
    const read = reply.text().catch((error: Error) => error.message)
    await double.drain()
    expect(await read).toBe('terminated')
  })

  it.each([
    ['a head', 'POST /v1/chat/completions HTTP/1.1\r\nhos'],
    ['a body', 'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n{'],
    [
      'chunks',
      'POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n5\r\nh',
    ],
  ])('waits for nobody who has sent half of %s and no more', async (_, half) => {
    const double = await start({ scenarios: [scenario] })
    const socket = connect(double.port, '127.0.0.1').on('error', () => {})
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await new Promise((resolve) => socket.write(half, resolve))
    // Asked after it, so that the half has been read.
    const playing = await ask(double, 'short')
    const drained = double.drain()
    expect(textOf(await playing.text())).toBe('abc')
    await drained
    await closed
  })

  it('does not wait when it is told to close', async () => {
    const double = await start({ scenarios: [scenario] })
    const reply = await ask(double, 'slow')
    const read = reply.text().catch((error: Error) => error.message)
    await double.close()
    expect(await read).toBe('terminated')
  })
})

describe('a server that watches', () => {
  const write = (file: string, text: string): void =>
    writeFileSync(file, `rules: [{ reply: ${text} }]\n`)
  const said = async (double: { url(path: string): string }): Promise<string> =>
    JSON.parse(await (await ask(double, 'hi', { more: { stream: false } })).text()).choices[0]
      .message.content

  it('takes an edit without dropping the stream in flight', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'stuntdouble-')), 'edited.yaml')
    write(file, '[{ text: [one, two] }, { wait: 300ms }, { text: [three] }]')
    await using double = await start({ scenarios: [file], watch: true })
    const begun = await ask(double, 'hi')
    write(file, 'new')
    await expect.poll(() => said(double), { timeout: 5000 }).toBe('new')
    expect(textOf(await begun.text())).toBe('onetwothree')
  })

  it('keeps the last good version when an edit is broken, and says where it is', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'stuntdouble-')), 'edited.yaml')
    write(file, 'good')
    const logged: string[] = []
    const note = (_: object, message: string): void => void logged.push(message)
    const log: Log = { debug: note, info: note, warn: note, error: note }
    await using double = await start({ scenarios: [file], watch: true, log })
    writeFileSync(file, 'rules: [{ replay: good }]\n')
    await expect.poll(() => logged.join('\n'), { timeout: 5000 }).toMatch(/edited\.yaml:1:11/)
    expect(logged.join('\n')).toMatch(/did you mean "reply"/)
    expect(await said(double)).toBe('good')
    write(file, 'better')
    await expect.poll(() => said(double), { timeout: 5000 }).toBe('better')
  })
})

/** Asks, and reads nothing. */
function openPaused(port: number, user: string): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.pause()
      socket.write(requestBytes({ port, path: chatPath, body: chatBody(user) }), () =>
        resolve(socket),
      )
    })
  })
}

function readLength(socket: Socket): Promise<number> {
  return new Promise((resolve) => {
    let length = 0
    let tail = Buffer.alloc(0)
    socket.on('data', (data: Buffer) => {
      length += data.length
      tail = Buffer.concat([tail, data]).subarray(-5)
      if (!tail.equals(Buffer.from('0\r\n\r\n'))) return
      socket.destroy()
      resolve(length)
    })
    socket.resume()
  })
}
