import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { looseText, utf8 } from '../../src/core/bytes.ts'
import { type Dialect, isApiError, type ReplyContext } from '../../src/core/dialect.ts'
import { header } from '../../src/core/http.ts'
import type { Pacing } from '../../src/core/pacing.ts'
import type { Step } from '../../src/core/timeline.ts'
import { openAiChat } from '../../src/dialects/openai/chat.ts'
import type { ScriptStep } from '../../src/scenario/scenario.ts'
import { replyTimeline } from '../../src/sources/reply.ts'
import { scriptTimeline } from '../../src/sources/script.ts'
import { profiles } from '../../src/time/profiles.ts'
import { seededRandom } from '../../src/time/random.ts'

function replyFor(changes: object = {}, seed = 'seed'): ReplyContext {
  const body = { model: 'gpt-4o', messages: [{ role: 'user', content: 'hello' }], ...changes }
  const request = openAiChat.parseRequest({
    method: 'POST',
    url: '/v1/chat/completions',
    path: '/v1/chat/completions',
    query: new URLSearchParams(),
    headers: [],
    params: {},
    body: utf8(JSON.stringify({ stream: true, ...body })),
  })
  if (isApiError(request)) throw new Error(request.message)
  return { request, random: seededRandom(seed), createdMs: 0, models: undefined }
}

const pacing: Pacing = { head: { fixed: 50 }, ttft: { fixed: 100 }, itl: { fixed: 10 } }

interface Options {
  readonly reply?: ReplyContext
  readonly dialect?: Dialect
  readonly pacing?: Pacing
}

const timeline = (steps: readonly ScriptStep[], options: Options = {}) =>
  scriptTimeline({ steps, dialect: openAiChat, pacing, reply: replyFor(), ...options })

const data = (step: Step): string => (step.do === 'write' ? looseText(step.bytes) : '')

/** The time of a step and what it says, as short as it can be told. */
function shown(step: Step): string {
  if (step.do === 'head') return `${step.atMs} ${step.status}`
  if (step.do !== 'write') return `${step.atMs} ${step.do}`
  const text = data(step)
  const delta = /"delta":(\{.*?\}),"logprobs"/.exec(text)?.[1]
  const reason = /"finish_reason":"(\w+)"/.exec(text)?.[1]
  return `${step.atMs} ${reason ?? delta ?? text.trim()}`
}

const shownAll = (steps: readonly ScriptStep[], options: Options = {}): string[] =>
  [...timeline(steps, options)].map(shown)

const say = (text: string): ScriptStep => ({ do: 'text', text })
const role = '{"role":"assistant","content":"","refusal":null}'

describe('scriptTimeline of a stream', () => {
  it('begins with the head and gives each frame as a chunk at its time', () => {
    expect(shownAll([say('Hello there')])).toEqual([
      '50 200',
      `100 ${role}`,
      '100 {"content":"Hello"}',
      '110 {"content":" there"}',
      '120 stop',
      '120 data: [DONE]',
      '120 end',
    ])
  })

  it('brings the headers of the dialect', () => {
    const [head] = timeline([say('Hi')])
    expect(head?.do === 'head' && header(head.headers, 'content-type')).toBe(
      'text/event-stream; charset=utf-8',
    )
  })

  it('counts tokens of the request and of the answer', () => {
    const reply = replyFor({ stream_options: { include_usage: true } })
    const usage = [...timeline([say('Hello there')], { reply })].map(data).at(-3)
    expect(usage).toContain('"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9,')
  })

  it.each<[string, ScriptStep[], string[]]>([
    ['raw bytes', [{ do: 'raw', parts: ['x'] }], ['50 x']],
    ['a comment', [{ do: 'comment', text: 'hm' }], ['50 : hm']],
  ])('adds nothing to %s alone, not even a terminator', (_, steps, expected) => {
    expect(shownAll(steps)).toEqual(['50 200', ...expected, '50 end'])
  })

  it('ends an error without a finish and without a terminator', () => {
    expect(shownAll([say('Hi'), { do: 'error', error: { code: 'overloaded' } }]).slice(3)).toEqual([
      expect.stringMatching(/^100 data: \{"error":\{"message":"The engine/),
      '100 end',
    ])
  })

  it.each(['close', 'reset', 'hang'] as const)('says no last word before %s', (how) => {
    expect(shownAll([say('Hi'), { do: how, afterMs: 20 }]).slice(2)).toEqual([
      '100 {"content":"Hi"}',
      `120 ${how}`,
    ])
  })

  it('says its last word before a clean end that comes later', () => {
    expect(shownAll([say('Hi'), { do: 'end', afterMs: 20 }]).slice(3)).toEqual([
      '130 stop',
      '130 data: [DONE]',
      '130 end',
    ])
  })

  it('gives the same steps at every look, and others for another seed', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), fc.string(), (text, seed) => {
        const options = { reply: replyFor({}, seed), pacing: profiles['gpt-4o']?.pacing ?? pacing }
        const steps = timeline([say(text)], options)
        const [once, again] = [[...steps], [...steps]]
        expect(again).toEqual(once)
        const other = { ...options, reply: replyFor({}, `${seed}!`) }
        expect([...timeline([say(text)], other)]).not.toEqual(once)
      }),
    )
  })

  it('encodes nothing that is not asked for', () => {
    let encoded = 0
    const counting: Dialect = {
      ...openAiChat,
      encoder: (reply) => {
        const encoder = openAiChat.encoder(reply)
        return {
          push: (event) => {
            encoded++
            return encoder.push(event)
          },
          end: () => encoder.end(),
        }
      },
    }
    const steps = timeline([say('one two three four five')], { dialect: counting })
    const walk = steps[Symbol.iterator]()
    walk.next()
    expect(encoded).toBe(0)
    walk.next()
    expect(encoded).toBe(2)
  })
})

describe('scriptTimeline with heartbeats', () => {
  const dialect: Dialect = {
    ...openAiChat,
    heartbeat: { everyMs: 30, frame: (n) => ({ bytes: utf8(`: beat ${n}\n\n`) }) },
  }
  const beating = (steps: readonly ScriptStep[]): string[] => shownAll(steps, { dialect })

  it('fills the silence before the first delta, counted from the head', () => {
    expect(beating([{ do: 'wait', ms: 40 }, say('Hi')]).slice(0, 5)).toEqual([
      '50 200',
      '80 : beat 1',
      '110 : beat 2',
      `140 ${role}`,
      '140 {"content":"Hi"}',
    ])
  })

  it('fills silences in the middle and before the end, and only those', () => {
    expect(
      beating([say('a'), { do: 'wait', ms: 61 }, say('b'), { do: 'reset', afterMs: 31 }]).slice(3),
    ).toEqual([
      '100 {"content":"a"}',
      '130 : beat 2',
      '160 : beat 3',
      '171 {"content":"b"}',
      '201 : beat 4',
      '202 reset',
    ])
  })
})

describe('scriptTimeline in one piece', () => {
  const whole = (steps: readonly ScriptStep[]): Step[] => [
    ...timeline(steps, { reply: replyFor({ stream: false }) }),
  ]

  it('gives nothing, not even the head, until the last token is made', () => {
    const [head, body, end] = whole([say('Hello there')])
    expect([head, body, end].map((step) => step?.atMs)).toEqual([120, 120, 120])
    expect(head?.do === 'head' && header(head.headers, 'content-length')).toBe(
      body?.do === 'write' ? `${body.bytes.length}` : '',
    )
    expect(body?.do === 'write' && JSON.parse(looseText(body.bytes))).toMatchObject({
      choices: [{ message: { content: 'Hello there' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 7, completion_tokens: 2, total_tokens: 9 },
    })
  })

  it('answers with the error of the script, at its time', () => {
    const steps = whole([
      say('Hi'),
      { do: 'wait', ms: 30 },
      { do: 'error', error: { code: 'rate-limited', retryAfterMs: 7000 } },
    ])
    expect(steps.map(({ atMs }) => atMs)).toEqual([130, 130, 130])
    const [head] = steps
    expect(head).toMatchObject({ do: 'head', status: 429 })
    expect(head?.do === 'head' && header(head.headers, 'retry-after')).toBe('7')
  })

  it.each(['close', 'reset', 'hang'] as const)('gives %s instead of an answer', (how) => {
    expect(whole([say('Hi'), { do: how, afterMs: 20 }])).toEqual([{ atMs: 120, do: how }])
  })
})

describe('replyTimeline', () => {
  it.each([
    ['text', 'né', 3],
    ['bytes', Uint8Array.of(1, 2), 2],
  ])('gives the head with the length of the %s, the body and a clean end', (_, body, length) => {
    const steps = replyTimeline({ status: 404, headers: [['x-own', 'yes']], body }, 25)
    expect([...steps]).toEqual([...steps])
    expect([...steps]).toMatchObject([
      {
        atMs: 25,
        do: 'head',
        status: 404,
        headers: [
          ['x-own', 'yes'],
          ['content-length', `${length}`],
        ],
      },
      { atMs: 25, do: 'write' },
      { atMs: 25, do: 'end' },
    ])
  })

  it('writes nothing for an empty body, and keeps a length that it is given', () => {
    const headers = [['Content-Length', '7']] as const
    expect([...replyTimeline({ status: 200, headers, body: '' })]).toEqual([
      { atMs: 0, do: 'head', status: 200, headers },
      { atMs: 0, do: 'end' },
    ])
  })
})
