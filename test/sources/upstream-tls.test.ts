import { afterEach, describe, expect, test } from 'vitest'
import { makeCertificate, makeTrust } from '../support/certificate.ts'
import {
  type Act,
  chunk,
  head,
  lastChunk,
  type RawTls,
  type RawUpstream,
  rawUpstream,
  streamHead,
} from './raw-upstream.ts'
import { open, relay, saidByUs, tally } from './relaying.ts'

const { ca, server } = makeTrust()
const upstreams: RawUpstream[] = []

afterEach(async () => {
  await Promise.all(upstreams.splice(0).map((upstream) => upstream.close()))
})

async function secured(acts: readonly Act[], secure: RawTls = { server }): Promise<RawUpstream> {
  const made = await rawUpstream(acts, secure)
  upstreams.push(made)
  return made
}

describe('behind TLS, bytes, borders and endings are what they are without it', () => {
  const together = Buffer.concat([
    Buffer.from(streamHead),
    chunk('data: 1\n'),
    chunk('\n'),
    Buffer.from(lastChunk),
  ])
  const cases: readonly (readonly [string, readonly Act[], readonly unknown[]])[] = [
    ['chunks that arrive together', [together], [200, 'data: 1\n', '\n', 'end']],
    [
      'chunks that arrive one by one',
      [streamHead, 'pause', chunk('a'), 'pause', chunk('b'), lastChunk],
      [200, 'a', 'b', 'end'],
    ],
    ['a FIN in mid-stream', [streamHead, chunk('data'), 'FIN'], [200, 'data', 'close']],
    [
      'a FIN without a word of TLS',
      [streamHead, chunk('data'), 'bare FIN'],
      [200, 'data', 'close'],
    ],
    ['a RST in mid-stream', [streamHead, chunk('data'), 'RST'], [200, 'data', 'reset']],
    ['a RST after a while', [streamHead, chunk('data'), 'pause', 'RST'], [200, 'data', 'reset']],
    ['a FIN before any head', ['FIN'], ['close']],
    ['a RST before any head', ['RST'], ['reset']],
    ['a body that ends with the connection', [head('200 OK'), 'all', 'FIN'], [200, 'all', 'end']],
    ['a RST where the body would end so', [head('200 OK'), 'all', 'RST'], [200, 'all', 'reset']],
  ]
  for (const [name, acts, expected] of cases) {
    const times = /FIN|RST/.test(name) ? 20 : 5
    test(`${name}, every time`, async () => {
      const { url } = await secured(acts)
      const upstream = open({ url, ca })
      const outcomes = await tally(times, async () => {
        const { seen, taped } = await relay(upstream)
        return JSON.stringify([seen, taped])
      })
      expect(outcomes).toEqual({ [JSON.stringify([expected, expected])]: times })
    })
  }
})

const stranger = makeCertificate('Some authority')

describe('a certificate that is not to be trusted is told in words', () => {
  const cases: readonly (readonly [string, Parameters<typeof makeCertificate>[1], RegExp])[] = [
    ['signed by itself', { names: ['127.0.0.1'] }, /signed by itself; .*--upstream-ca FILE/],
    [
      'signed by nobody known',
      { names: ['127.0.0.1'], signedBy: stranger },
      /signed by an authority that is not known here; .*NODE_EXTRA_CA_CERTS/,
    ],
  ]
  test.each(cases)('%s', async (_, options, message) => {
    const { url, received } = await secured([], { server: makeCertificate('x', options) })
    const relayed = await relay({ url })
    expect(relayed.seen[0]).toBe(502)
    expect(saidByUs(relayed)).toMatch(message)
    expect(saidByUs(relayed)).toContain(url)
    expect(relayed.recording.failed).toMatch(message)
    expect(received.join('')).toBe('')
  })

  test.each([
    ['for another host', { names: ['other.example'] }, /for another host than 127\.0\.0\.1/],
    ['expired', { names: ['127.0.0.1'], until: new Date('2021-01-01') }, /has expired/],
  ] as const)('%s, though its authority is known', async (_, options, message) => {
    const authority = makeCertificate('Known authority')
    const own = makeCertificate('x', { ...options, signedBy: authority })
    const { url } = await secured([], { server: own })
    expect(saidByUs(await relay({ url, ca: authority.cert }))).toMatch(message)
  })

  test('and taken all the same where that is asked for', async () => {
    const { url } = await secured([head('204 No Content')], { server: makeCertificate('x') })
    expect((await relay({ url, insecure: true })).seen).toEqual([204, 'end'])
  })

  test('a file that is none is refused before anything is asked', async () => {
    await expect(relay({ url: 'https://127.0.0.1:1', ca: 'nonsense' })).rejects.toThrow(
      /holds no certificate in PEM form: it has no line -----BEGIN/,
    )
  })
})

test('a service without TLS, asked with it, is told so', async () => {
  const plain = await rawUpstream([head('400 Bad Request')])
  upstreams.push(plain)
  const relayed = await relay({ url: plain.url.replace('http:', 'https:') })
  expect(saidByUs(relayed)).toContain('does not speak TLS; is it http:// rather than https://?')
})
