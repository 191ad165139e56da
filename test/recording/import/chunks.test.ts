import { describe, expect, test } from 'vitest'
import type { Dialect } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import { builtInDialects } from '../../../src/dialects/registry.ts'
import { imaginedReply, streamOf } from '../../../src/recording/import/imagined.ts'
import { dialectOfBody } from '../../../src/recording/import/payload-dialect.ts'
import { plausibleRequest } from '../../../src/recording/import/plausible-request.ts'
import { askedOf, bodyOf, bring, bringOne, context, headerOf } from './importing.ts'

const said: readonly Event[] = [
  { type: 'start' },
  { type: 'text', text: 'Hello' },
  { type: 'text', text: ' there' },
  { type: 'usage', usage: { inputTokens: 3, outputTokens: 2 } },
  { type: 'finish', reason: 'stop' },
]

const dialectNamed = (name: string): Dialect => {
  const found = builtInDialects.find((dialect) => dialect.name === name)
  if (!found) throw new Error(name)
  return found
}

const requestFor = (dialect: Dialect) => plausibleRequest(dialect, { user: 'hi', stream: true })

const framesOf = (dialect: Dialect) =>
  streamOf(dialect, imaginedReply(dialect, requestFor(dialect), 'test'), said)

/** Those whose frames are JSON and nothing else but a last word. */
const framed = [
  ...['openai-chat', 'openai-responses', 'openai-completions', 'anthropic', 'gemini', 'cohere'],
  ...['mistral', 'groq', 'xai', 'deepseek', 'openrouter', 'ollama', 'cohere-v1', 'ai-sdk', 'ag-ui'],
  'bedrock-converse',
]

describe('payloads get the framing back that the dialect has', () => {
  test.each(framed)('%s', (name) => {
    const dialect = dialectNamed(name)
    const frames = framesOf(dialect).filter(({ data }) => data !== undefined)
    const isAws = dialect.framing.name === 'aws-event-stream'
    const lines = frames.flatMap(({ event, data }) => {
      if (data === undefined || data === '[DONE]') return []
      return [isAws ? `{"${event}":${data}}` : data]
    })
    const brought = bringOne(lines.join('\n'), { dialect: name, path: 'a/hello.chunks.txt' })
    expect(bodyOf(brought).toString('latin1')).toBe(
      Buffer.concat(frames.map(({ bytes }) => bytes)).toString('latin1'),
    )
    expect(brought.dialect?.name).toBe(name)
    expect(headerOf(brought, 'content-type')).toContain(dialect.framing.contentType)
    expect(askedOf(brought)).toContain('hello')
  })
})

describe('the dialect is told by the payloads', () => {
  const payloads: readonly (readonly [string, string])[] = [
    ['openai-chat', '{"id":"c","object":"chat.completion.chunk","model":"gpt-4o","choices":[]}'],
    ['groq', '{"object":"chat.completion.chunk","choices":[],"x_groq":{"id":"r"}}'],
    ['mistral', '{"object":"chat.completion.chunk","model":"mistral-small","choices":[]}'],
    ['xai', '{"object":"chat.completion.chunk","model":"grok-3","choices":[]}'],
    ['deepseek', '{"object":"chat.completion.chunk","model":"deepseek-chat","choices":[]}'],
    ['perplexity', '{"object":"chat.completion.chunk","citations":[],"choices":[]}'],
    ['openrouter', '{"object":"chat.completion.chunk","provider":"x","choices":[]}'],
    ['openai-responses', '{"type":"response.created","response":{}}'],
    ['openai-completions', '{"object":"text_completion","choices":[]}'],
    ['anthropic', '{"type":"ping"}\n{"type":"message_start","message":{"model":"claude"}}'],
    ['gemini', '{"candidates":[{"content":{}}]}'],
    ['vertex', '{"candidates":[],"createTime":"2026-01-01T00:00:00Z"}'],
    ['cohere', '{"type":"message-start","delta":{"message":{}}}'],
    ['cohere-v1', '{"event_type":"stream-start","is_finished":false}'],
    ['bedrock-converse', '{"messageStart":{"role":"assistant"}}'],
    ['ollama', '{"model":"llama","message":{},"done":false}'],
    ['ai-sdk', '{"type":"start"}\n{"type":"text-delta","id":"0","delta":"x"}'],
    ['ag-ui', '{"type":"RUN_STARTED","threadId":"t"}'],
  ]

  test.each(payloads)('%s', (name, lines) => {
    const brought = bringOne(lines)
    expect(brought.dialect?.name).toBe(name)
    expect(brought.steps.filter((step) => step.do === 'write').length).toBeGreaterThanOrEqual(
      lines.split('\n').length,
    )
  })

  /** These are told by their hosts, or by models that a made-up request does not ask for. */
  const asOpenAi = ['deepseek', 'together', 'vllm', 'xai']
  const alike: Readonly<Record<string, string>> = {
    ...Object.fromEntries(asOpenAi.map((name) => [name, 'openai-chat'])),
    'ollama-openai': 'openai-chat',
    'azure-openai': 'openai-chat',
    'azure-completions': 'openai-completions',
    'azure-responses': 'openai-responses',
    'openai-responses-flat': 'openai-responses',
  }
  const telling = builtInDialects.filter(({ name }) => !/^ai-sdk-/.test(name))

  test.each(telling)('and by a whole stream, as of $name', (dialect) => {
    const body = Buffer.concat(framesOf(dialect).map(({ bytes }) => bytes))
    expect(dialectOfBody(body, [])).toBe(alike[dialect.name] ?? dialect.name)
  })
})

describe('a request that is made up', () => {
  const own = builtInDialects.filter(({ name }) => !/^bedrock-invoke$/.test(name))

  test.each(own)('is one that $name answers', (dialect) => {
    for (const stream of [true, false]) {
      const asked = plausibleRequest(dialect, { user: 'hi', system: 'brief', stream })
      const local = asked.url.replace(/^https:\/\/[^/]+/, '')
      const http = {
        ...imaginedReply(dialect, asked, 'test').request.http,
        url: local,
        path: local.split('?')[0] ?? '',
      }
      expect(dialect.parseRequest(http)).toMatchObject({ user: 'hi' })
      const routed = context.dialectOf(http)
      expect(
        routed?.routes.some(({ path }) => dialect.routes.some((own) => own.path === path)),
      ).toBe(true)
    }
  })
})

test('a bare stream is taken as it stands', () => {
  const stream = ': hello\n\nevent: message_start\r\ndata: {"type":"message_start"}\r\n\r\n'
  const brought = bringOne(stream, { path: 'x.sse' })
  expect(bodyOf(brought).toString()).toBe(stream)
  expect(brought.dialect?.name).toBe('anthropic')
  expect(headerOf(brought, 'content-type')).toMatch(/^text\/event-stream/)
})

test('a line that is no payload is named', () => {
  const text = '{"type":"message_start"}\n{"type":"ping"}\n{"type":"ping"}\nnonsense\n'
  expect(bring(text).mistakes).toEqual(['source:4:1: each line must be one JSON payload'])
})

test('payloads of no known dialect need it named', () => {
  expect(bring('{"a":1}\n{"b":2}').mistakes.join()).toContain('--dialect names one')
  const named = bringOne('{"a":1}\n{"b":2}', { dialect: 'openai-chat', from: 'chunks' })
  expect(bodyOf(named).toString()).toBe('data: {"a":1}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n')
})
