/**
 * What a client receives of a small stream for each kind of fault: the table of every-fault.test.ts.
 * Bytes are text here, a character a byte.
 */
import { crc32 } from 'node:zlib'
import type { Ending } from '../../../src/core/timeline.ts'

export const texts = ['One', ' two', ' three']
const frameOf = (text: string): string => `data:${JSON.stringify({ content: text })}\n\n`
export const frames = [...texts.map(frameOf), 'data:[DONE]\n\n']
const [one = '', two = '', three = '', done = ''] = frames
const whole = frames.join('')
const rest = (text: string, size: number): string[] =>
  text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []

export interface Row {
  /** As a scenario writes it. */
  readonly fault: string | Readonly<Record<string, object | string | number>>
  /** Body bytes as they arrive: HTTP chunks, or DATA frames. */
  readonly chunks: readonly string[]
  readonly ending?: Ending
  readonly head?: Head
  /** How it is over HTTP/1.1, where chunks and ending do not say it; or why it cannot be. */
  readonly http1?: { readonly wire?: string; readonly socket?: string; readonly never?: string }
  readonly http2?: { readonly ending?: string; readonly goaway?: number; readonly never?: string }
  /** These bytes come as others. */
  readonly overwritten?: readonly [from: number, to: number]
  /** The answer takes so long at least. */
  readonly leastMs?: number
}

/** Undefined where a header must not be there. */
interface Head {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | undefined>>
}

/** Deflate's stored block. */
function stored(text: string, isLast: 0 | 1): string {
  const length = text.length
  return `${String.fromCharCode(isLast)}${littleEndian(length, 2)}${littleEndian(~length, 2)}${text}`
}

function littleEndian(value: number, bytes: number): string {
  return Array.from({ length: bytes }, (_, i) =>
    String.fromCharCode((value >>> (8 * i)) & 255),
  ).join('')
}

const gzipHead = '\x1f\x8b\x08\0\0\0\0\0\0\xff'
const packed = frames.map((frame, i) => (i === 0 ? gzipHead : '') + stored(frame, 0))

const errorBody =
  '{"error":{"message":"Later.","type":"requests","param":null,"code":"rate_limit_exceeded"}}'
const inChunks = 'only HTTP/1.1 sends a body in chunks, and the request came by HTTP/2'
const byHttp2 = 'only HTTP/2 has such frames, and the request came by HTTP/1.1'

export const rows: Readonly<Record<string, readonly Row[]>> = {
  end: [
    { fault: { end: { at: { frame: 2 } } }, chunks: [one, two] },
    { fault: { end: { at: { time: 0 } } }, chunks: [] },
  ],
  close: [
    { fault: { close: { at: { frame: 2 } } }, chunks: [one, two], ending: 'close' },
    {
      fault: { close: { at: { byte: 30 } } },
      chunks: [one, whole.slice(one.length, 30)],
      ending: 'close',
    },
  ],
  reset: [
    { fault: { reset: { at: { frame: 1 } } }, chunks: [one], ending: 'reset' },
    ...(['NO_ERROR', 'CANCEL', 'ENHANCE_YOUR_CALM', 'HTTP_1_1_REQUIRED'] as const).map(
      (code): Row => ({
        fault: { reset: { at: { frame: 3 }, code } },
        chunks: [one, two, three],
        ending: 'reset',
        http1: {
          never:
            'reset.code: only over HTTP/2 has a reset a code, and the request came by HTTP/1.1',
        },
        http2: {
          ending: `reset ${{ NO_ERROR: 0, CANCEL: 8, ENHANCE_YOUR_CALM: 11, HTTP_1_1_REQUIRED: 13 }[code]}`,
        },
      }),
    ),
  ],
  hang: [{ fault: { hang: { at: { frame: 1 } } }, chunks: [one], ending: 'hang' }],
  refuse: [
    {
      fault: 'refuse',
      chunks: [],
      ending: 'reset',
      head: { status: 0 },
      http2: { ending: 'reset 7' },
    },
    {
      fault: { reset: { at: { time: 0 } } },
      chunks: [],
      ending: 'reset',
      head: { status: 0 },
    },
    { fault: { refuse: { by: 'close' } }, chunks: [], ending: 'close', head: { status: 0 } },
  ],
  head: [
    {
      fault: { head: { status: 500, headers: { 'content-type': 'text/html', 'x-more': 'yes' } } },
      chunks: frames,
      head: { status: 500, headers: { 'content-type': 'text/html', 'x-more': 'yes' } },
    },
  ],
  error: [
    {
      fault: { error: { code: 'rate-limited', message: 'Later.', retryAfter: '7s' } },
      chunks: [errorBody],
      head: {
        status: 429,
        headers: { 'retry-after': '7', 'content-length': `${errorBody.length}` },
      },
      http1: { wire: errorBody },
    },
  ],
  delay: [{ fault: { delay: '60ms' }, chunks: frames, leastMs: 50 }],
  stall: [{ fault: { stall: { for: '60ms', at: { frame: 2 } } }, chunks: frames, leastMs: 50 }],
  throttle: [{ fault: { throttle: { bytesPerSecond: 1000 } }, chunks: frames, leastMs: 50 }],
  jitter: [{ fault: { jitter: { by: '20ms' } }, chunks: frames }],
  heartbeats: [
    {
      fault: { heartbeats: { every: 0, count: 3, at: { frame: 1 } } },
      chunks: [one, ...Array(3).fill(': keep-alive\n\n'), two, three, done],
    },
  ],
  slice: [
    {
      fault: { slice: { bytes: 16, at: { frame: 2 } } },
      chunks: [one, two, ...rest(three, 16), ...rest(done, 16)],
    },
  ],
  merge: [{ fault: { merge: { frames: 3 } }, chunks: [one + two + three, done] }],
  duplicate: [{ fault: { duplicate: { at: { frame: 1 } } }, chunks: [one, two, two, three, done] }],
  drop: [{ fault: { drop: { at: { frame: 1 } } }, chunks: [one, three, done] }],
  swap: [{ fault: { swap: { at: { frame: 1 } } }, chunks: [one, three, two, done] }],
  corrupt: [
    {
      fault: { corrupt: { at: { byte: 30 }, bytes: 3 } },
      chunks: frames,
      overwritten: [30, 33],
    },
  ],
  'truncate-json': [
    {
      fault: { 'truncate-json': { at: { frame: 1 }, bytes: 8 } },
      chunks: [one, 'data:{"conten\n\n', three, done],
    },
  ],
  replace: [
    {
      fault: { replace: { at: { frame: 1 }, raw: 'data:{not json}\n\n' } },
      chunks: [one, 'data:{not json}\n\n', three, done],
    },
  ],
  inject: [
    {
      fault: { inject: { at: { frame: 1 }, comment: 'ours' } },
      chunks: [one, ': ours\n\n', two, three, done],
    },
  ],
  'no-terminator': [{ fault: 'no-terminator', chunks: [one, two, three] }],
  'after-terminator': [
    {
      fault: { 'after-terminator': { raw: 'data:late\n\n' } },
      chunks: [...frames, 'data:late\n\n'],
    },
  ],
  garbage: ['time', 0, 1, 4]
    .map((place) => ({ place, frame: Number(place) || 0 }))
    .map(({ place, frame }) => ({
      fault: { garbage: { at: place === 'time' ? { time: 0 } : { frame } } },
      chunks: frames.slice(0, frame),
      ending: 'close',
      http1: { wire: `${framed(frames.slice(0, frame))}garbage: no size of a chunk\r\n` },
      http2: { never: `garbage: ${inChunks}` },
    })),
  'short-chunk': [
    {
      fault: { 'short-chunk': { at: { frame: 2 }, missing: 5 } },
      chunks: [one, two, three],
      ending: 'close',
      http1: { wire: `${framed([one, two])}${(three.length + 5).toString(16)}\r\n${three}` },
      http2: { never: `short-chunk: ${inChunks}` },
    },
    {
      fault: { 'short-chunk': { at: { frame: 4 } } },
      chunks: frames,
      ending: 'close',
      http1: { wire: `${framed(frames)}1\r\n` },
      http2: { never: `short-chunk: ${inChunks}` },
    },
  ],
  'wrong-length': [5, -5].map((by) => ({
    fault: { 'wrong-length': { by } },
    chunks: frames,
    head: { headers: { 'content-length': `${whole.length + by}`, 'transfer-encoding': undefined } },
    http1: { wire: whole, socket: 'fin' },
  })),
  'bad-gzip': [
    {
      fault: { 'bad-gzip': { how: 'plain' } },
      chunks: frames,
      head: { headers: { 'content-encoding': 'gzip' } },
    },
    {
      fault: { 'bad-gzip': { how: 'checksum' } },
      chunks: [
        ...packed,
        `${stored('', 1)}${littleEndian(crc32(whole) ^ 1, 4)}${littleEndian(whole.length, 4)}`,
      ],
      head: { headers: { 'content-encoding': 'gzip' } },
    },
    {
      fault: { 'bad-gzip': { how: 'truncated' } },
      chunks: packed,
      head: { headers: { 'content-encoding': 'gzip' } },
    },
  ],
  goaway: [
    {
      fault: { goaway: { at: { frame: 0 } } },
      chunks: frames,
      http1: { never: `goaway: ${byHttp2}` },
      http2: { goaway: 0 },
    },
    {
      fault: { goaway: { at: { frame: 2 }, code: 'ENHANCE_YOUR_CALM' } },
      chunks: frames,
      http1: { never: `goaway: ${byHttp2}` },
      http2: { goaway: 11 },
    },
  ],
  // Only a stream that is come back to is changed: see the tests of reconnecting.
  resume: [{ fault: { resume: { skip: 1 } }, chunks: frames }],
}

/** HTTP chunks without the last one. */
export function framed(chunks: readonly string[]): string {
  return chunks.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('')
}
