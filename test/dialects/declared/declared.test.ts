import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { utf8 } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import { compileDialect, resolveDialect } from '../../../src/dialects/declared/declared.ts'
import { dialectSchema } from '../../../src/dialects/declared/schema.ts'
import { dialectOf, shipped, shippedDialect } from '../shipped.ts'
import { accepted, bytesOf, decode, encode, httpRequest, jsonRequest, replyTo } from '../wire.ts'

const chatapi = shippedDialect('chatapi')
const kernel2 = shippedDialect('kernel2')
const actual = shippedDialect('kernel2-actual')

const ask = (body: unknown) => jsonRequest({ path: '/' }, body)
const hello = ask({ messages: [{ role: 'user', content: 'hello' }] })

describe('where a key stands', () => {
  const http = httpRequest({ path: '/' }, utf8('{}'), [
    ['Authorization', 'Bearer sk-1'],
    ['x-api-key', 'sk-2'],
  ])

  it('is after Bearer, unless the description names a header', () => {
    const own = dialectOf('{ extends: chatapi, auth: { header: X-Api-Key } }')
    expect(chatapi.key?.(http)).toBe('sk-1')
    expect(own.key?.(http)).toBe('sk-2')
    expect(chatapi.key?.(ask({}))).toBeUndefined()
  })
})

describe('a frame that holds several things', () => {
  it('gives an event for each of them', () => {
    const body =
      'data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"Bye"},"finish_reason":"length"}]}\n\n'
    expect(decode(kernel2, utf8(body))).toEqual([
      { type: 'text', text: 'Bye' },
      { type: 'finish', reason: 'length' },
    ])
  })
})

describe('what was received', () => {
  it('stays raw where the body ended within a frame, whatever the frame seems to say', () => {
    const bytes = utf8('data: {"content":"I"}')
    const frame = { bytes, data: '{"content":"I"}', incomplete: true } as const
    expect(chatapi.decoder().push(frame)).toEqual([{ type: 'raw', bytes }])
  })

  it('stays raw where a first chunk says more than the first chunk does', () => {
    const chunk = (delta: string): Uint8Array =>
      utf8(
        `data: {"object":"chat.completion.chunk","choices":[{"index":0,"delta":${delta},"finish_reason":null}]}\n\n`,
      )
    const first = chunk('{"content":null}')
    const other = chunk('{"content":null,"tool_calls":[{"index":0}]}')
    expect(decode(actual, first)).toEqual([{ type: 'start' }])
    expect(decode(actual, other)).toEqual([{ type: 'raw', bytes: other }])
  })

  it('stays raw where it belongs to a second choice, of which a declared format has none', () => {
    const body = utf8(
      'data: {"object":"chat.completion.chunk","choices":[{"index":1,"delta":{"content":"I"},"finish_reason":null}]}\n\n',
    )
    expect(decode(kernel2, body)).toEqual([{ type: 'raw', bytes: body }])
  })
})

describe('what is written', () => {
  it('leaves out further choices and events without a frame', () => {
    const events: Event[] = [
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'two', choice: 1 },
      { type: 'text', text: 'one' },
    ]
    const frames = encode(chatapi, events, replyTo(accepted(chatapi, hello)))
    expect(frames.map(({ data }) => data)).toEqual(['{"content":"one"}', '[DONE]'])
  })

  it('tells the token counts of the script, or else counts', () => {
    const counting = dialectOf(`
      extends: chatapi
      stream: { frames: { finish: { data: { in: '{{ inputTokens }}', out: '{{ outputTokens }}' , done: 1 } } } }
    `)
    const finish = (events: readonly Event[]) =>
      encode(counting, events, replyTo(accepted(counting, hello))).at(-2)?.data
    expect(finish([{ type: 'text', text: 'Hello there' }])).toBe('{"in":1,"out":2,"done":1}')
    expect(finish([{ type: 'usage', usage: { inputTokens: 7, outputTokens: 9 } }])).toBe(
      '{"in":7,"out":9,"done":1}',
    )
  })

  it('draws each value from a source of its own, so that a new one changes no other', () => {
    const wider = dialectOf(
      '{ extends: kernel2, values: { aaa: "{{ hex 9 }}" , id: "chatcmpl-{{ alnum 29 }}" } }',
    )
    const text: Event[] = [{ type: 'text', text: 'Hello' }]
    expect(bytesOf(encode(wider, text, replyTo(accepted(wider, hello))))).toEqual(
      bytesOf(encode(kernel2, text, replyTo(accepted(kernel2, hello)))),
    )
  })
})

describe('resolveDialect', () => {
  const resolve = (yaml: string, known = shipped) =>
    resolveDialect(dialectSchema.parse(parse(yaml)), known)

  it('lays a description over its base, section by section', () => {
    expect(
      resolve('{ extends: vanus, models: { known: [a] }, stream: { grain: word } }'),
    ).toMatchObject({
      name: 'vanus',
      models: { known: ['a'], unknownStatus: 400 },
      stream: { grain: 'word', contentType: 'text/event-stream' },
    })
  })

  it('replaces a template instead of mixing two', () => {
    const resolved = resolve(
      '{ extends: vanus, stream: { frames: { text: { data: { t: "{{ text }}" } } } } }',
    )
    expect(resolved).toMatchObject({ stream: { frames: { text: { data: { t: '{{ text }}' } } } } })
    expect(JSON.stringify(resolved)).not.toContain('"more":true')
  })

  it('puts the real server in the place of the documented one', () => {
    const resolved = resolve(
      '{ extends: kernel2-actual, name: kernel2, routes: [{ path: /api/kernel2/chat }] }',
    )
    expect(resolved).toMatchObject({ name: 'kernel2', json: { spacing: 'spaced' } })
  })

  it.each([
    ['extends: vanuss', 'no dialect is called "vanuss"; did you mean "vanus"?'],
    ['extends: ring', '"ring" extends itself in a circle'],
  ])('reports %s', (yaml, message) => {
    const known = new Map([...shipped, ['ring', { name: 'ring', extends: 'ring' }]])
    expect(resolve(yaml, known)).toEqual({ problems: [{ path: ['extends'], message }] })
  })
})

describe('compileDialect', () => {
  const minimal = {
    name: 'tiny',
    routes: [{ path: '/tiny' }],
    stream: { frames: { text: { data: { t: '{{ text }}' } } } },
  }

  const problemsOf = (changes: unknown): string[] => {
    const merged = resolveDialect(
      dialectSchema.parse({ extends: 'tiny', ...Object(changes) }),
      new Map([['tiny', dialectSchema.parse(minimal)]]),
    )
    const compiled = 'problems' in merged ? merged : compileDialect(merged)
    if (!('problems' in compiled)) return []
    return compiled.problems.map(({ path, message }) => `${path.join('.')}: ${message}`)
  }

  it('needs a name, a route, and a way to answer', () => {
    const compiled = compileDialect({})
    expect('problems' in compiled && compiled.problems.map(({ path }) => path[0])).toEqual([
      'name',
      'routes',
      'stream',
    ])
  })

  it('takes a description of five lines', () => {
    expect(problemsOf({})).toEqual([])
  })

  it.each([
    [
      { stream: { frames: { text: { data: { t: '{{ txt }}' } } } } },
      [
        'stream.frames.text.data.t: no placeholder "txt" here; did you mean "text"?',
        'stream.frames.text: must contain `{{ text }}`',
      ],
    ],
    [
      { stream: { frames: { finish: { data: { id: '{{ model }}' } } } } },
      ['stream.frames.finish: needs a fixed value or `{{ finish }}`, to tell it from other frames'],
    ],
    [
      { stream: { framing: 'ndjson', frames: { start: { comment: 'hello' } } } },
      ['stream.frames.start.comment: `ndjson` has no place for it, only `sse` has'],
    ],
    [
      { stream: { frames: { start: [{ data: { n: 1 } }, {}] } } },
      ['stream.frames.start.1: a frame needs `data`, `event` or `comment`'],
    ],
    [
      { stream: { heartbeat: { every: 'often', frame: { comment: '{{ text }}' } } } },
      [
        'stream.heartbeat.every: must be a duration such as `10s`',
        'stream.heartbeat.frame.comment: no placeholder "text" here; known are n',
      ],
    ],
    [
      {
        whole: { json: { a: ['{{ request.temprature }}'] } },
        request: { body: { temperature: {} } },
      },
      [
        'whole.json.a.0: `request.body` has no field "temprature"; did you mean "request.temperature"?',
      ],
    ],
    [{ whole: {} }, ['whole: needs either `json` or `text`']],
    [
      { values: { id: 'x-{{ alnum }}', text: 'mine' } },
      [
        'values.id: `alnum` needs a length from 1 to 256, as in `alnum 8`',
        'values.text: "text" has a meaning of its own',
      ],
    ],
    [
      { errors: { codes: { unavailable: { body: { m: '{{ mesage }}' } } } } },
      ['errors.codes.unavailable.body.m: no placeholder "mesage" here; did you mean "message"?'],
    ],
  ])('reports every mistake with its place: %j', (changes, problems) => {
    expect(problemsOf(changes)).toEqual(problems)
  })
})
