/** Faults on frames in every framing: what a reader of that framing makes of them. */
import { describe, expect, test } from 'vitest'
import type { Framing } from '../../src/core/frame.ts'
import { through } from '../../src/core/push.ts'
import type { Step } from '../../src/core/timeline.ts'
import { withFaults } from '../../src/faults/apply.ts'
import { awsEventStream, jsonArray, ndjson, sse, text } from '../../src/framing/index.ts'
import { plainDialect } from '../../src/server/answers/plain.ts'
import { listenFinite } from '../../src/server/language.ts'
import { seededRandom } from '../../src/time/random.ts'
import { bodyOf, faults } from './toy-stream.ts'

const values = ['{"a":"é"}', '{"b":[2]}', '{"c":3}']

const array: Framing = jsonArray()

interface Framed {
  readonly name: string
  readonly framing: Framing
  readonly chunks: readonly Uint8Array[]
}

const bytes = (framing: Framing): Uint8Array[] =>
  values.flatMap((data) => framing.encode({ data, event: 'chunk' })?.bytes ?? [])

const framed: readonly Framed[] = [
  { name: 'SSE', framing: sse({ eol: '\r\n' }), chunks: bytes(sse({ eol: '\r\n' })) },
  { name: 'NDJSON', framing: ndjson(), chunks: bytes(ndjson()) },
  { name: 'AWS event stream', framing: awsEventStream(), chunks: bytes(awsEventStream()) },
  {
    name: 'JSON array',
    framing: { ...array, contentType: 'application/json' },
    chunks: [`[${values[0]}`, `\n,\r\n${values[1]}`, `\n,\r\n${values[2]}`, '\n]'].map((part) =>
      Buffer.from(part),
    ),
  },
]

const stepsOf = ({ framing, chunks }: Framed): Step[] => [
  { atMs: 0, do: 'head', status: 200, headers: [['content-type', framing.contentType]] },
  ...chunks.map((chunk, i): Step => ({ atMs: i + 1, do: 'write', bytes: chunk })),
  { atMs: 9, do: 'end' },
]

function broken(of: Framed, written: unknown): Step[] {
  const steps = stepsOf(of)
  const dialect = { ...plainDialect, framing: of.framing }
  const body = new Uint8Array()
  const query = new URLSearchParams()
  const http = { method: 'POST', url: '/', path: '/', query, headers: [], params: {}, body }
  const request = {
    ...{ dialect: dialect.name, http, body: {}, model: undefined, system: undefined, tools: [] },
    ...{ messages: [], user: undefined, stream: true, choices: 1, dialogue: undefined },
  }
  const random = seededRandom('9')
  const reply = { request, random, createdMs: 0, models: undefined }
  const { language, timeline } = listenFinite(steps, dialect, reply)
  const bodyLength = () => bodyOf(steps).length
  return [...withFaults(timeline, faults(written), { stream: language, random, bodyLength })]
}

/** What a reader hears; the last bracket of an array says nothing. */
const heard = ({ framing }: Framed, out: readonly Step[]): (string | undefined)[] =>
  [...through([bodyOf(out)], framing.decoder())].flatMap((frame) => {
    if (frame.incomplete) return ['incomplete']
    return frame.data === undefined ? [] : [frame.data]
  })

const [a = '', b = '', c = ''] = values

describe('a fault on whole frames', () => {
  test.each(framed)('swaps two of them in $name', (of) => {
    expect(heard(of, broken(of, { swap: { at: { frame: 0 } } }))).toEqual([b, a, c])
    expect(heard(of, broken(of, { swap: { at: { frame: 1 } } }))).toEqual([a, c, b])
    expect(heard(of, broken(of, { swap: { at: { frame: 2 } } }))).toEqual([a, b, c])
  })

  test.each(framed)('sends one twice in $name', (of) => {
    expect(heard(of, broken(of, { duplicate: { at: { frame: 0 } } }))).toEqual([a, a, b, c])
  })

  test.each(framed.slice(0, 3))('cuts its JSON and leaves the rest whole in $name', (of) => {
    // The seventh byte is the second of a character.
    const cut = { 'truncate-json': { at: { frame: 0 }, bytes: 7 } }
    expect(heard(of, broken(of, cut))).toEqual(['{"a":"', b, c])
    const drawn = heard(of, broken(of, { 'truncate-json': { at: { frame: 1 } } }))
    expect(drawn).toHaveLength(3)
    expect(b.startsWith(`${drawn[1]}`) && drawn[1] !== b).toBe(true)
  })

  test('cuts an element and leaves the comma before it in an array', () => {
    const [of] = framed.slice(3)
    if (!of) throw new Error('no array')
    const out = broken(of, { 'truncate-json': { at: { frame: 1 }, bytes: 4 } })
    expect(bodyOf(out).toString()).toBe(`[${a}\n,\r\n{"b"\n,\r\n${c}\n]`)
  })

  test.each(framed)('puts other bytes in the place of some in $name', (of) => {
    const out = broken(of, { replace: { at: { frame: 1 }, count: 2, base64: '' } })
    expect(heard(of, out)).toEqual([a])
  })
})

describe('a flood of heartbeats', () => {
  test.each(framed.filter(({ name }) => name !== 'AWS event stream'))(
    'stands between frames in $name, and changes none',
    (of) => {
      const flood = { heartbeats: { every: 1, count: 5 } }
      const whole = { ...of, chunks: [...bodyOf(stepsOf(of))].map((byte) => Buffer.from([byte])) }
      for (const one of [of, whole]) {
        const out = broken(one, flood)
        expect(bodyOf(out).length).toBeGreaterThan(bodyOf(stepsOf(of)).length)
        expect(heard(of, out)).toEqual([a, b, c])
      }
    },
  )

  test('in an AWS event stream or plain text is refused, for they have nothing of that kind', () => {
    const plain = { name: 'text', framing: text(), chunks: [Buffer.from('hello')] }
    for (const of of [plain, ...framed.slice(2, 3)]) {
      expect(() => broken(of, { heartbeats: { every: 1, count: 1 } })).toThrow(
        /^heartbeats: .* has nothing that could be sent without a meaning; use inject/,
      )
    }
    expect(() => broken(plain, { 'truncate-json': { at: { frame: 0 } } })).toThrow(
      'truncate-json: plain text holds no JSON; use end, corrupt or drop',
    )
  })
})
