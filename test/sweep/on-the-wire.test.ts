/** What a variant plays on the virtual clock is what a server plays on a socket. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Double, openReply, start, sweep, type Variant } from '../../src/index.ts'
import { rawRequest } from '../support/raw-client.ts'

const recording = 'recordings/openai-chat-hello.jsonl'
const reply = await openReply({ recording })
const path = '/v1/chat/completions'

/** One of each kind, with more of those that draw or that leave the protocol. */
const variants = [
  ...sweep(reply, {
    silence: '1ms',
    only: [
      ...['clean', 'cut/end/frame-2', 'cut/close/frame-3', 'cut/reset/frame-1', 'cut/hang/frame-1'],
      ...[
        'cut-inside/close/frame-2',
        'slice/7-bytes',
        'slice/json',
        'merge-all',
        'merge-and-slice',
      ],
      ...['truncate-json/frame-1', 'replace/not-json/frame-2', 'corrupt/middle/frame-3'],
      ...['drop/frame-1', 'duplicate/frame-2', 'swap/frame-1', 'inject/comment/frame-1'],
      ...['inject/error/frame-2', 'no-terminator', 'after-terminator'],
      ...['http/429', 'http-retry-after/503', 'http-html/502', 'http-empty/500', 'head/no-type'],
      ...['garbage/frame-0', 'short-chunk/frame-0', 'wrong-length', 'bad-gzip', 'no-answer/close'],
    ],
  }),
]

let double: Double

beforeAll(async () => {
  const rules = variants.map(({ name, fault }) => ({
    name,
    when: { user: name },
    reply: { recording: `${process.cwd()}/${recording}`, pacing: 'instant' },
    faults: fault,
  }))
  double = await start({ scenarios: [{ rules }] })
})

afterAll(() => double.close())

const body = ({ name }: Variant) => ({
  model: 'gpt-4o',
  stream: true,
  messages: [{ role: 'user', content: name }],
})

/** Only here is chance drawn, of which the server names the source by its rule. */
const isDrawn = ({ family }: Variant): boolean => /^(?:corrupt|truncate-json)/.test(family)

const sockets = { end: 'open', close: 'fin', reset: 'rst', hang: 'open' } as const

it.each(variants)('$name brings the same bytes in the same chunks', async (variant) => {
  const heard = await rawRequest({ port: double.port, path, body: body(variant), silenceMs: 200 })
  const whole = Buffer.concat(heard.chunks)
  const played = Buffer.concat(variant.chunks.map(({ bytes }) => bytes))
  expect(heard.status).toBe(variant.family === 'no-answer' ? 0 : variant.status)
  if (variant.family === 'wrong-length') {
    expect(whole.subarray(0, played.length).equals(played)).toBe(true)
    return
  }
  if (!/^(?:garbage|short-chunk)/.test(variant.family)) {
    expect(heard.socket).toBe(sockets[variant.ending])
    const lengths = heard.chunks.map(({ length }) => length)
    const isChunked = heard.headers['transfer-encoding'] === 'chunked'
    if (isChunked && variant.family !== 'truncate-json') {
      expect(lengths).toEqual(variant.chunks.map(({ bytes }) => bytes.length))
    }
    if (!isDrawn(variant)) expect(whole.toString('hex')).toBe(played.toString('hex'))
  }
})

interface Told {
  readonly code?: unknown
  readonly [told: string]: unknown
}

/** What a client of Node's own `fetch` is told, and of this one. */
async function toldBy(ask: () => Promise<Response>): Promise<Told> {
  try {
    const response = await ask()
    return { status: response.status, text: await response.text() }
  } catch (error) {
    if (!(error instanceof Error)) throw error
    const { name, message, cause } = error
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    return { name, message, code }
  }
}

/** A reset that comes with data Node cannot tell from a close, and silence it waits for. */
const comparable = variants.filter(({ ending, family }) => {
  const isPlain = ending !== 'reset' && ending !== 'hang'
  return isPlain && !/^(?:corrupt|truncate-json)/.test(family)
})

it.each(comparable)('$name is told to a client as Node tells it', async (variant) => {
  const init = { method: 'POST', body: JSON.stringify(body(variant)) }
  const real = await toldBy(() => fetch(double.url(path), init))
  const { code, ...told } = await toldBy(() => variant.fetch(double.url(path), init))
  // Not every version of Node gives a code to what is no HTTP.
  expect({ ...told, code: real.code && code }).toEqual({ ...real, code: real.code })
})
