/** Exact bytes of Ollama's answers, in both of its forms. */
import { describe, expect, it } from 'vitest'
import { looseText } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import { ollama } from '../../../src/dialects/ollama/ollama.ts'
import { accepted, bytesOf, encode, jsonRequest, replyTo } from '../wire.ts'

const chat = { path: '/api/chat', body: { model: 'llama3.2', messages: [user('hi')] } }
const generate = { path: '/api/generate', body: { model: 'llama3.2', prompt: 'hi' } }

function user(content: string): object {
  return { role: 'user', content }
}

const said: readonly Event[] = [
  { type: 'start' },
  { type: 'reasoning', text: 'Hm.' },
  { type: 'text', text: 'Is <a> & b' },
  { type: 'text', text: '?' },
  { type: 'finish', reason: 'length' },
  { type: 'usage', usage: { inputTokens: 12, outputTokens: 7 } },
]

const called: readonly Event[] = [
  { type: 'start' },
  { type: 'tool-start', index: 0, id: 'call_own', name: 'get_weather' },
  { type: 'tool-arguments', index: 0, text: '{"city":' },
  { type: 'tool-start', index: 1, id: 'call_two', name: 'get_time' },
  { type: 'tool-arguments', index: 0, text: '"Oslo"}' },
  { type: 'tool-end', index: 0 },
  { type: 'finish', reason: 'tool-calls' },
]

interface Asked {
  readonly path: string
  readonly body: object
}

const replyOf = ({ path, body }: Asked) => replyTo(accepted(ollama, jsonRequest({ path }, body)))

/** Each event comes 20 ms after the one before it. */
const streamed = (asked: Asked, events: readonly Event[]): string[] =>
  looseText(bytesOf(encode(ollama, events, replyOf(asked))))
    .trimEnd()
    .split('\n')

const whole = (asked: Asked, events: readonly Event[]): string => {
  const reply = replyOf({ ...asked, body: { ...asked.body, stream: false } })
  return String(ollama.whole(events, reply).body)
}

/** What is drawn from the seed, by its form. */
const masked = (line: string): string =>
  line.replace(/("created_at":")[^"]*/g, '$1T').replace(/(_duration":)\d+/g, '$1N')

describe('a stream of /api/chat', () => {
  it('is a line for each delta, thoughts beside the text, and the counts in the last', () => {
    expect(streamed(chat, said).map(masked)).toEqual([
      '{"model":"llama3.2","created_at":"T","message":{"role":"assistant","content":"","thinking":"Hm."},"done":false}',
      '{"model":"llama3.2","created_at":"T","message":{"role":"assistant","content":"Is \\u003ca\\u003e \\u0026 b"},"done":false}',
      '{"model":"llama3.2","created_at":"T","message":{"role":"assistant","content":"?"},"done":false}',
      '{"model":"llama3.2","created_at":"T","message":{"role":"assistant","content":""},"done":true,"done_reason":"length","total_duration":N,"load_duration":N,"prompt_eval_count":12,"prompt_eval_duration":N,"eval_count":7,"eval_duration":N}',
    ])
  })

  it('has each call whole, in the order in which they end, and no reason of its own for them', () => {
    const lines = streamed(chat, called).map(masked)
    expect(lines).toHaveLength(3)
    expect(lines[0]).toBe(
      '{"model":"llama3.2","created_at":"T","message":{"role":"assistant","content":"","tool_calls":[{"id":"call_own","function":{"index":0,"name":"get_weather","arguments":{"city":"Oslo"}}}]},"done":false}',
    )
    expect(lines[1]).toContain(
      '"tool_calls":[{"id":"call_two","function":{"index":1,"name":"get_time","arguments":{}}}]',
    )
    expect(lines[2]).toContain('"done":true,"done_reason":"stop"')
  })

  it('leaves out counts of zero', () => {
    const last = streamed(chat, [{ type: 'text', text: 'Hi' }]).at(-1)
    expect(last).not.toMatch(/_count/)
  })

  it('ends with a line that only has the error', () => {
    const events: Event[] = [
      { type: 'text', text: 'Hi' },
      { type: 'error', error: { code: 'server-error', message: 'out of <memory>' } },
      { type: 'text', text: 'there' },
    ]
    expect(streamed(chat, events.slice(0, 2)).at(-1)).toBe(
      '{"error":"out of \\u003cmemory\\u003e"}',
    )
  })

  it('dates each line by the time of its event, to the nanosecond', () => {
    const times = streamed(chat, said).map((line) => String(JSON.parse(line)['created_at']))
    const form = /^2023-11-14T22:13:20\.(\d{1,9})Z$/
    const fractions = times.map((time) => Number(`0.${form.exec(time)?.[1]}`))
    const gaps = fractions.slice(1).map((at, i) => at - (fractions[i] ?? 0))
    // The second comes 20 ms after the first, and the last waits for the usage.
    expect(gaps.map((gap) => Math.round(gap * 1000))).toEqual([20, 20, 40])
  })

  it('tells in nanoseconds how long it took, by the times of its events', () => {
    const last = JSON.parse(streamed(chat, said).at(-1) ?? '')
    const { total_duration, load_duration, prompt_eval_duration, eval_duration } = last
    expect(Math.floor(total_duration / 1e7)).toBe(10)
    expect(Math.floor((load_duration + prompt_eval_duration) / 1e7)).toBe(2)
    expect(Math.floor(eval_duration / 1e7)).toBe(8)
    expect(total_duration).toBeGreaterThan(load_duration + prompt_eval_duration + eval_duration)
  })

  it('comes as newline-delimited JSON', () => {
    expect(ollama.streamHeaders(replyOf(chat))).toEqual([['content-type', 'application/x-ndjson']])
  })
})

describe('an answer of /api/chat in one piece', () => {
  it('is the last line with all that was said', () => {
    expect(masked(whole(chat, said))).toBe(
      '{"model":"llama3.2","created_at":"T","message":{"role":"assistant","content":"Is \\u003ca\\u003e \\u0026 b?","thinking":"Hm."},"done":true,"done_reason":"length","total_duration":N,"load_duration":N,"prompt_eval_count":12,"prompt_eval_duration":N,"eval_count":7,"eval_duration":N}',
    )
  })

  it('names the charset, as the service does', () => {
    const { headers } = ollama.whole(
      said,
      replyOf({ ...chat, body: { ...chat.body, stream: false } }),
    )
    expect(headers).toEqual([['content-type', 'application/json; charset=utf-8']])
  })
})

describe('a stream of /api/generate', () => {
  it('has the text as the response, and the tokens of the dialogue in the last line', () => {
    const lines = streamed(generate, said).map(masked)
    expect(lines.slice(0, 2)).toEqual([
      '{"model":"llama3.2","created_at":"T","response":"","thinking":"Hm.","done":false}',
      '{"model":"llama3.2","created_at":"T","response":"Is \\u003ca\\u003e \\u0026 b","done":false}',
    ])
    expect(lines.at(-1)).toMatch(
      /^\{"model":"llama3.2","created_at":"T","response":"","done":true,"done_reason":"length","context":\[\d+(,\d+)+\],"total_duration":N,/,
    )
  })

  it('has no tokens for a raw prompt', () => {
    const raw = { ...generate, body: { ...generate.body, raw: true } }
    expect(streamed(raw, said).at(-1)).not.toContain('"context"')
  })

  it('tells its calls in the last line', () => {
    const lines = streamed(generate, called)
    expect(lines).toHaveLength(1)
    expect(JSON.parse(lines[0] ?? '')['tool_calls']).toEqual([
      { id: 'call_own', function: { index: 0, name: 'get_weather', arguments: { city: 'Oslo' } } },
      { id: 'call_two', function: { index: 1, name: 'get_time', arguments: {} } },
    ])
  })
})

describe('a request that says nothing', () => {
  it.each([
    ['/api/chat', { model: 'm' }, '"message":{"role":"assistant","content":""}', 'load'],
    ['/api/chat', { model: 'm', messages: [] }, '"message":', 'load'],
    ['/api/chat', { model: 'm', messages: [], keep_alive: 0 }, '"message":', 'unload'],
    ['/api/generate', { model: 'm' }, '"response":""', 'load'],
    ['/api/generate', { model: 'm', prompt: '', keep_alive: 0 }, '"response":""', 'unload'],
  ])('%s %j is answered in one piece with the reason %4$s', (path, body, form, reason) => {
    const reply = replyOf({ path, body })
    expect(reply.request.stream).toBe(false)
    const written = String(ollama.whole(said, reply).body)
    expect(written).toContain(form)
    expect(written).toMatch(new RegExp(`"done":true,"done_reason":"${reason}"}$`))
  })
})
