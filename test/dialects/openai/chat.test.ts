import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import { type HttpReply, header } from '../../../src/core/http.ts'
import { openAiChat } from '../../../src/dialects/openai/chat.ts'
import { call, finish, replyFor, start, streamed, text, usage } from './openai.ts'

/** What every chunk repeats, for goldens that can be read. */
const shared =
  '"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","object":"chat.completion.chunk","created":1700000000,"model":"gpt-4o","service_tier":"default","system_fingerprint":"fp_2c05217ef3"'

/** The stream as text, with `…` for what repeats, and no blank lines. */
const golden = (events: readonly Event[], changes: object = {}): string =>
  `\n${streamed(events, changes).replaceAll(shared, '…').replaceAll('\n\n', '\n')}`

describe('openai-chat as a stream', () => {
  it('begins every chunk with the same identity, as recorded chunks do', () => {
    const [chunk = ''] = streamed([start, text('Hi')]).split('\n\n')
    expect(chunk).toBe(
      `data: {${shared},"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}`,
    )
    expect(shared).toMatch(/"id":"chatcmpl-[A-Za-z0-9]{29}"/)
  })

  it('says text', () => {
    expect(golden([start, text('The'), text(' "end"\n'), finish()])).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"content":"The"},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"content":" \\"end\\"\\n"},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}
      data: [DONE]
      "
    `)
  })

  it('says its reasoning first, as compatible services do', () => {
    expect(
      golden([start, { type: 'reasoning', text: 'Hm' }, text('42'), finish('length')]),
    ).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"reasoning_content":"Hm"},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"content":"42"},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"length"}]}
      data: [DONE]
      "
    `)
  })

  it('names its role and its first call in one chunk', () => {
    expect(
      golden([start, ...call(0, 'get_weather', '{"city"', ':"Paris"}'), finish('tool-calls')]),
    ).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_0","type":"function","function":{"name":"get_weather","arguments":""}}],"refusal":null},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"city\\""}}]},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":\\"Paris\\"}"}}]},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}]}
      data: [DONE]
      "
    `)
  })

  it('calls two tools in parallel, each with an index of its own', () => {
    expect(
      golden([
        start,
        ...call(0, 'look', '{}'),
        ...call(1, 'listen', '{"to":1}'),
        finish('tool-calls'),
      ]),
    ).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_0","type":"function","function":{"name":"look","arguments":""}}],"refusal":null},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_1","type":"function","function":{"name":"listen","arguments":""}}]},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"function":{"arguments":"{\\"to\\":1}"}}]},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}]}
      data: [DONE]
      "
    `)
  })

  it('draws an id of 24 characters for a call that has none', () => {
    const first = streamed([start, { type: 'tool-start', index: 0, name: 'look' }])
    expect(first).toMatch(/"id":"call_[A-Za-z0-9]{24}","type":"function"/)
  })

  it('refuses', () => {
    expect(
      golden([start, { type: 'refusal', text: 'I cannot' }, finish('content-filter')]),
    ).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"refusal":"I cannot"},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"content_filter"}]}
      data: [DONE]
      "
    `)
  })

  it('interleaves two answers', () => {
    const second = (event: Event): Event => ({ ...event, choice: 1 })
    expect(
      golden([start, text('Yes'), second(text('No')), finish(), second(finish('length'))], {
        n: 2,
      }),
    ).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"content":"Yes"},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":1,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":1,"delta":{"content":"No"},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}
      data: {…,"choices":[{"index":1,"delta":{},"logprobs":null,"finish_reason":"length"}]}
      data: [DONE]
      "
    `)
  })

  it('brings usage in a last chunk without choices where it is asked for', () => {
    expect(
      golden([start, text('Hi'), finish(), usage], { stream_options: { include_usage: true } }),
    ).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {…,"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {…,"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"usage":null}
      data: {…,"choices":[],"usage":{"prompt_tokens":14,"completion_tokens":8,"total_tokens":22,"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}
      data: [DONE]
      "
    `)
  })

  it('brings no usage where it is not asked for', () => {
    expect(streamed([start, text('Hi'), finish(), usage])).not.toContain('usage')
  })

  it('pads every chunk where it is asked for', () => {
    expect(
      golden([start, text('Hi'), finish()], { stream_options: { include_obfuscation: true } }),
    ).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}],"obfuscation":"BAgqVsd"}
      data: {…,"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}],"obfuscation":"bRsEJerxx"}
      data: {…,"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}],"obfuscation":"dvdyAt"}
      data: [DONE]
      "
    `)
  })

  it('brings log probabilities of text where they are asked for', () => {
    expect(golden([start, text('é'), finish()], { logprobs: true })).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"content":"é"},"logprobs":{"content":[{"token":"é","logprob":-0.9189,"bytes":[195,169],"top_logprobs":[]}],"refusal":null},"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}
      data: [DONE]
      "
    `)
  })

  it('says an error inside the stream and then no more', () => {
    expect(
      golden([start, text('He'), { type: 'error', error: { code: 'server-error' } }]),
    ).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}]}
      data: {…,"choices":[{"index":0,"delta":{"content":"He"},"logprobs":null,"finish_reason":null}]}
      data: {"error":{"message":"The server had an error while processing your request.","type":"server_error","param":null,"code":null}}
      "
    `)
  })

  it('says a comment and raw bytes as they are', () => {
    expect(
      golden([
        { type: 'comment', text: 'keep-alive' },
        { type: 'raw', bytes: utf8('data: {not json}\n\n') },
      ]),
    ).toMatchInlineSnapshot(`
      "
      : keep-alive
      data: {not json}
      data: [DONE]
      "
    `)
  })

  it.each<[string, Event[], object, string[]]>([
    ['text', [start, text('Hi')], {}, ['0 "stop"']],
    ['a call', [start, ...call(0, 'look', '{}')], {}, ['0 "tool_calls"']],
    ['nothing', [start], {}, ['0 "stop"']],
    [
      'one of two answers',
      [start, text('Hi'), finish('length')],
      { n: 2 },
      ['0 "length"', '1 "stop"'],
    ],
  ])('finishes %s by itself', (_, events, changes, expected) => {
    const found = streamed(events, changes).matchAll(
      /"index":(\d),"delta":\{\},"logprobs":null,"finish_reason":(".+?")/g,
    )
    expect([...found].map(([, index, reason]) => `${index} ${reason}`)).toEqual(expected)
  })
})

const wholeOf = (events: readonly Event[], changes: object = {}): HttpReply =>
  openAiChat.whole(events, replyFor({ stream: false, ...changes }))

describe('openai-chat in one piece', () => {
  it('has the recorded shape', () => {
    const reply = wholeOf([start, text('He'), text('llo'), finish(), usage])
    expect(reply.status).toBe(200)
    expect(header(reply.headers, 'content-type')).toBe('application/json')
    expect(header(reply.headers, 'x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    expect(JSON.parse(String(reply.body))).toMatchInlineSnapshot(`
      {
        "choices": [
          {
            "finish_reason": "stop",
            "index": 0,
            "logprobs": null,
            "message": {
              "annotations": [],
              "content": "Hello",
              "refusal": null,
              "role": "assistant",
            },
          },
        ],
        "created": 1700000000,
        "id": "chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ",
        "model": "gpt-4o",
        "object": "chat.completion",
        "service_tier": "default",
        "system_fingerprint": "fp_2c05217ef3",
        "usage": {
          "completion_tokens": 8,
          "completion_tokens_details": {
            "accepted_prediction_tokens": 0,
            "audio_tokens": 0,
            "reasoning_tokens": 0,
            "rejected_prediction_tokens": 0,
          },
          "prompt_tokens": 14,
          "prompt_tokens_details": {
            "audio_tokens": 0,
            "cached_tokens": 0,
          },
          "total_tokens": 22,
        },
      }
    `)
  })

  it('keeps id and model of the stream with the same seed', () => {
    expect(JSON.parse(String(wholeOf([text('Hi')]).body))).toMatchObject({
      id: 'chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ',
      created: 1_700_000_000,
      model: 'gpt-4o',
    })
  })

  it.each<[string, Event[], unknown]>([
    ['only calls', call(0, 'look', '{}'), { content: null, finish_reason: 'tool_calls' }],
    ['only a refusal', [{ type: 'refusal', text: 'No' }], { content: null, finish_reason: 'stop' }],
    ['nothing', [], { content: '', finish_reason: 'stop' }],
    [
      'text and a call',
      [text('Hi'), ...call(0, 'look')],
      { content: 'Hi', finish_reason: 'tool_calls' },
    ],
  ])('gives the content and the finish of %s', (_, events, expected) => {
    const { choices } = JSON.parse(String(wholeOf(events).body))
    const [{ message, finish_reason }] = choices
    expect({ content: message.content, finish_reason }).toEqual(expected)
  })

  it('joins log probabilities', () => {
    const { choices } = JSON.parse(String(wholeOf([text('a'), text('b')], { logprobs: true }).body))
    const tokens = choices[0].logprobs.content.map((entry: { token: string }) => entry.token)
    expect(tokens).toEqual(['a', 'b'])
  })

  it('is an error where the script has one', () => {
    const reply = wholeOf([text('He'), { type: 'error', error: { code: 'rate-limited' } }])
    expect(reply.status).toBe(429)
  })
})

describe('the models of openai-chat', () => {
  const answer = (
    routePath: string,
    params: Record<string, string>,
    models?: readonly string[],
  ) => {
    const route = openAiChat.routes.find((known) => known.path === routePath)
    const { request, ...context } = replyFor()
    const memory = { recall: () => undefined, forget: () => false, cancel: () => {} }
    return route?.answer?.({ ...request.http, params }, { ...context, models, memory })
  }

  it('are those of the scenario, or the usual ones', () => {
    const list = answer('/v1/models', {}, ['my-model'])
    expect(list && 'body' in list && JSON.parse(String(list.body))).toEqual({
      object: 'list',
      data: [{ id: 'my-model', object: 'model', created: 1_700_000_000, owned_by: 'stuntdouble' }],
    })
    const usual = answer('/v1/models', {})
    expect(usual && 'body' in usual && String(usual.body)).toContain('"gpt-4o"')
  })

  it('are described one by one', () => {
    expect(answer('/v1/models/:model', { model: 'o3' })).toMatchObject({ status: 200 })
    expect(answer('/v1/models/:model', { model: 'x' }, ['o3'])).toMatchObject({
      code: 'model-not-found',
    })
  })
})
