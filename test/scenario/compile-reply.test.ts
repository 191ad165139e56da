import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { replyFrom } from './parse.ts'

const script = (...steps: object[]) => ({ kind: 'script', steps })

const utf8 = (text: string): Uint8Array => Buffer.from(text)

describe('a reply', () => {
  it.each([
    ['hi', script({ do: 'text', text: 'hi' })],
    ['{ text: hi }', script({ do: 'text', text: 'hi' })],
    ['{ text: [h, i] }', script({ do: 'text', text: ['h', 'i'] })],
    [
      '{ text: b, reasoning: a, finish: length }',
      script(
        { do: 'reasoning', text: 'a' },
        { do: 'text', text: 'b' },
        { do: 'finish', reason: 'length' },
      ),
    ],
    ['{ refusal: no }', script({ do: 'refusal', text: 'no' })],
    ['{ tool: { name: f } }', script({ do: 'tool', name: 'f', arguments: {} })],
    [
      '{ tools: [{ name: f, arguments: { a: 1 }, id: c1 }, { name: g, arguments: "{not json" }] }',
      script(
        { do: 'tool', name: 'f', arguments: { a: 1 }, id: 'c1' },
        { do: 'tool', name: 'g', arguments: '{not json' },
      ),
    ],
    ['{ citation: { url: u } }', script({ do: 'citation', citation: { url: 'u' } })],
    [
      '{ citation: [a, b] }',
      script({ do: 'citation', citation: 'a' }, { do: 'citation', citation: 'b' }),
    ],
    [
      '{ text: x, usage: { inputTokens: 1, outputTokens: 2 } }',
      script(
        { do: 'text', text: 'x' },
        { do: 'usage', usage: { inputTokens: 1, outputTokens: 2 } },
      ),
    ],
    [
      '{ choices: [{ text: a }, { text: b, finish: stop }] }',
      script(
        { do: 'text', text: 'a', choice: 0 },
        { do: 'text', text: 'b', choice: 1 },
        { do: 'finish', reason: 'stop', choice: 1 },
      ),
    ],
    ['{ error: overloaded }', { kind: 'error', error: { code: 'overloaded' } }],
    [
      '{ error: { code: rate-limited, status: 420, message: m, param: p, retryAfter: 7s, headers: { a: 1 }, body: [1] } }',
      {
        kind: 'error',
        error: {
          code: 'rate-limited',
          status: 420,
          message: 'm',
          param: 'p',
          retryAfterMs: 7000,
          headers: [['a', '1']],
          body: [1],
        },
      },
    ],
    ['{ status: 204 }', { kind: 'http', status: 204, headers: [], body: '' }],
    [
      '{ status: 502, headers: { content-type: text/html, set-cookie: [a, b] }, body: "<html>" }',
      {
        kind: 'http',
        status: 502,
        headers: [
          ['content-type', 'text/html'],
          ['set-cookie', 'a'],
          ['set-cookie', 'b'],
        ],
        body: '<html>',
      },
    ],
    [
      '{ status: 200, body: { ok: true } }',
      {
        kind: 'http',
        status: 200,
        headers: [['content-type', 'application/json']],
        body: '{"ok":true}',
      },
    ],
    [
      '{ status: 200, base64: 4pw= }',
      { kind: 'http', status: 200, headers: [], body: Buffer.from([0xe2, 0x9c]) },
    ],
    ['{ upstream: true }', { kind: 'upstream', upstream: undefined, tape: undefined }],
    ['{ upstream: main, tape: false }', { kind: 'upstream', upstream: 'main', tape: false }],
    [
      '{ upstream: true, tape: tapes }',
      { kind: 'upstream', upstream: undefined, tape: resolve('tapes') },
    ],
    [
      '{ replay: . }',
      {
        kind: 'replay',
        path: resolve('.'),
        pacing: undefined,
        missing: 'error',
        upstream: undefined,
      },
    ],
    [
      '{ replay: tapes, pacing: x2, missing: tape, upstream: main }',
      {
        kind: 'replay',
        path: resolve('tapes'),
        pacing: 'x2',
        missing: 'tape',
        upstream: 'main',
      },
    ],
  ])('%s is spelled out', async (written, reply) => {
    expect(await replyFrom(written)).toEqual(reply)
  })

  it.each([
    ['recorded', 'recorded'],
    ['instant', 'instant'],
    ['x2', 'x2'],
    ['x0.5', 'x0.5'],
    ['{ itl: 5ms }', { head: { fixed: 0 }, ttft: { fixed: 0 }, itl: { fixed: 5 } }],
    ['ollama-local', expect.objectContaining({ ttft: { fixed: 300 } })],
  ])('plays a recording at the pace %s', async (written, pacing) => {
    expect(await replyFrom(`{ recording: package.json, pacing: ${written} }`)).toEqual({
      kind: 'recording',
      file: resolve('package.json'),
      pacing,
    })
  })

  it('is a script of every step there is', async () => {
    const yaml = [
      'wait: 400ms',
      'text: hi',
      'text: [h, i]',
      'reasoning: hm',
      'refusal: no',
      'tool: { name: f, arguments: { a: 1 } }',
      'citation: { url: u }',
      'usage: { inputTokens: 1, outputTokens: 2, cachedTokens: 3 }',
      'comment: keep-alive',
      'raw: "data: {not json}\\n\\n"',
      'raw: [a, b]',
      'base64: 4pw=',
      'error: overloaded',
      '{ finish: tool-calls, choice: 1 }',
      'reset: { after: 20ms }',
    ]
    const steps = yaml.map((step) => `\n      - ${step}`).join('')
    expect(await replyFrom(steps)).toEqual(
      script(
        { do: 'wait', ms: 400 },
        { do: 'text', text: 'hi' },
        { do: 'text', text: ['h', 'i'] },
        { do: 'reasoning', text: 'hm' },
        { do: 'refusal', text: 'no' },
        { do: 'tool', name: 'f', arguments: { a: 1 } },
        { do: 'citation', citation: { url: 'u' } },
        { do: 'usage', usage: { inputTokens: 1, outputTokens: 2, cachedTokens: 3 } },
        { do: 'comment', text: 'keep-alive' },
        { do: 'raw', parts: ['data: {not json}\n\n'] },
        { do: 'raw', parts: ['a', 'b'] },
        { do: 'raw', parts: [Buffer.from([0xe2, 0x9c])] },
        { do: 'error', error: { code: 'overloaded' } },
        { do: 'finish', reason: 'tool-calls', choice: 1 },
        { do: 'reset', afterMs: 20 },
      ),
    )
  })

  it.each([
    ['end', 0],
    ['close', 0],
    ['reset', 0],
    ['hang', 0],
    ['close: { after: 1s }', 1000],
    ['hang:', 0],
    ['end:', 0],
  ])('can end with `%s`', async (step, afterMs) => {
    const name = step.split(':')[0]
    expect(await replyFrom(`\n      - ${step}`)).toEqual(script({ do: name, afterMs }))
  })

  it('knows bytes from text', async () => {
    const reply = await replyFrom('\n      - base64: aGk=')
    expect(reply).toEqual(script({ do: 'raw', parts: [utf8('hi')] }))
  })
})
