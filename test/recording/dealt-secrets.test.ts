/**
 * A secret is dealt out over the frames of a stream, at every border of its letters, as models do.
 * No frame may have a part of it; the frames must be frames still, and all else as it was.
 */
import { describe, expect, test } from 'vitest'
import { awsEventStream, framingFor } from '../../src/framing/index.ts'
import { bytes, chunksOf, eachByte, everyCut, json, kinds, showsNothing, tape } from './planted.ts'

/** How a text is dealt out, a piece in each frame. */
type Dealer = (piece: string, at: number) => Uint8Array

const event = (value: unknown): Uint8Array => bytes(`data: ${json(value)}\n\n`)
const message = (data: string): Uint8Array =>
  awsEventStream().encode({ event: 'chunk', data })?.bytes ?? bytes('')

const dealers: Readonly<Record<string, readonly [type: string, Dealer]>> = {
  'chat completion chunks': [
    'text/event-stream',
    (content, n) =>
      event({
        id: 'c1',
        created: n,
        choices: [{ index: 0, delta: { content }, finish_reason: null }],
      }),
  ],
  'two choices side by side': [
    'text/event-stream',
    (content, n) =>
      Buffer.concat([
        event({ id: 'c1', choices: [{ index: 0, delta: { content } }] }),
        event({ id: 'c1', choices: [{ index: 1, delta: { content: ` word${n}` } }] }),
      ]),
  ],
  'content blocks, with names of events': [
    'text/event-stream',
    (text) =>
      bytes(
        `event: content_block_delta\ndata: ${json({ type: 'content_block_delta', index: 1, delta: { type: 'text_delta', text } })}\n\n`,
      ),
  ],
  'the arguments of a tool': [
    'text/event-stream',
    (piece) =>
      event({
        type: 'content_block_delta',
        index: 2,
        delta: { partial_json: json(piece).slice(1, -1) },
      }),
  ],
  'responses, numbered': [
    'text/event-stream',
    (delta, n) =>
      event({
        type: 'response.output_text.delta',
        item_id: 'm',
        output_index: 0,
        delta,
        sequence_number: n,
      }),
  ],
  'data that is no JSON': ['text/event-stream', (piece) => bytes(`data: ${piece}\n\n`)],
  'lines of a data stream': ['text/plain; charset=utf-8', (piece) => bytes(`0:${json(piece)}\n`)],
  'lines of NDJSON': [
    'application/x-ndjson',
    (content) =>
      bytes(`${json({ model: 'm', message: { role: 'assistant', content }, done: false })}\n`),
  ],
  'elements of an array': [
    'application/json',
    (text, n) =>
      bytes(
        `${n === 0 ? '[' : '\n,\r\n'}${json({ candidates: [{ content: { parts: [{ text }] } }] })}`,
      ),
  ],
  'log probabilities': [
    'application/json',
    (token, n) =>
      bytes(
        `${n === 0 ? '{"choices":[{"logprobs":{"content":[' : ','}${json({ token, bytes: [...bytes(token)] })}`,
      ),
  ],
  'binary messages': [
    'application/vnd.amazon.eventstream',
    (text) => message(json({ contentBlockIndex: 0, delta: { text }, p: 'abcdefghijk' })),
  ],
  'binary messages of base64': [
    'application/vnd.amazon.eventstream',
    (text) =>
      message(
        json({
          bytes: bytes(json({ type: 'delta', delta: { text } })).toString('base64'),
          p: 'abc',
        }),
      ),
  ],
}

/** Two pieces at every border, three, and a letter at a time. */
function deals(secret: string): string[][] {
  const whole = [...`The word is ${secret}, no more.`]
  const cut = (...places: number[]): string[] =>
    [0, ...places].map((from, i) => whole.slice(from, places[i]).join(''))
  const halves = whole
    .slice(1)
    .flatMap((_, at) => (at > 10 && at < secret.length + 12 ? [cut(at + 1)] : []))
  const middle = 12 + Math.floor(secret.length / 2)
  return [...halves, cut(13, middle, middle + 3), cut(12, 14, 16, 18, 20, 24), whole]
}

/** What the frames say when their texts are put together again, and that they are frames at all. */
function said(type: string, body: Buffer): string {
  const text = body.toString('utf8')
  if (type === 'application/json')
    return json(JSON.parse(`${text}${text.startsWith('[') ? ']' : ']}}]}'}`))
  const framing = framingFor(type.startsWith('text/plain') ? 'application/x-ndjson' : type)
  const decoder = framing.decoder()
  const frames = [...decoder.push(body), ...decoder.end()]
  return frames
    .map(({ data = '', incomplete, headers }) => {
      expect(incomplete).toBeUndefined()
      if (framing.name === 'aws-event-stream') expect(headers).toBeDefined()
      const value: unknown = /^\{/.test(data) ? JSON.parse(data) : data
      const inner = /"bytes":"([^"]*)"/.exec(data)?.[1]
      return inner ? json(JSON.parse(Buffer.from(inner, 'base64').toString('utf8'))) : json(value)
    })
    .join('\n')
}

describe('a secret that is dealt out over frames', () => {
  for (const [kind, planted] of Object.entries(kinds)) {
    for (const [dialect, [type, deal]] of Object.entries(dealers)) {
      test(`${kind} in ${dialect} is gone, wherever it is parted`, () => {
        for (const pieces of deals(planted.secret)) {
          const chunks = pieces.map(deal)
          const lines = tape(planted, { head: [['content-type', type]], chunks })
          const taped = chunksOf(lines)
          expect(taped.map(({ length }) => length)).toEqual(chunks.map(({ length }) => length))
          const before = said(type, Buffer.concat(chunks))
          const after = said(type, Buffer.concat(taped))
          const heard = textsOf(after).join('')
          expect(textsOf(before).join('')).toContain(planted.secret)
          showsNothing(heard, planted, pieces.join('|'))
          expect(heard).toMatch(/^The word is [^ ]+(?: [\w-]+ [\w-]+)?, no more\.$/)
          expect(shapeOf(after)).toEqual(shapeOf(before))
        }
      })
    }
  }

  test('the borders of chunks make no difference', () => {
    const planted = kinds['a key by its shape']
    if (!planted) throw new Error('there is no such kind')
    const [type, deal] = dealers['chat completion chunks'] ?? []
    const pieces = ['is sk-', 'Ab3dEf6', 'hIj9k', 'Lm', '.']
    const whole = Buffer.concat(pieces.map((piece, at) => deal?.(piece, at) ?? bytes('')))
    const exchange = { head: [['content-type', type ?? '']] as const }
    const kept = Buffer.concat(chunksOf(tape(planted, { ...exchange, chunks: [whole] })))
    expect(kept.toString()).toContain('is sk-')
    for (const chunks of [...everyCut(whole, kept), eachByte(whole)]) {
      const taped = chunksOf(tape(planted, { ...exchange, chunks }))
      expect(taped.map(({ length }) => length)).toEqual(chunks.map(({ length }) => length))
      expect(Buffer.concat(taped).toString()).toBe(kept.toString())
    }
  })
})

/** The texts of the frames that a person would read. */
const textsOf = (frames: string): string[] =>
  [
    ...frames.matchAll(
      /"(?:content|text|delta|partial_json|token)":("(?:[^"\\]|\\.)*")|^"(?:data:)?(?:0:)?(.*)"$/gm,
    ),
  ]
    .map(([, quoted, bare]) => String(quoted ? JSON.parse(quoted) : unquoted(bare ?? '')))
    .filter((text) => !/^ word\d+$/.test(text))

function unquoted(text: string): string {
  const value: unknown = JSON.parse(`"${text}"`)
  const inner = String(value)
  return inner.startsWith('"') ? String(JSON.parse(inner)) : inner
}

/** All but the letters of texts, and the numbers of lists of bytes. */
const shapeOf = (frames: string): string =>
  frames
    .replaceAll(/"(?:content|text|delta|partial_json|token)":"(?:[^"\\]|\\.)*"/g, '""')
    .replaceAll(/"bytes":\[[^\]]*\]/g, '[]')
    .replaceAll(/^".*"$/gm, '""')
