/**
 * Where the system runs out of files, or a disk is full, in the midst of everything: in a process of
 * its own that may have few of either, which no test could take from itself.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'vitest'
import { start } from '../../src/testing/start.ts'
import { chatBody, chatPath, textOf } from '../support/ask.ts'
import { rawRequest, requestBytes } from '../support/raw-client.ts'
import { writeRecording } from '../support/recording-file.ts'
import { openStream, type StreamingClient } from '../support/streaming-client.ts'
import { launchUnder, type Running, run, temporaryFolder } from './command.ts'

/** More connections than files: what would refuse them in time is out of the way. */
const manyTaken = ['--max-connections', '1000', '--max-streams', '1000']

/**
 * Listeners, until one is turned away: from then on no file can be opened. Whoever was turned away
 * saw nothing but its connection closed.
 */
async function takeAllFiles({ port }: Running): Promise<StreamingClient[]> {
  for (const clients: StreamingClient[] = []; ; ) {
    const client = openStream({ port, method: 'GET', path: '/_stuntdouble/events' })
    await client.until(({ received, end }) => received.includes('200 OK') || end !== 'open')
    if (client.end !== 'open') return clients
    clients.push(client)
  }
}

/** Closes them all, and waits until a new connection is taken again. */
async function giveBack(clients: readonly StreamingClient[], { port }: Running): Promise<void> {
  for (const { socket } of clients) socket.destroy()
  for (let status = 0; status !== 200; ) {
    status = (await rawRequest({ port, method: 'GET', path: '/_stuntdouble/health' })).status
  }
}

/** Asks on a connection that is open already, and gives the reply. */
async function askAgain(client: StreamingClient, request: string): Promise<string> {
  const before = client.received.length
  client.socket.write(request)
  const reply = () => client.received.slice(before)
  await client.until(() => /0\r\n\r\n$|"\}\}$/.test(reply()))
  return reply()
}

const tooManyFiles = /^HTTP\/1\.1 503 .*x-stuntdouble-error: too-many-files\r\n.*raise `ulimit -n`/s

describe('a server whose memory is full', () => {
  it('says so, takes no more streams, and goes on', async ({ expect }) => {
    const scenario = join(temporaryFolder(), 'silent.yaml')
    writeFileSync(scenario, 'rules: [{ reply: [{ text: [one] }, hang] }]')
    const limits = 'export NODE_OPTIONS=--max-old-space-size=64'
    await using double = await launchUnder(limits, ['serve', scenario, ...manyTaken])
    const asked = { port: double.port, path: chatPath, body: chatBody('x'.repeat(200_000)) }
    const clients: StreamingClient[] = []
    let last = ''
    while (!last.startsWith('HTTP/1.1 503') && clients.length < 900) {
      const client = openStream(asked)
      clients.push(client)
      await client.until(({ received, end }) => received.includes('\r\n\r\n') || end !== 'open')
      last = client.received
    }
    expect(last).toMatch(/x-stuntdouble-error: too-little-memory/)
    expect((await fetch(double.url('/_stuntdouble/health'))).status).toBe(200)
    for (const { socket } of clients) socket.destroy()
  }, 30_000)
})

describe.concurrent('a server that may open no more files', () => {
  it('says so where it should read a recording, and plays it once it may again', async ({
    expect,
  }) => {
    const folder = temporaryFolder()
    for (const question of ['first', 'second']) {
      writeRecording(folder, `${question}.jsonl`, { question, chunks: [question] })
    }
    const replay = ['replay', folder, '--pace', 'instant', ...manyTaken]
    await using double = await launchUnder('ulimit -n 64', replay)
    const asking = (question: string) => ({ port: double.port, path: '/ask', body: { question } })
    using client = openStream(asking('first'))
    await client.until(({ received }) => received.endsWith('first\r\n0\r\n\r\n'))
    const clients = await takeAllFiles(double)
    const second = requestBytes(asking('second'))
    expect(await askAgain(client, second)).toMatch(tooManyFiles)
    await giveBack(clients, double)
    expect(await askAgain(client, second)).toMatch(/second\r\n0\r\n\r\n$/)
  })

  it('says so where it should ask a live service, and tapes again once it may', async ({
    expect,
  }) => {
    const folder = join(temporaryFolder(), 'tapes')
    const large = { when: { user: 'large' }, reply: [{ text: ['x'.repeat(20_000), 'y'] }] }
    const scenario = { name: 's', pacing: 'instant', rules: [large, { reply: 'short' }] }
    await using service = await start({ scenarios: [scenario] })
    const record = ['record', '--upstream', service.url(), '--out', folder, ...manyTaken]
    // A file may grow to 8 or 16 kB, as the shell counts: like a disk that is full, for the tape.
    await using double = await launchUnder('ulimit -n 64; ulimit -f 16', record)
    const asking = (user: string) => ({ port: double.port, path: chatPath, body: chatBody(user) })
    using client = openStream(asking('first'))
    await client.until(({ received }) => received.endsWith('0\r\n\r\n'))
    const clients = await takeAllFiles(double)
    expect(await askAgain(client, requestBytes(asking('second')))).toMatch(tooManyFiles)
    await giveBack(clients, double)

    const long = {
      ...asking('long'),
      body: chatBody('long', { metadata: { note: 'x'.repeat(20_000) } }),
    }
    const texts: string[] = []
    for (const one of [asking('large'), long, asking('third')]) {
      texts.push(textOf((await rawRequest(one)).body))
    }
    expect(texts).toEqual([`${'x'.repeat(20_000)}y`, 'short', 'short'])
    double.signal('SIGINT')
    const { code, stderr } = await double.finished
    expect(code).toBe(0)
    expect(stderr.match(/this exchange is not taped: (EMFILE|EFBIG)/g)).toHaveLength(3)
    const tapes = readdirSync(folder).sort()
    const isWhole = (tape: string) =>
      readFileSync(join(folder, tape), 'utf8').endsWith('"end":"end"}\n')
    expect(tapes.map(isWhole)).toEqual([true, false, true])
    const checked = await run(['check', folder])
    expect(checked).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('cut off while taping'),
    })
  })
})
