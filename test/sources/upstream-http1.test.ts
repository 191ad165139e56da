import { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sendHttp1 } from '../../src/sources/upstream-http1.ts'
import { sendByNode } from '../../src/sources/upstream-http1-node.ts'
import { PlainResponse } from '../../src/sources/upstream-response.ts'
import type {
  Connection,
  Heard,
  OutgoingRequest,
  Transport,
} from '../../src/sources/upstream-transport.ts'

/** A connection in memory: what is sent goes nowhere, and what comes is said by the test. */
class Wire extends Duplex implements Connection {
  readonly socket = this
  readonly protocol = 'http1'
  readonly isAskedInFull = false
  readonly proxyHeaders = []
  readonly sent: Buffer[] = []
  #tell: ((bytes: Buffer) => void) | undefined

  constructor() {
    super({ allowHalfOpen: true })
  }

  override _read(): void {}

  override _write(bytes: Buffer, _: BufferEncoding, done: () => void): void {
    this.sent.push(bytes)
    done()
  }

  onBytes(tell: (bytes: Buffer) => void): void {
    if (!this.#tell) this.on('data', (bytes: Buffer) => this.#tell?.(bytes))
    this.#tell = tell
  }
}

/** How the connection ends behind what is sent; `stay` where it does not. */
type Last = 'FIN' | 'RST' | 'stay'

interface Told {
  readonly pieces: readonly string[]
  readonly last: Last
  readonly method?: string
}

const asked = (method: string): OutgoingRequest => ({
  ...{ method, origin: 'http://127.0.0.1:80', path: '/', headers: [] },
  body: Buffer.alloc(0),
})

type Road = (wire: Wire, asked: OutgoingRequest, heard: Heard) => Transport

const ours: Road = (wire, request, heard) => sendHttp1(wire, request, heard)
const nodes: Road = (connection, request, heard) =>
  sendByNode({ connection, asked: request }, heard)

/** Long enough for all that Node's streams do later. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await nextTurn()
}

/** What is heard of an answer that comes in pieces, each in a turn of its own. */
async function heardBy(road: Road, { pieces, last, method = 'POST' }: Told): Promise<unknown[]> {
  const wire = new Wire()
  const heard: unknown[] = []
  const over = (how: unknown): void => {
    heard.push(how)
    transport.destroy()
  }
  const transport = road(wire, asked(method), {
    onHead: (status, headers) => heard.push([status, headers]),
    onChunk: (bytes) => heard.push(Buffer.from(bytes).toString('latin1')),
    onPause: () => undefined,
    onEnd: (how) => over({ end: how }),
    // The words are Node's own, or ours.
    onFailure: () => over('failed'),
  })
  await nextTurn()
  for (const piece of pieces) {
    if (piece !== '' && !wire.destroyed) wire.push(Buffer.from(piece, 'latin1'))
    await nextTurn()
    await nextTurn()
  }
  await settled()
  if (wire.destroyed) return heard
  if (last === 'FIN') wire.push(null)
  else if (last === 'RST') {
    wire.destroy(Object.assign(new Error('reset'), { code: 'ECONNRESET', syscall: 'read' }))
  }
  await settled()
  return heard
}

async function compare(told: readonly Told[]): Promise<void> {
  const [own, reference] = await Promise.all(
    [ours, nodes].map((road) => Promise.all(told.map((one) => heardBy(road, one)))),
  )
  told.forEach((one, at) => {
    expect(own?.[at], JSON.stringify(one)).toEqual(reference?.[at])
  })
}

const ok = 'HTTP/1.1 200 OK\r\n'
const chunked = `${ok}Content-Type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n`

const plainAnswers: Readonly<Record<string, string>> = {
  chunks: `${chunked}5\r\nhello\r\n0A\r\n, my world\r\n0\r\n\r\n`,
  'a length': `${ok}content-length: 5\r\nx-a:b\r\n\r\nhello`,
  'no length': `${ok}x-a: b c\r\nX-A: \r\n\r\nhello`,
  'no body': 'HTTP/1.1 204 No Content\r\nx-a: b\r\n\r\n',
  'an empty body': `${ok}Content-Length: 0\r\n\r\n`,
  'not modified': 'HTTP/1.1 304\r\ncontent-length: 9\r\n\r\n',
}

const otherAnswers: Readonly<Record<string, string>> = {
  'chunk extensions': `${chunked}5;a=b\r\nhello\r\n0;c\r\n\r\n`,
  'an extension later': `${chunked}5\r\nhello\r\n1;a\r\n!\r\n0\r\n\r\n`,
  trailers: `${chunked}5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n`,
  'line feeds alone': `${ok}x-a: b\nTransfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n`,
  'line feeds in the body': `${chunked}5\r\nhello\n1\r\n!\r\n0\r\n\r\n`,
  'spaces behind a size': `${chunked}5 \r\nhello\r\n0\r\n\r\n`,
  'a size that is none': `${chunked}5\r\nhello\r\nzz\r\n!!\r\n0\r\n\r\n`,
  'too much behind a chunk': `${chunked}5\r\nhello!\r\n0\r\n\r\n`,
  'a size of many digits': `${chunked}000000000005\r\nhello\r\n0\r\n\r\n`,
  'an answer before the answer': `HTTP/1.1 100 Continue\r\n\r\n${ok}content-length: 2\r\n\r\nok`,
  'another protocol': 'HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nhello',
  'an upgrade that is offered': `${ok}upgrade: x\r\nconnection: upgrade\r\ncontent-length: 2\r\n\r\nok`,
  'HTTP/1.0': 'HTTP/1.0 200 OK\r\nx-a: b\r\n\r\nhello',
  'a folded value': `${ok}x-a: b\r\n c\r\ncontent-length: 2\r\n\r\nok`,
  'white space around a value': `${ok}x-a: \t b \t\r\ncontent-length:  2 \r\n\r\nok`,
  'both framings': `${ok}content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  'two lengths': `${ok}content-length: 2\r\ncontent-length: 2\r\n\r\nok`,
  'a length that is none': `${ok}content-length: 2x\r\n\r\nok`,
  'an unknown coding': `${ok}transfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`,
  'a name that is none': `${ok}x a: b\r\ncontent-length: 2\r\n\r\nok`,
  'no colon': `${ok}nothing\r\ncontent-length: 2\r\n\r\nok`,
  'no HTTP': 'SSH-2.0-OpenSSH_9\r\n',
  'HTTP/2': '\x00\x00\x00\x04\x00\x00\x00\x00\x00',
}

const answers = Object.entries({ ...plainAnswers, ...otherAnswers })

describe('whoever reads an answer, the same is heard of it', () => {
  test.each(answers)('%s: in one piece, and divided at every byte', async (_, text) => {
    const told = Array.from({ length: text.length }, (_, at): Told => {
      return { pieces: [text.slice(0, at), text.slice(at)], last: 'stay' }
    })
    await compare(told)
  })

  test.each(answers)('%s: broken at every byte, by a FIN and by a RST', async (_, text) => {
    const told = Array.from({ length: text.length + 1 }, (_, at): Told[] => {
      const pieces = [text.slice(0, at)]
      return [
        { pieces, last: 'FIN' },
        { pieces, last: 'RST' },
      ]
    })
    await compare(told.flat())
  })

  test('to HEAD, and with more behind the end', async () => {
    const told = answers.flatMap(([, text]): Told[] => [
      { pieces: [text], last: 'FIN', method: 'HEAD' },
      { pieces: [`${text}HTTP/1.1 200 OK\r\n\r\nmore`], last: 'stay' },
    ])
    await compare(told)
  })

  test('whatever it is made of, and however it comes', async () => {
    const line = fc.constantFrom(
      ok,
      'HTTP/1.1 599 Odd one\r\n',
      'HTTP/1.1 199 OK\r\n',
      'HTTP/1.1 20\r\n',
    )
    const field = fc.constantFrom(
      ...['', 'x-a: b\r\n', 'X-B:c\r\n', 'content-length: 3\r\n', 'Content-Length: 0\r\n'],
      ...['transfer-encoding: chunked\r\n', 'Transfer-Encoding: Chunked\r\n', 'x-c: d \r\n'],
      ...['connection: close\r\n', 'x-d: \x7f\r\n', 'x-e: \xe9\r\n'],
    )
    const part = fc.constantFrom(
      ...[
        '1\r\na\r\n',
        '3\r\nabc\r\n',
        'B\r\n0123456789a\r\n',
        '0\r\n\r\n',
        '0\r\n',
        '\r\n',
        'abc',
      ],
      ...['1;x\r\na\r\n', '2\n', 'zz'],
    )
    const text = fc
      .tuple(line, fc.array(field, { maxLength: 4 }), fc.array(part, { maxLength: 5 }))
      .map(([first, fields, parts]) => `${first}${fields.join('')}\r\n${parts.join('')}`)
    const told = fc.record({
      text,
      cuts: fc.array(fc.nat({ max: 120 }), { maxLength: 4 }),
      last: fc.constantFrom<Last>('FIN', 'RST', 'stay'),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(told, { minLength: 20, maxLength: 20 }), async (all) => {
        await compare(
          all.map(({ text, cuts, last }) => {
            const places = [0, ...cuts.toSorted((a, b) => a - b), text.length]
            const pieces = places.slice(1).map((to, at) => text.slice(places[at] ?? 0, to))
            return { pieces, last }
          }),
        )
      }),
      { numRuns: 20 },
    )
  })
})

const ownHead = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n'

describe('what is read here, and what is not', () => {
  const restOf = (text: string): string | undefined => {
    const response = new PlainResponse(
      { onHead: () => undefined, onChunk: () => undefined },
      'POST',
    )
    return response.push(Buffer.from(text, 'latin1'))?.bytes.toString('latin1')
  }

  test.each(Object.entries(plainAnswers))('%s: here', (_, text) => {
    expect(restOf(text)).toBeUndefined()
  })

  test.each(Object.values(otherAnswers))(
    '%j: by Node from there on, and all of the rest',
    (text) => {
      const rest = restOf(text) ?? ''
      expect(rest).not.toBe('')
      // A body that has begun goes on behind a head of ours.
      const own = rest.startsWith(ownHead)
        ? rest.slice(ownHead.length).replace(/^1\r\n0/, '')
        : rest
      expect(text.endsWith(own)).toBe(true)
    },
  )
})
