import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import { goJson, goTime } from '../../../src/dialects/ollama/go.ts'
import { ollama } from '../../../src/dialects/ollama/ollama.ts'
import { decode } from '../wire.ts'

const read = (...lines: readonly object[]) =>
  decode(ollama, utf8(lines.map((line) => `${JSON.stringify(line)}\n`).join('')))

const head = { model: 'llama3', created_at: '2024-05-24T20:57:43.314639Z' }
const message = (said: object) => ({
  ...head,
  message: { role: 'assistant', content: '', ...said },
  done: false,
})

describe('a stream', () => {
  it('of chat becomes its events, one start among them', () => {
    const last = {
      ...message({}),
      done_reason: 'stop',
      done: true,
      total_duration: 3_722_518_334,
      load_duration: 1_534_053_125,
      prompt_eval_count: 17,
      prompt_eval_duration: 179_676_000,
      eval_count: 63,
      eval_duration: 2_006_086_000,
    }
    const call = { function: { name: 'get_time', arguments: { zone: 'UTC' } } }
    const events = read(
      message({ thinking: 'Hm' }),
      message({ content: 'Here' }),
      message({ tool_calls: [call, call] }),
      last,
    )
    expect(events).toEqual([
      { type: 'start' },
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Here' },
      { type: 'tool-start', index: 0, name: 'get_time' },
      { type: 'tool-arguments', index: 0, text: '{"zone":"UTC"}' },
      { type: 'tool-end', index: 0 },
      { type: 'tool-start', index: 1, name: 'get_time' },
      { type: 'tool-arguments', index: 1, text: '{"zone":"UTC"}' },
      { type: 'tool-end', index: 1 },
      { type: 'finish', reason: 'stop' },
      { type: 'usage', usage: { inputTokens: 17, outputTokens: 63 } },
    ])
  })

  it('of generate becomes its events, without counts that it leaves out', () => {
    const events = read(
      { ...head, response: 'Hi', done: false },
      { ...head, response: '', done: true, context: [1, 2], eval_count: 4 },
    )
    expect(events).toEqual([
      { type: 'start' },
      { type: 'text', text: 'Hi' },
      { type: 'finish', reason: 'stop' },
      { type: 'usage', usage: { inputTokens: 0, outputTokens: 4 } },
    ])
  })

  it('that ends in an error has that error', () => {
    expect(read({ error: "model 'm' not found" })).toEqual([
      { type: 'error', error: { code: 'model-not-found', message: "model 'm' not found" } },
    ])
    const more = { error: 'unauthorized', signin_url: 'https://ollama.com/connect' }
    expect(read(more)).toEqual([
      { type: 'error', error: { code: 'unauthorized', message: 'unauthorized', body: more } },
    ])
  })

  it('of a download keeps its lines as they are', () => {
    const bytes = utf8('{"status":"pulling manifest"}\n')
    expect(decode(ollama, bytes)).toEqual([{ type: 'raw', bytes }])
  })
})

it('writes times as Go does, with as few digits as needed', () => {
  const ms = Date.UTC(2024, 4, 24, 20, 57, 43, 300)
  expect(goTime(ms)).toBe('2024-05-24T20:57:43.3Z')
  expect(goTime(ms, 14_639)).toBe('2024-05-24T20:57:43.300014639Z')
  expect(goTime(ms + 700)).toBe('2024-05-24T20:57:44Z')
  expect(goTime(ms, 1_100_000)).toBe('2024-05-24T20:57:43.3011Z')
  expect(goTime(ms, 90_000_000_000)).toBe('2024-05-24T20:59:13.3Z')
})

it('writes JSON as Go does, so that it can stand within HTML', () => {
  const text = '<a href="b">&</a>\u2028\u2029é'
  expect(goJson({ text })).toBe(
    '{"text":"\\u003ca href=\\"b\\"\\u003e\\u0026\\u003c/a\\u003e\\u2028\\u2029é"}',
  )
  expect(JSON.parse(goJson({ text }))).toEqual({ text })
})
