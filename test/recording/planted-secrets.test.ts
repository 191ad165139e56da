/**
 * A secret is planted at every place of an exchange that it has been known to hide in, and cut at
 * every border of its bytes. Not one stretch of it may be on tape, and all else must be as it was.
 */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import {
  bytes,
  chunksOf,
  type Exchange,
  eachByte,
  everyCut,
  json,
  kinds,
  showsNothing,
  tape,
} from './planted.ts'

const escapedUnicode = (text: string): string =>
  [...text].map((letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')

const percent = (text: string): string =>
  [...bytes(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

/** As they are, escaped, in a URL. */
const tildes = /\\*u007e|%7e|~/

/** Ways of writing a secret into one text, as an answer may have it. */
const places: Readonly<Record<string, readonly [type: string, (secret: string) => string]>> = {
  'a frame of server-sent events': [
    'text/event-stream',
    (s) => `data: ${json({ t: `is ${s} ok` })}\n\n`,
  ],
  'plain data of an event': ['text/event-stream', (s) => `data: is ${s} ok\n\n`],
  'several lines of data': ['text/event-stream', (s) => `data: {\ndata: "t": ${json(s)}}\n\n`],
  'a comment of an event': ['text/event-stream', (s) => `: is ${s} ok\n\ndata: {}\n\n`],
  'a line of NDJSON': ['application/x-ndjson', (s) => `${json({ t: s, n: 1 })}\n`],
  'a JSON array': ['application/json', (s) => `[${json({ t: s })}\n,\r\n${json([s])}\n]`],
  'a JSON document': ['application/json', (s) => json({ error: { message: `bad key ${s}.` } })],
  'JSON in JSON': ['application/json', (s) => json({ a: json({ t: s, in: json({ s }) }) })],
  'a text of escapes': ['application/json', (s) => `{"t":"${escapedUnicode(s)}","u":1}`],
  'escapes of escapes': ['application/json', (s) => json({ a: `{"t":"${escapedUnicode(s)}"}` })],
  'a URL in a text': ['text/plain', (s) => `see https://h/?q=${encodeURIComponent(s)}&z=1 there`],
  'a URL, every letter escaped': ['text/html', (s) => `<a href="/x?q=${percent(s)}&z=1">`],
  'plain text': ['text/plain', (s) => `The word is ${s} today.\n`],
  'an answer of unknown type': ['application/octet-stream', (s) => `\u0000\u0001 ${s} \u0002`],
}

describe('a secret in one piece of an answer', () => {
  for (const [kind, planted] of Object.entries(kinds)) {
    for (const [place, [type, write]] of Object.entries(places)) {
      test(`${kind} in ${place} is gone at every cut, and nothing else is`, () => {
        const whole = bytes(write(planted.secret))
        const masked = Buffer.concat(
          chunksOf(tape(planted, { head: [['content-type', type]], chunks: [whole] })),
        )
        showsNothing(masked.toString('utf8'), planted, place)
        expect(masked.length).toBe(whole.length)
        const plain = bytes(write('~~~')).toString('utf8').split(tildes)
        const kept = masked.toString('utf8')
        expect(kept.slice(0, plain[0]?.length)).toBe(plain[0])
        expect(kept.slice(-(plain.at(-1)?.length ?? 0))).toBe(plain.at(-1))
        if (type.endsWith('json')) expect(() => JSON.parse(kept)).not.toThrow()
        for (const chunks of [...everyCut(whole, masked), eachByte(whole)]) {
          const taped = chunksOf(tape(planted, { head: [['content-type', type]], chunks }))
          expect(taped.map(({ length }) => length)).toEqual(chunks.map(({ length }) => length))
          expect(Buffer.concat(taped).toString('utf8')).toBe(kept)
        }
      })
    }
  }
})

const lettersOnly = (text: string): string => text.replaceAll(/[^A-Za-z0-9+/=.-]/g, '')

describe('a secret in a request', () => {
  const multipart = 'multipart/form-data; boundary=XX'
  const part = (name: string, value: string): string =>
    `--XX\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n--XX--\r\n`
  const requests: Readonly<Record<string, (secret: string) => Exchange>> = {
    'the path': (s) => ({ request: { url: `/v1/keys/${encodeURIComponent(s)}/info` } }),
    'the query, under any name': (s) => ({
      request: { url: `/v1?q=${encodeURIComponent(s)}&a=1` },
    }),
    'the body': (s) => ({
      request: { body: bytes(json({ messages: [{ content: `is ${s} ok` }] })) },
    }),
    'a list': (s) => ({ request: { body: bytes(json([s, [s]])) } }),
    'a body of no type': (s) => ({ request: { body: bytes(`word ${s}`) } }),
    'a form': (s) => ({
      request: {
        headers: [['content-type', 'application/x-www-form-urlencoded']],
        body: bytes(new URLSearchParams({ a: '1', q: `is ${s}` }).toString()),
      },
    }),
    'a field of a form of several parts': (s) => ({
      request: { headers: [['content-type', multipart]], body: bytes(part('note', `is ${s} ok`)) },
    }),
    'a file in a form': (s) => ({
      request: {
        headers: [['content-type', multipart]],
        body: Buffer.concat([bytes(part('file', `\u0000 ${s} `)), Buffer.of(255, 254)]),
      },
    }),
    'a body in gzip': (s) => ({
      request: { headers: [['content-encoding', 'gzip']], body: gzipSync(json({ s })) },
    }),
    'a body in deflate': (s) => ({
      request: { headers: [['content-encoding', 'deflate']], body: deflateSync(json({ s })) },
    }),
    'a body in brotli': (s) => ({
      request: { headers: [['content-encoding', 'br']], body: brotliCompressSync(json({ s })) },
    }),
    'a header that is kept': (s) => ({
      request: { headers: [['x-request-id', `a ${encodeURIComponent(s)} b`]] },
    }),
    'a header of the answer': (s) => ({
      head: [
        ['www-authenticate', `Key realm="${encodeURIComponent(s)}"`],
        ['location', `/next?a=${encodeURIComponent(s)}`],
        ['set-cookie', s],
      ],
    }),
    'the note': (s) => ({ note: `with ${s} in it` }),
    'the reason of a failure': (s) => ({ failed: `no route to ${s}.` }),
  }
  for (const [kind, planted] of Object.entries(kinds)) {
    for (const [place, exchange] of Object.entries(requests)) {
      test(`${kind} in ${place} is gone`, () => {
        const lines = tape(planted, exchange(planted.secret)).join('\n')
        showsNothing(decodeAll(lines), planted, place)
        expect(decodeAll(lines)).toMatch(/REDACTED/)
      })
    }
  }
})

/** Once without percent signs, and base64 as text. */
function decodeAll(lines: string): string {
  const inner = [...lines.matchAll(/"base64":"([^"]*)"/g)].map(([, text = '']) =>
    Buffer.from(text, 'base64').toString('latin1'),
  )
  const plain = lines.replaceAll(/(?:%[0-9a-fA-F]{2})+/g, (octets) =>
    Buffer.from(octets.replaceAll('%', ''), 'hex').toString('utf8'),
  )
  return [lines, plain, ...inner, lettersOnly(plain)].join('\n')
}
