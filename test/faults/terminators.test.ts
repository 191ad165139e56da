/** Where each dialect's streams say that they are over, however their bytes arrive. */
import { describe, expect, test } from 'vitest'
import type { Dialect, ReplyContext } from '../../src/core/dialect.ts'
import type { Event } from '../../src/core/event.ts'
import type { Frame } from '../../src/core/frame.ts'
import type { Step } from '../../src/core/timeline.ts'
import { builtInDialects } from '../../src/dialects/registry.ts'
import { withFaults, withFaultsLive } from '../../src/faults/apply.ts'
import { listenFinite, listenLive } from '../../src/server/language.ts'
import { VirtualClock } from '../../src/time/clock.ts'
import { seededRandom } from '../../src/time/random.ts'
import { shippedDialect, shippedNames } from '../dialects/shipped.ts'
import { bytesOf, encode } from '../dialects/wire.ts'
import { bodyOf, faults, live } from './toy-stream.ts'

/** What the terminator looks like, and how many frames it has where that is not one. */
const terminators: Readonly<Record<string, [RegExp, number?]>> = {
  'openai-chat': [/^data: \[DONE\]/],
  'openai-responses': [/^event: response\.completed/],
  'openai-responses-flat': [/^event: response\.completed/],
  'openai-completions': [/^data: \[DONE\]/],
  groq: [/^data: \[DONE\]/],
  'azure-openai': [/^data: \[DONE\]/],
  deepseek: [/^data: \[DONE\]/],
  perplexity: [/"finish_reason": ?"stop"/],
  openrouter: [/^data: \[DONE\]/],
  xai: [/^data: \[DONE\]/],
  together: [/^data: \[DONE\]/],
  vllm: [/^data: \[DONE\]/],
  'ollama-openai': [/^data: \[DONE\]/],
  'azure-responses': [/^event: response\.completed/],
  'azure-completions': [/^data: \[DONE\]/],
  anthropic: [/^event: message_stop/],
  gemini: [/"finishReason": "STOP"/],
  vertex: [/"finishReason": "STOP"/],
  'bedrock-converse': [/messageStop[\s\S]*metadata/, 2],
  // Claude's own message_stop, in base64 within a chunk.
  'bedrock-invoke': [/eyJ0eXBlIjoibWVzc2FnZV9zdG9w/],
  cohere: [/^data: \[DONE\]/],
  'cohere-v1': [/"event_type":"stream-end"/],
  ollama: [/"done":true/],
  mistral: [/^data: \[DONE\]/],
  'ai-sdk': [/^data: \[DONE\]/],
  'ai-sdk-data': [/^d:/],
  'ag-ui': [/RUN_FINISHED/],
  chatapi: [/^data:\[DONE\]/],
  kernel2: [/^data: \[DONE\]/],
  'kernel2-actual': [/^data: \[DONE\]/],
  vanus: [/"more":false/],
}

const dialects = [...builtInDialects, ...shippedNames.map(shippedDialect)]
const ending = dialects.filter(({ name }) => name !== 'ai-sdk-text')

const said: readonly Event[] = [
  { type: 'start' },
  { type: 'text', text: 'Hello' },
  { type: 'text', text: ' you' },
  { type: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
  { type: 'finish', reason: 'stop' },
]

describe('the terminator', () => {
  test.each(ending)('of $name is found, and nothing else is left out with it', (dialect) => {
    const frames = encode(dialect, said, replyOf(dialect))
    const whole = bytesOf(frames)
    const [form, count = 1] = terminators[dialect.name] ?? [/never/]
    const kept = bytesOf(frames.slice(0, -count))
    expect(Buffer.from(whole.subarray(kept.length)).toString('latin1')).toMatch(form)
    for (const cut of cuts(frames)) {
      expect(text(broken(dialect, cut, 'no-terminator'))).toBe(Buffer.from(kept).toString('latin1'))
    }
  })

  test.each(ending)('of $name stays, and something comes after it', (dialect) => {
    const frames = encode(dialect, said, replyOf(dialect))
    const whole = Buffer.from(bytesOf(frames)).toString('latin1')
    for (const cut of cuts(frames)) {
      const out = broken(dialect, cut, { 'after-terminator': { raw: 'more' } })
      expect(text(out)).toBe(`${whole}more`)
      expect(out.at(-1)?.do).toBe('end')
    }
  })

  test.each(ending)('of $name is held back on live traffic, too', async (dialect) => {
    const frames = encode(dialect, said, replyOf(dialect))
    for (const cut of cuts(frames)) {
      for (const fault of ['no-terminator', { 'after-terminator': { raw: 'more' } }]) {
        expect(text(await brokenLive(dialect, cut, fault))).toBe(text(broken(dialect, cut, fault)))
      }
    }
  })

  test('of an array is its last bracket, where the stream is one', () => {
    const [gemini] = dialects.filter(({ name }) => name === 'gemini')
    const array = '[{"candidates":[{"content":{"parts":[{"text":"Hi"}]},"finishReason":"STOP"}]}\n]'
    const steps = (body: string): Step[] => stepsOf('application/json', [Buffer.from(body)])
    const out = withFaultsOn(gemini, steps(array), 'no-terminator')
    expect(text(out)).toBe(array.slice(0, -2))
  })

  test('is none where the stream broke off before it, so that nothing acts', () => {
    for (const dialect of ending) {
      const frames = encode(dialect, said, replyOf(dialect))
      const first = frames.findIndex(({ bytes }) => Buffer.from(bytes).includes('Hello'))
      const [cut = []] = cuts(frames.slice(0, Math.max(1, first)))
      const untouched = text(stepsOf(typeOf(dialect), cut))
      expect(text(broken(dialect, cut, 'no-terminator'))).toBe(untouched)
      expect(text(broken(dialect, cut, { 'after-terminator': { raw: 'x' } }))).toBe(untouched)
    }
  })

  test.each(['no-terminator', { 'after-terminator': { raw: 'x' } }])(
    'is refused in plain text, which has none: %j',
    (fault) => {
      const plain = stepsOf('text/plain; charset=utf-8', [Buffer.from('Hello')])
      const [dialect] = dialects.filter(({ name }) => name === 'ai-sdk-text')
      expect(() => withFaultsOn(dialect, plain, fault)).toThrow(
        /plain text says nowhere that it is over; use end, or inject/,
      )
    },
  )

  test('is listed here for every dialect', () => {
    expect(Object.keys(terminators)).toEqual(ending.map(({ name }) => name))
  })
})

/** Frame by frame, all in one chunk, and byte by byte. */
const cuts = (frames: readonly Frame[]): Uint8Array[][] => [
  frames.map(({ bytes }) => bytes),
  [bytesOf(frames)],
  [...Buffer.from(bytesOf(frames))].map((byte) => Buffer.from([byte])),
]

const text = (steps: readonly Step[]): string => bodyOf(steps).toString('latin1')

const stepsOf = (contentType: string, chunks: readonly Uint8Array[]): Step[] => [
  { atMs: 0, do: 'head', status: 200, headers: [['content-type', contentType]] },
  ...chunks.map((bytes, i): Step => ({ atMs: i + 1, do: 'write', bytes })),
  { atMs: chunks.length + 1, do: 'end' },
]

const typeOf = (dialect: Dialect): string =>
  dialect.streamHeaders(replyOf(dialect)).find(([name]) => /^content-type$/i.test(name))?.[1] ?? ''

function replyOf({ name, routes }: Dialect): ReplyContext {
  const path = routes[0]?.path ?? '/'
  const body = new Uint8Array()
  const query = new URLSearchParams(name === 'gemini' || name === 'vertex' ? 'alt=sse' : '')
  const http = { method: 'POST', url: path, path, query, headers: [], params: {}, body }
  const request = {
    ...{ dialect: name, http, body: {}, model: undefined, system: undefined, tools: [] },
    ...{ messages: [{ role: 'user', text: 'hi' }], user: 'hi', stream: true, choices: 1 },
    dialogue: undefined,
  }
  return { request, random: seededRandom('x'), createdMs: 0, models: undefined }
}

const broken = (dialect: Dialect, chunks: readonly Uint8Array[], fault: unknown): Step[] =>
  withFaultsOn(dialect, stepsOf(typeOf(dialect), chunks), fault)

function withFaultsOn(dialect: Dialect | undefined, steps: Step[], fault: unknown): Step[] {
  const reply = replyOf(dialect ?? { ...throwing() })
  const { language, timeline } = listenFinite(steps, dialect, reply)
  const bodyLength = () => bodyOf(steps).length
  const context = { stream: language, random: seededRandom('9'), bodyLength }
  return [...withFaults(timeline, faults(fault), context)]
}

async function brokenLive(dialect: Dialect, chunks: readonly Uint8Array[], fault: unknown) {
  const clock = new VirtualClock()
  const steps = live(stepsOf(typeOf(dialect), chunks), clock)
  const { language, timeline } = listenLive(steps, dialect, replyOf(dialect))
  const context = { stream: language, random: seededRandom('9'), bodyLength: undefined }
  const out: Step[] = []
  const walk = (async () => {
    for await (const step of withFaultsLive(timeline, faults(fault), context, clock)) out.push(step)
  })()
  await clock.runAll()
  await walk
  return out
}

function throwing(): Dialect {
  throw new Error('there is no such dialect')
}
