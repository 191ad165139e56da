/**
 * Two listeners side by side, one of which reads plain requests itself, and the other leaves all to
 * Node's server. Whatever is sent, a client must not be able to tell which of them it has met.
 */
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HttpRequest } from '../../../src/core/http.ts'
import { Connections } from '../../../src/server/wire/connections.ts'
import type { Line } from '../../../src/server/wire/line.ts'
import { Listener } from '../../../src/server/wire/listener.ts'
import { NodeLine } from '../../../src/server/wire/node-line.ts'
import { RealClock } from '../../../src/time/clock.ts'
import { talk, undated } from '../../support/talk.ts'

const maxBodyBytes = 300_000

/** What was understood, told to the client itself. */
const told = ({ method, url, headers, body }: HttpRequest): string =>
  JSON.stringify({ method, url, headers, body: Buffer.from(body).toString('latin1') })

function tell(line: Line): void {
  line.use()
  line.read(maxBodyBytes, {
    onRequest: (http) => line.answer({ status: 200, headers: [], body: told(http) }),
    onUnreadable: () => line.breakOff(),
  })
}

const connections = new Connections()
let direct: Listener
let node: Listener
let ports: { readonly direct: number; readonly node: number }
/** How many requests were read past Node's server. */
let plain = 0

beforeAll(async () => {
  const serve = (req: ConstructorParameters<typeof NodeLine>[0]['req'], res: NodeResponse): void =>
    tell(new NodeLine({ req, res }, connections))
  direct = new Listener(serve, {
    direct: {
      ...{ clock: new RealClock(), connections, maxBodyBytes },
      serve: (line) => {
        plain += 1
        tell(line)
      },
    },
  })
  node = new Listener(serve)
  ports = { direct: await direct.listen(0, '127.0.0.1'), node: await node.listen(0, '127.0.0.1') }
})

type NodeResponse = ConstructorParameters<typeof NodeLine>[0]['res']

afterAll(async () => {
  for (const listener of [direct, node]) {
    const closed = listener.retire()
    listener.closeAll()
    await closed
  }
})

/** In what words a refusal says why is not part of the bargain. */
const withoutWhy = (heard: string): string =>
  undated(heard).replace(/content-length: \d+(\r\n\r\n\{"error".*?: this is not)[^"]*/g, '$1')

async function answers(pieces: readonly string[]) {
  const before = plain
  const [ours, theirs] = await Promise.all([
    talk(ports.direct, { pieces }),
    talk(ports.node, { pieces }),
  ])
  return { ours: withoutWhy(ours), theirs: withoutWhy(theirs), plain: plain - before }
}

const host = 'host: a\r\n'
const get = (fields: string): string => `GET /x HTTP/1.1\r\n${host}${fields}\r\n`
const target = (written: string): string => `GET ${written} HTTP/1.1\r\n${host}\r\n`
const post = (fields: string, body = 'hello'): string =>
  `POST /x HTTP/1.1\r\n${host}${fields}\r\n${body}`

/** Of each, what it is, what is sent, and whether it is plain enough not to need Node's server. */
const table: readonly [what: string, sent: string, isPlain: boolean][] = [
  ['headers without a value', get('x-a:\r\nx-b: \r\n'), true],
  ['all that a name may be made of', get("!#$%&'*+-.^_`|~09aZ: a\r\n"), true],
  ['bytes of Latin-1 in a value', get('x: \x80\xe4 \xff\r\n'), true],
  ['all that a path may be made of', target('/!"$%&\'()*+,-./:;<=>?@[\\]^_`{|}~'), true],
  ['two slashes', target('//a//b'), true],
  ['an empty host', 'GET /x HTTP/1.1\r\nhost:\r\n\r\n', true],
  ['zeros before a length', post('content-length: 00005\r\n'), true],
  ['a body of a GET', get('content-length: 2\r\n').concat('ab'), true],
  ['a POST without a length', post('', ''), true],
  ['Connection: CLOSE', get('Connection: CLOSE\r\n'), true],
  ['Connection: Keep-Alive', get('Connection: Keep-Alive\r\n'), true],
  ['ninety headers', get('x: a\r\n'.repeat(90)), true],
  ['two answers asked for at once', get('') + post('content-length: 5\r\n'), true],
  ['a line end between two requests', `${get('')}\r\n${get('x: b\r\n')}`, true],
  ['white space around a value', get('x: \t a \t \r\n'), false],
  ['a tab before a length', post('content-length:\t5\r\n'), false],
  ['a tab after a length', post('content-length: 5\t\r\n'), false],
  ['a space after a length', post('content-length: 5 \r\n'), false],
  ['a space after "close"', get('connection: close \r\n'), false],
  ['no host', 'GET /x HTTP/1.1\r\nx: a\r\n\r\n', false],
  ['two hosts', get('host: b\r\n'), false],
  ['two cookies', get('cookie: a=1\r\ncookie: b=2\r\n'), false],
  ['a value that goes on in the next line', get('x: a\r\n b\r\n'), false],
  ['a first header that begins with a space', ` x: a\r\n${get('')}`, false],
  ['a space before the colon', get('x : a\r\n'), false],
  ['a space before the colon of a coding', post('transfer-encoding : chunked\r\n'), false],
  ['a name of no character', get(': a\r\n'), false],
  ['a line without a colon', get('abc\r\n'), false],
  ['a name of other characters', get('a(b: c\r\n\xe4: d\r\n'), false],
  ...['+5', '-5', '0x5', '5,5', '5 5', '5.', '', '99999999999999999999', '٥']
    .map(
      (length) =>
        [`a length of "${length}"`, post(`content-length: ${length}\r\n`), false] as const,
    )
    .map(([what, sent, isPlain]): [string, string, boolean] => [what, sent, isPlain]),
  ['two lengths', post('content-length: 5\r\nContent-Length: 5\r\n'), false],
  ['two lengths that differ', post('content-length: 5\r\ncontent-length: 6\r\n'), false],
  ['chunks', post('transfer-encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'), false],
  [
    'chunks and a length',
    post('transfer-encoding: chunked\r\ncontent-length: 5\r\n', '0\r\n\r\n'),
    false,
  ],
  ['several wishes for the connection', get('connection: keep-alive, foo\r\n'), false],
  ['two headers about the connection', get('connection: close\r\nconnection: x\r\n'), false],
  ['a whole URL', target('http://a/x?y'), false],
  ['a fragment', target('/x#y'), false],
  ['a byte over 127 in the path', target('/\xe4'), false],
  ['a NUL in the path', target('/\0'), false],
  ['a space in the path', target('/a b'), false],
  ['no path', target('*'), false],
  ...['\0', '\x01', '\x7f', '\r', '\n', '\r\r'].map((bad): [string, string, boolean] => [
    `the byte ${JSON.stringify(bad)} in a value`,
    get(`x: a${bad}b: c\r\n`),
    false,
  ]),
  ['lines that end by LF alone', 'GET /x HTTP/1.1\nhost: a\n\n', false],
  ['one line that ends by LF alone', 'GET /x HTTP/1.1\nhost: a\r\n\r\n', false],
  ['an empty line at the beginning', `\r\n${get('')}`, false],
  ['a head of 9 kB', get(`x: ${'a'.repeat(9000)}\r\n`), false],
  ['a head of 20 kB', get(`x: ${'a'.repeat(20_000)}\r\n`), false],
  ['150 headers', get('x: a\r\n'.repeat(150)), false],
  ['HTTP/1.0', `GET /x HTTP/1.0\r\n${host}\r\n`, false],
  ['HTTP/1.2', `GET /x HTTP/1.2\r\n${host}\r\n`, false],
  ['a method in small letters', `get /x HTTP/1.1\r\n${host}\r\n`, false],
  ['a HEAD', `HEAD /x HTTP/1.1\r\n${host}\r\n`, false],
  ['an unknown method', `LIST /x HTTP/1.1\r\n${host}\r\n`, false],
  ['two spaces after the method', `GET  /x HTTP/1.1\r\n${host}\r\n`, false],
  ['an expectation', post('expect: 100-continue\r\ncontent-length: 5\r\n'), false],
  ['another protocol', get('connection: upgrade\r\nupgrade: h2c\r\n'), false],
  ['a body that the client never ends', post('content-length: 9\r\n'), false],
  ['a body that is large but allowed', post('content-length: 200000\r\n', 'x'.repeat(2e5)), false],
]

describe('a request is understood, or refused, just as by a server of Node:', () => {
  it.each(table)('%s', async (_, sent, isPlain) => {
    const { ours, theirs, plain } = await answers([sent])
    expect(ours).toBe(theirs)
    expect(ours).toMatch(/^HTTP\/1\.1 \d/)
    expect(plain > 0).toBe(isPlain)
  })

  const part = (...texts: string[]): fc.Arbitrary<string> => fc.constantFrom(...texts)
  const often = (usual: string, ...others: string[]): fc.Arbitrary<string> =>
    fc.oneof(
      { weight: 8, arbitrary: fc.constant(usual) },
      { weight: 2, arbitrary: part(...others) },
    )
  const bytes = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map(charOf), maxLength: 6 })
  const name = fc.oneof(
    part('content-length', 'Connection', 'cookie', 'host', 'te', 'transfer-encoding', 'x-a'),
    bytes,
  )
  const value = fc.oneof(
    part('5', '05', '+5', '5 ', '5\t', 'a', '', 'close', 'Keep-Alive', 'close, x', 'chunked'),
    bytes,
  )
  const line = fc
    .tuple(name, often(': ', ':', ' : ', ':\t', ':  '), value, often('\r\n', '\n', '\r\n ', '\r'))
    .map((parts) => parts.join(''))
  const path = fc.oneof(
    part('/', '/a?b=c', '//', '*', 'http://a/'),
    bytes.map((more) => `/${more}`),
  )
  const request = fc
    .tuple(
      often('POST', 'GET', 'PUT', 'DELETE', 'HEAD', 'get', ''),
      fc.oneof({ weight: 3, arbitrary: fc.constant('/x') }, path),
      often('HTTP/1.1', 'HTTP/1.0', 'HTTP/1.2', 'http/1.1', 'HTTP/1.1 '),
      fc.array(line, { maxLength: 3 }),
    )
    .map(([method, path, version, lines]) => {
      const fields = `host: a\r\n${lines.join('')}`
      // Nothing is sent that is not told: it would be the next request.
      const body = /content-length.*5/i.test(fields) ? 'hello' : ''
      return `${method} ${path} ${version}\r\n${fields}\r\n${body}`
    })

  it('any, at random', async () => {
    let plainOnes = 0
    const law = fc.asyncProperty(request, async (sent) => {
      const { ours, theirs, plain } = await answers([sent])
      plainOnes += plain
      expect(ours).toBe(theirs)
    })
    await fc.assert(law, { numRuns: 300 })
    // One in five; were it none, nothing would have been compared.
    expect(plainOnes).toBeGreaterThan(10)
  })

  it('however it is cut into pieces', async () => {
    const one = post('content-length: 26\r\n', 'abcdefghijklmnopqrstuvwxyz')
    const sent = one + get('') + one
    const whole = withoutWhy(await talk(ports.node, { pieces: [sent] }))
    const cuts = fc.uniqueArray(fc.nat(sent.length), { maxLength: 40 })
    const law = fc.asyncProperty(cuts, async (places) => {
      const sorted = [0, ...places.sort((a, b) => a - b), sent.length]
      const pieces = sorted.slice(1).map((to, at) => sent.slice(sorted[at], to))
      expect(undated(await talk(ports.direct, { pieces }))).toBe(whole)
    })
    await fc.assert(law, { numRuns: 40, examples: [[Array.from(sent, (_, at) => at)]] })
  })
})

function charOf(byte: number): string {
  return String.fromCharCode(byte)
}
