/** `--workers`: several processes that look like one to whoever asks, and to whoever started them. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, createServer, type IncomingMessage, request } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launch, type Running, temporaryFolder } from '../cli/command.ts'
import { chatBody, chatPath } from '../support/ask.ts'
import { openStream, type StreamingClient } from '../support/streaming-client.ts'

const folder = temporaryFolder()
const file = join(folder, 'shared.yaml')

const scenario = (last: string): string => `pacing: instant
limits:
  - { name: place, concurrent: 1, keys: [one] }
  - { name: rate, requests: 3, per: 1h, keys: [three] }
rules:
  - { name: twice, when: { user: twice }, times: 2, reply: Twice! }
  - { name: door, when: { user: door }, state: { from: start, to: open }, reply: It is open now. }
  - { name: open, when: { user: door }, state: { from: open, to: start }, reply: Come in. }
  - { name: long, when: { user: long }, reply: [{ text: [one, two, three] }, hang] }
  - { name: slow, when: { user: slow }, reply: [{ text: [one] }, { wait: 1s }, { text: [two] }] }
  - { name: last, reply: ${last} }
`

/** A client that stays with the worker that took its connection. */
interface Client {
  readonly worker: number
  get(path: string): Promise<Reply>
  send(method: string, path: string, body?: object | string): Promise<Reply>
  chat(content: string, headers?: Record<string, string>): Promise<Reply>
}

interface Reply {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

const agents: Agent[] = []

function talker(port: number): Omit<Client, 'worker'> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  agents.push(agent)
  const send = (
    method: string,
    path: string,
    { body, headers = {} }: { body?: object | string; headers?: Record<string, string> } = {},
  ): Promise<Reply> =>
    new Promise((resolve, reject) => {
      const asked = request({ agent, port, host: '127.0.0.1', method, path }, (reply) => {
        let text = ''
        reply.setEncoding('utf8').on('data', (data: string) => {
          text += data
        })
        const done = (): void =>
          resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body: text })
        reply.on('end', done).on('error', reject)
      })
      asked.on('error', reject)
      if (body !== undefined) asked.setHeader('content-type', 'application/json')
      for (const [name, value] of Object.entries(headers)) asked.setHeader(name, value)
      asked.end(typeof body === 'object' ? JSON.stringify(body) : body)
    })
  return {
    get: (path) => send('GET', path),
    send: (method, path, body) => send(method, path, body === undefined ? {} : { body }),
    chat: (content, headers) =>
      send('POST', chatPath, {
        body: chatBody(content, { stream: false }),
        ...(headers ? { headers } : {}),
      }),
  }
}

const control = (path: string): string => `/_stuntdouble${path}`

interface Health {
  readonly worker: number
  readonly workers: readonly { readonly worker: number; readonly pid: number }[]
}

const healthOf = async (client: Pick<Client, 'get'>): Promise<Health> =>
  JSON.parse((await client.get(control('/health'))).body)

/** The kernel gives connections to whom it likes: asked for until each worker has one. */
async function clientsOf(port: number): Promise<[Client, Client]> {
  const found = new Map<number, Client>()
  for (let round = 0; round < 100; round += 1) {
    const asked = Array.from({ length: 8 }, async () => {
      const client = talker(port)
      const { worker } = await healthOf(client)
      return { ...client, worker }
    })
    for (const client of await Promise.all(asked)) found.set(client.worker, client)
    const [first, second] = [found.get(1), found.get(2)]
    if (first && second) return [first, second]
  }
  throw new Error('one worker takes no connections')
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await sleep(10)
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const textOf = ({ body }: Reply): string => JSON.parse(body)?.choices?.[0]?.message?.content ?? body

afterAll(() => {
  for (const agent of agents) agent.destroy()
})

describe('two workers', () => {
  let server: Running
  let first: Client
  let second: Client

  beforeAll(async () => {
    writeFileSync(file, scenario('Anything else.'))
    server = await launch('serve', file, '--workers', '2')
    const clients = await clientsOf(server.port)
    first = clients[0]
    second = clients[1]
  })

  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  const ids = async (client: Client, query = ''): Promise<number[]> =>
    JSON.parse((await client.get(control(`/journal${query}`))).body).map(
      ({ id }: { id: number }) => id,
    )

  it('are begun as one server is, and told of by their health', async () => {
    expect(server.firstLine).toBe(`stuntdouble listening on ${server.url()}`)
    expect(server.stdout.match(/listening/g)).toHaveLength(1)
    const { workers } = await healthOf(first)
    expect(workers.map(({ worker }) => worker)).toEqual([1, 2])
    expect((await healthOf(second)).workers.map(({ pid }) => pid)).toEqual(
      workers.map(({ pid }) => pid),
    )
  })

  it('take turns with connections that come at once', async () => {
    const clients = Array.from({ length: 8 }, () => talker(server.port))
    const healths = await Promise.all(clients.map(healthOf))
    expect(new Set(healths.map(({ worker }) => worker))).toEqual(new Set([1, 2]))
  })

  it('play a rule of two times exactly twice, whoever is asked', async () => {
    const clients = Array.from({ length: 30 }, () => talker(server.port))
    const replies = await Promise.all(clients.map((client) => client.chat('twice')))
    const texts = replies.map(textOf)
    expect(texts.filter((text) => text === 'Twice!')).toHaveLength(2)
    expect(texts.filter((text) => text === 'Anything else.')).toHaveLength(28)
    expect((await first.send('POST', control('/reset'))).status).toBe(204)
    expect(textOf(await second.chat('twice'))).toBe('Twice!')
  })

  it('share what a session is in', async () => {
    expect(textOf(await first.chat('door'))).toBe('It is open now.')
    expect(textOf(await second.chat('door'))).toBe('Come in.')
  })

  it('let in exactly as many as a limit says', async () => {
    const key = { authorization: 'Bearer three' }
    const clients = Array.from({ length: 12 }, (_, at) => (at % 2 ? first : second))
    const replies = await Promise.all(clients.map((client) => client.chat('hello', key)))
    const statuses = replies.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(3)
    expect(statuses.filter((status) => status === 429)).toHaveLength(9)
  })

  it('have one journal, one count of everything, and forget it together', async () => {
    expect((await second.send('DELETE', control('/journal'))).status).toBe(204)
    expect(await ids(first)).toEqual([])
    const sessions = ['a', 'b', 'a', 'b']
    for (const [at, client] of [first, second, first, second].entries()) {
      await client.chat('hello', { 'x-stuntdouble-session': sessions[at] ?? '' })
    }
    const all = await ids(first)
    expect(all).toHaveLength(4)
    expect(all).toEqual([...all].sort((a, b) => a - b))
    expect(await ids(second)).toEqual(all)
    expect(await ids(second, '?session=a')).toEqual([all[0], all[2]])
    expect(await ids(first, `?since=${all[1]}`)).toEqual(all.slice(2))
    const [one, other] = await Promise.all([first, second].map((to) => to.get(control('/metrics'))))
    const counts = (reply: Reply | undefined): string[] =>
      (reply?.body ?? '')
        .split('\n')
        .filter((line) => /^stuntdouble_(streams|chunks)_?\w*/.test(line))
    expect(counts(one).length).toBeGreaterThan(0)
    expect(counts(other)).toEqual(counts(one))
  })

  it('show, pause, step and end the streams of each other', async () => {
    const began = first.get(control('/wait?for=paused&rule=shared/long&timeout=20s'))
    using stream = openStream({
      port: server.port,
      path: chatPath,
      headers: { 'x-stuntdouble-pause': 'frame:1' },
      body: chatBody('long', { stream: true }),
    })
    await stream.until(({ received }) => received.includes('\r\n\r\n'))
    expect((await began).status).toBe(200)
    const lists = await Promise.all([first, second].map((to) => to.get(control('/streams'))))
    const [shown, same] = lists.map(({ body }) => JSON.parse(body))
    expect(shown).toHaveLength(1)
    expect(same.map(({ id }: { id: number }) => id)).toEqual([shown[0].id])
    const place = `/streams/${shown[0].id}`
    const before = stream.body
    expect(before).not.toContain('"one"')
    for (const client of [first, second, first]) {
      expect((await client.send('POST', control(`${place}/step`))).status).toBe(200)
    }
    await stream.until(({ body }) => body.includes('two'))
    expect((await second.get(control(place))).status).toBe(200)
    expect((await second.send('POST', control(`${place}/end`))).status).toBe(200)
    await stream.until(({ received }) => received.endsWith('0\r\n\r\n'))
    const late = await first.send('POST', control(`${place}/step`))
    expect([late.status, late.body]).toEqual([404, expect.stringContaining('it is over')])
  })

  it('wait for, and hear of, what happens in any of them', async () => {
    using feed = openStream({ port: server.port, method: 'GET', path: control('/events') })
    await feed.until(({ body }) => body.includes(': listening'))
    const waits = [first, second].map(async () => {
      const { body } = await talker(server.port).get(
        control('/wait?session=w&for=ended&count=2&timeout=20s'),
      )
      return JSON.parse(body).length
    })
    await first.chat('hello', { 'x-stuntdouble-session': 'w' })
    await second.chat('hello', { 'x-stuntdouble-session': 'w' })
    expect(await Promise.all(waits)).toEqual([2, 2])
    await feed.until(({ body }) => (body.match(/event: ended/g) ?? []).length >= 2)
  })

  it('break what any of them answers by faults that are added at one', async () => {
    const added = await first.send('POST', control('/faults?times=2'), 'head; status=503')
    expect(added.status).toBe(201)
    const [one, other] = await Promise.all([first, second].map((to) => to.get(control('/faults'))))
    expect(JSON.parse(one?.body ?? '')).toHaveLength(1)
    expect(other?.body).toBe(one?.body)
    expect((await second.chat('hello')).status).toBe(503)
    expect((await first.chat('hello')).status).toBe(503)
    expect((await second.chat('hello')).status).toBe(200)
    expect((await second.send('DELETE', control('/faults'))).status).toBe(204)
    expect((await first.get(control('/faults'))).body).toBe('[]')
  })

  it('say of a reply that they do not know that another may have kept it', async () => {
    const asked = { model: 'gpt-4o', input: 'hello' }
    const kept = JSON.parse((await first.send('POST', '/v1/responses', asked)).body)
    const place = `/v1/responses/${kept.id}`
    expect((await first.get(place)).status).toBe(200)
    const more = { ...asked, previous_response_id: kept.id }
    for (const refused of [
      await second.get(place),
      await second.send('POST', '/v1/responses', more),
    ]) {
      expect(refused.status).toBeGreaterThanOrEqual(400)
      expect(refused.headers['x-stuntdouble-hint']).toContain('--workers 1')
    }
    const known = await first.send('POST', '/v1/responses', more)
    expect([known.status, known.headers['x-stuntdouble-hint']]).toEqual([200, undefined])
  })

  it('read an edit together, and keep what they had where it is broken', async () => {
    const answers = async (): Promise<string[]> =>
      (await Promise.all([first.chat('hello'), second.chat('hello')])).map(textOf)
    writeFileSync(file, scenario('Edited.'))
    await until(async () => (await answers()).every((text) => text === 'Edited.'))
    writeFileSync(file, scenario('[{ txt: no }]'))
    await until(() => server.stderr.includes('the edit is not used'))
    expect(await answers()).toEqual(['Edited.', 'Edited.'])
    expect(server.stderr.match(/the edit is not used/g)).toHaveLength(1)
    writeFileSync(file, scenario('Mended.'))
    await until(async () => (await answers()).every((text) => text === 'Mended.'))
  })

  it('say which of them does not answer, where one is stopped', async () => {
    const { workers } = await healthOf(first)
    const pid = workers.find(({ worker }) => worker === 2)?.pid
    if (pid === undefined) throw new Error('there is no second worker')
    process.kill(pid, 'SIGSTOP')
    try {
      const { status, headers, body } = await first.get(control('/health'))
      expect([status, headers['x-stuntdouble-error']]).toEqual([503, 'worker-silent'])
      expect(body).toMatch(new RegExp(`worker 2 .*${pid}.* has not answered for 5 s`))
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    expect((await healthOf(first)).workers).toEqual(
      workers.map((one) => expect.objectContaining({ pid: one.pid })),
    )
  })

  it('are replaced when they die, and what they held is free', async () => {
    const key = { authorization: 'Bearer one' }
    using held = openStream({
      ...{ port: server.port, path: chatPath, headers: key },
      body: chatBody('long', { stream: true }),
    })
    await held.until(({ body }) => body.includes('three'))
    for (const client of [first, second]) expect((await client.chat('hello', key)).status).toBe(429)
    const { workers } = await healthOf(first)
    const open = JSON.parse((await first.get(control('/health'))).body).workers
    const holder = open.find((one: { open: number }) => one.open > 0)
    const survivor = holder.worker === 1 ? second : first
    process.kill(holder.pid, 'SIGKILL')
    await held.until(({ end }) => end !== 'open')
    await until(async () => (await healthOf(survivor)).workers.length === 2)
    expect((await survivor.chat('hello', key)).status).toBe(200)
    const again = await healthOf(survivor)
    expect(again.workers.map(({ worker }) => worker)).toEqual([1, 2])
    expect(again.workers.map(({ pid }) => pid)).not.toEqual(workers.map(({ pid }) => pid))
    expect(server.stderr.match(/was ended by SIGKILL/g)).toHaveLength(1)
    const clients = await clientsOf(server.port)
    first = clients[0]
    second = clients[1]
    expect(textOf(await first.chat('hello'))).toBe('Mended.')
    expect(textOf(await second.chat('hello'))).toBe('Mended.')
  })

  it('are there again on the same port when all have died, with the faults that were added', async () => {
    const added = await first.send('POST', control('/faults'), 'head; status=503')
    expect(added.status).toBe(201)
    const { workers } = await healthOf(first)
    for (const { pid } of workers) process.kill(pid, 'SIGKILL')
    const asked = async (): Promise<number> =>
      (await healthOf(talker(server.port)).catch(() => undefined))?.workers.length ?? 0
    await until(async () => (await asked()) === 2)
    const clients = await clientsOf(server.port)
    first = clients[0]
    second = clients[1]
    expect([(await first.chat('hello')).status, (await second.chat('hello')).status]).toEqual([
      503, 503,
    ])
    expect((await first.send('DELETE', control('/faults'))).status).toBe(204)
    expect((await second.chat('hello')).status).toBe(200)
  })

  it('play what is open to its end when they are told to stop, and log in whole lines', async () => {
    using stream = openStream({
      ...{ port: server.port, path: chatPath },
      body: chatBody('slow', { stream: true }),
    })
    await stream.until(({ body }) => body.includes('one'))
    server.signal('SIGTERM')
    await stream.until(({ received }) => received.endsWith('0\r\n\r\n'))
    expect(stream.body).toContain('two')
    const { code, stderr } = await server.finished
    expect(code).toBe(0)
    const lines = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !line.startsWith('stuntdouble: '))
    const workers = lines.map((line) => JSON.parse(line)).map(({ worker }) => worker)
    expect(new Set(workers)).toEqual(new Set([undefined, 1, 2]))
  })
})

describe('two workers that take three streams', () => {
  it('take two each, and say of which worker it is that it is full', async () => {
    await using double = await launch('serve', file, '--workers', '2', '--max-streams', '3')
    const clients: StreamingClient[] = []
    for (let nth = 0; nth < 5; nth += 1) {
      const client = openStream({ port: double.port, path: chatPath, body: chatBody('long') })
      clients.push(client)
      await client.until(({ received }) => received.includes('\r\n\r\n'))
    }
    const refused = clients.filter(({ received }) => received.startsWith('HTTP/1.1 503'))
    expect(refused.length).toBeGreaterThan(0)
    for (const { body, received } of refused) {
      expect(body || received).toContain('2 streams are open in this worker and no more are taken')
    }
    for (const { socket } of clients) socket.destroy()
  })
})

describe('record with two workers', () => {
  it('tapes every exchange once, and leaves no worker behind when it is killed', async () => {
    const body = 'data: {"n":1}\n\ndata: [DONE]\n\n'
    const service = createServer((asked, reply) => {
      asked.resume().once('end', () => {
        reply.writeHead(200, { 'content-type': 'text/event-stream' }).end(body)
      })
    })
    await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
    const address = service.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const out = join(folder, 'tapes')
    const asked = ['--upstream', `http://127.0.0.1:${port}`, '--out', out, '--workers', '2']
    await using recording = await launch('record', ...asked)
    const [first, second] = await clientsOf(recording.port)
    const replies = await Promise.all(
      Array.from({ length: 12 }, (_, at) => (at % 2 ? first : second).chat(`tape ${at}`)),
    )
    expect(replies.map((reply) => reply.body)).toEqual(replies.map(() => body))
    const tapes = (): string[] => readdirSync(out).filter((name) => name.endsWith('.jsonl'))
    const texts = (): string[] => tapes().map((name) => readFileSync(join(out, name), 'utf8'))
    await until(() => texts().filter((text) => text.includes('"end":"end"')).length === 12)
    const taped = texts().map((text) => /tape \d+/.exec(text)?.[0])
    expect(taped.sort()).toEqual(replies.map((_, at) => `tape ${at}`).sort())
    const { workers } = await healthOf(first)
    recording.signal('SIGKILL')
    await until(() => workers.every(({ pid }) => !isAlive(pid)))
    service.close()
  })
})
