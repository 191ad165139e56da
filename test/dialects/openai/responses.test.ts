import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import type { Event } from '../../../src/core/event.ts'
import { header } from '../../../src/core/http.ts'
import { openAiResponses, openAiResponsesFlat } from '../../../src/dialects/openai/responses.ts'
import { call, finish, replyFor, start, streamed, text, usage } from './responses.ts'

/** The stream as text, with short ids, `…` for the responses within it, and no blank lines. */
const golden = (events: readonly Event[], changes: object = {}): string =>
  `\n${streamed(events, changes)
    .replaceAll(/(msg|rs|fc|ctc)_[0-9a-f]{50}/g, '$1_…')
    .replaceAll(/"response":\{.*\}(?=,"sequence)/g, '"response":{…}')
    .replaceAll('\n\n', '\n')}`

describe('openai-responses as a stream', () => {
  it('says text', () => {
    expect(golden([start, text('The'), text(' "end"\n'), finish(), usage])).toMatchInlineSnapshot(`
      "
      event: response.created
      data: {"type":"response.created","response":{…},"sequence_number":0}
      event: response.in_progress
      data: {"type":"response.in_progress","response":{…},"sequence_number":1}
      event: response.output_item.added
      data: {"type":"response.output_item.added","item":{"id":"msg_…","type":"message","status":"in_progress","content":[],"role":"assistant"},"output_index":0,"sequence_number":2}
      event: response.content_part.added
      data: {"type":"response.content_part.added","content_index":0,"item_id":"msg_…","output_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""},"sequence_number":3}
      event: response.output_text.delta
      data: {"type":"response.output_text.delta","content_index":0,"delta":"The","item_id":"msg_…","logprobs":[],"output_index":0,"sequence_number":4}
      event: response.output_text.delta
      data: {"type":"response.output_text.delta","content_index":0,"delta":" \\"end\\"\\n","item_id":"msg_…","logprobs":[],"output_index":0,"sequence_number":5}
      event: response.output_text.done
      data: {"type":"response.output_text.done","content_index":0,"item_id":"msg_…","logprobs":[],"output_index":0,"sequence_number":6,"text":"The \\"end\\"\\n"}
      event: response.content_part.done
      data: {"type":"response.content_part.done","content_index":0,"item_id":"msg_…","output_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":"The \\"end\\"\\n"},"sequence_number":7}
      event: response.output_item.done
      data: {"type":"response.output_item.done","item":{"id":"msg_…","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"The \\"end\\"\\n"}],"role":"assistant"},"output_index":0,"sequence_number":8}
      event: response.completed
      data: {"type":"response.completed","response":{…},"sequence_number":9}
      "
    `)
  })

  it('thinks in a summary', () => {
    const thought: Event = { type: 'reasoning', text: 'Hm' }
    expect(golden([start, thought, finish(), usage])).toMatchInlineSnapshot(`
      "
      event: response.created
      data: {"type":"response.created","response":{…},"sequence_number":0}
      event: response.in_progress
      data: {"type":"response.in_progress","response":{…},"sequence_number":1}
      event: response.output_item.added
      data: {"type":"response.output_item.added","item":{"id":"rs_…","type":"reasoning","summary":[]},"output_index":0,"sequence_number":2}
      event: response.reasoning_summary_part.added
      data: {"type":"response.reasoning_summary_part.added","item_id":"rs_…","output_index":0,"part":{"type":"summary_text","text":""},"sequence_number":3,"summary_index":0}
      event: response.reasoning_summary_text.delta
      data: {"type":"response.reasoning_summary_text.delta","delta":"Hm","item_id":"rs_…","output_index":0,"sequence_number":4,"summary_index":0}
      event: response.reasoning_summary_text.done
      data: {"type":"response.reasoning_summary_text.done","item_id":"rs_…","output_index":0,"sequence_number":5,"summary_index":0,"text":"Hm"}
      event: response.reasoning_summary_part.done
      data: {"type":"response.reasoning_summary_part.done","item_id":"rs_…","output_index":0,"part":{"type":"summary_text","text":"Hm"},"sequence_number":6,"summary_index":0}
      event: response.output_item.done
      data: {"type":"response.output_item.done","item":{"id":"rs_…","type":"reasoning","summary":[{"type":"summary_text","text":"Hm"}]},"output_index":0,"sequence_number":7}
      event: response.completed
      data: {"type":"response.completed","response":{…},"sequence_number":8}
      "
    `)
  })

  it('refuses', () => {
    const refusal: Event = { type: 'refusal', text: 'I cannot' }
    expect(golden([start, refusal, finish('content-filter'), usage])).toMatchInlineSnapshot(`
      "
      event: response.created
      data: {"type":"response.created","response":{…},"sequence_number":0}
      event: response.in_progress
      data: {"type":"response.in_progress","response":{…},"sequence_number":1}
      event: response.output_item.added
      data: {"type":"response.output_item.added","item":{"id":"msg_…","type":"message","status":"in_progress","content":[],"role":"assistant"},"output_index":0,"sequence_number":2}
      event: response.content_part.added
      data: {"type":"response.content_part.added","content_index":0,"item_id":"msg_…","output_index":0,"part":{"type":"refusal","refusal":""},"sequence_number":3}
      event: response.refusal.delta
      data: {"type":"response.refusal.delta","content_index":0,"delta":"I cannot","item_id":"msg_…","output_index":0,"sequence_number":4}
      event: response.refusal.done
      data: {"type":"response.refusal.done","content_index":0,"item_id":"msg_…","output_index":0,"refusal":"I cannot","sequence_number":5}
      event: response.content_part.done
      data: {"type":"response.content_part.done","content_index":0,"item_id":"msg_…","output_index":0,"part":{"type":"refusal","refusal":"I cannot"},"sequence_number":6}
      event: response.output_item.done
      data: {"type":"response.output_item.done","item":{"id":"msg_…","type":"message","status":"completed","content":[{"type":"refusal","refusal":"I cannot"}],"role":"assistant"},"output_index":0,"sequence_number":7}
      event: response.incomplete
      data: {"type":"response.incomplete","response":{…},"sequence_number":8}
      "
    `)
  })

  it('calls a function', () => {
    const events = [start, ...call(0, 'look', '{"at"', ':1}'), finish('tool-calls'), usage]
    expect(golden(events)).toMatchInlineSnapshot(`
      "
      event: response.created
      data: {"type":"response.created","response":{…},"sequence_number":0}
      event: response.in_progress
      data: {"type":"response.in_progress","response":{…},"sequence_number":1}
      event: response.output_item.added
      data: {"type":"response.output_item.added","item":{"id":"fc_…","type":"function_call","status":"in_progress","arguments":"","call_id":"call_0","name":"look"},"output_index":0,"sequence_number":2}
      event: response.function_call_arguments.delta
      data: {"type":"response.function_call_arguments.delta","delta":"{\\"at\\"","item_id":"fc_…","output_index":0,"sequence_number":3}
      event: response.function_call_arguments.delta
      data: {"type":"response.function_call_arguments.delta","delta":":1}","item_id":"fc_…","output_index":0,"sequence_number":4}
      event: response.function_call_arguments.done
      data: {"type":"response.function_call_arguments.done","arguments":"{\\"at\\":1}","item_id":"fc_…","output_index":0,"sequence_number":5}
      event: response.output_item.done
      data: {"type":"response.output_item.done","item":{"id":"fc_…","type":"function_call","status":"completed","arguments":"{\\"at\\":1}","call_id":"call_0","name":"look"},"output_index":0,"sequence_number":6}
      event: response.completed
      data: {"type":"response.completed","response":{…},"sequence_number":7}
      "
    `)
  })

  it('calls a custom tool, and pads where it is asked to', () => {
    const tools = [{ type: 'custom', name: 'run' }]
    const padded = { tools, stream_options: { include_obfuscation: true } }
    expect(golden([start, ...call(0, 'run', 'ls -l'), finish()], padded)).toMatchInlineSnapshot(`
      "
      event: response.created
      data: {"type":"response.created","response":{…},"sequence_number":0}
      event: response.in_progress
      data: {"type":"response.in_progress","response":{…},"sequence_number":1}
      event: response.output_item.added
      data: {"type":"response.output_item.added","item":{"id":"ctc_…","type":"custom_tool_call","status":"in_progress","call_id":"call_0","input":"","name":"run"},"output_index":0,"sequence_number":2}
      event: response.custom_tool_call_input.delta
      data: {"type":"response.custom_tool_call_input.delta","delta":"ls -l","item_id":"ctc_…","obfuscation":"yQqWBAgqVsd","output_index":0,"sequence_number":3}
      event: response.custom_tool_call_input.done
      data: {"type":"response.custom_tool_call_input.done","input":"ls -l","item_id":"ctc_…","output_index":0,"sequence_number":4}
      event: response.output_item.done
      data: {"type":"response.output_item.done","item":{"id":"ctc_…","type":"custom_tool_call","status":"completed","call_id":"call_0","input":"ls -l","name":"run"},"output_index":0,"sequence_number":5}
      event: response.completed
      data: {"type":"response.completed","response":{…},"sequence_number":6}
      "
    `)
  })

  it('cites', () => {
    const citation: Event = { type: 'citation', citation: { type: 'file_citation', index: 3 } }
    expect(golden([start, text('See.'), citation, finish(), usage])).toMatchInlineSnapshot(`
      "
      event: response.created
      data: {"type":"response.created","response":{…},"sequence_number":0}
      event: response.in_progress
      data: {"type":"response.in_progress","response":{…},"sequence_number":1}
      event: response.output_item.added
      data: {"type":"response.output_item.added","item":{"id":"msg_…","type":"message","status":"in_progress","content":[],"role":"assistant"},"output_index":0,"sequence_number":2}
      event: response.content_part.added
      data: {"type":"response.content_part.added","content_index":0,"item_id":"msg_…","output_index":0,"part":{"type":"output_text","annotations":[],"logprobs":[],"text":""},"sequence_number":3}
      event: response.output_text.delta
      data: {"type":"response.output_text.delta","content_index":0,"delta":"See.","item_id":"msg_…","logprobs":[],"output_index":0,"sequence_number":4}
      event: response.output_text.annotation.added
      data: {"type":"response.output_text.annotation.added","annotation":{"type":"file_citation","index":3},"annotation_index":0,"content_index":0,"item_id":"msg_…","output_index":0,"sequence_number":5}
      event: response.output_text.done
      data: {"type":"response.output_text.done","content_index":0,"item_id":"msg_…","logprobs":[],"output_index":0,"sequence_number":6,"text":"See."}
      event: response.content_part.done
      data: {"type":"response.content_part.done","content_index":0,"item_id":"msg_…","output_index":0,"part":{"type":"output_text","annotations":[{"type":"file_citation","index":3}],"logprobs":[],"text":"See."},"sequence_number":7}
      event: response.output_item.done
      data: {"type":"response.output_item.done","item":{"id":"msg_…","type":"message","status":"completed","content":[{"type":"output_text","annotations":[{"type":"file_citation","index":3}],"logprobs":[],"text":"See."}],"role":"assistant"},"output_index":0,"sequence_number":8}
      event: response.completed
      data: {"type":"response.completed","response":{…},"sequence_number":9}
      "
    `)
  })

  it('waits in a queue in the background', () => {
    const types = streamed([start], { background: true }).match(/(?<=^event: ).*/gm)
    expect(types).toEqual([
      'response.created',
      'response.queued',
      'response.in_progress',
      'response.completed',
    ])
  })

  it('says an error and that it failed, and then no more', () => {
    const error: Event = { type: 'error', error: { code: 'quota-exceeded' } }
    expect(
      golden([start, text('He'), error])
        .split('\n')
        .slice(-5, -1),
    ).toMatchInlineSnapshot(`
      [
        "event: error",
        "data: {"type":"error","sequence_number":5,"error":{"type":"insufficient_quota","code":"insufficient_quota","message":"You exceeded your current quota.","param":null}}",
        "event: response.failed",
        "data: {"type":"response.failed","response":{…},"sequence_number":6}",
      ]
    `)
  })

  it('says the error as it is documented where that is wanted', () => {
    const error: Event = { type: 'error', error: { code: 'quota-exceeded' } }
    const [line] = streamed([error], {}, openAiResponsesFlat).split('\n\n')
    expect(line).toBe(
      'event: error\ndata: {"type":"error","code":"insufficient_quota","message":"You exceeded your current quota.","param":null,"sequence_number":0}',
    )
  })

  it('carries a response with settings and output, its fractions written as such', () => {
    const last = streamed([start, text('Hi'), finish(), usage], {
      instructions: 'Be brief.',
      temperature: 0.5,
      metadata: { a: 'b' },
      reasoning: { effort: 'low' },
    })
    const data = last
      .split('\n\n')
      .at(-2)
      ?.replace(/^.*\ndata: /, '')
    expect(data).toMatchInlineSnapshot(
      `"{"type":"response.completed","response":{"id":"resp_019b01ac3de8deb1006553f100c79011ab6ec29b8e75e2092c","object":"response","created_at":1700000000,"status":"completed","background":false,"completed_at":1700000000,"error":null,"frequency_penalty":0.0,"incomplete_details":null,"instructions":"Be brief.","max_output_tokens":null,"max_tool_calls":null,"model":"gpt-4o","output":[{"id":"msg_019b01ac3de8deb1006553f100270bad0cb672376d542fd57d","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"Hi"}],"role":"assistant"}],"parallel_tool_calls":true,"presence_penalty":0.0,"previous_response_id":null,"prompt_cache_key":null,"prompt_cache_retention":null,"reasoning":{"effort":"low","summary":null},"safety_identifier":null,"service_tier":"default","store":true,"temperature":0.5,"text":{"format":{"type":"text"},"verbosity":"medium"},"tool_choice":"auto","tools":[],"top_logprobs":0,"top_p":1.0,"truncation":"disabled","usage":{"input_tokens":14,"input_tokens_details":{"cached_tokens":0},"output_tokens":9,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":23},"user":null,"metadata":{"a":"b"}},"sequence_number":8}"`,
    )
  })
})

describe('openai-responses in one piece', () => {
  it('says of a text that is cut that it is incomplete, as its stream does', () => {
    const stream = streamed([start, text('Hi'), finish('length'), usage])
    expect(stream).toMatch(/output_item\.done","item":\{[^{]*"status":"incomplete"/)
  })

  it('is indented, and has the headers of the service', () => {
    const { status, headers, body } = openAiResponses.whole(
      [start, text('Hi'), finish('length'), usage],
      replyFor({ stream: false }),
    )
    expect(status).toBe(200)
    expect(header(headers, 'content-type')).toBe('application/json')
    expect(header(headers, 'x-request-id')).toMatch(/^req_[0-9a-f]{32}$/)
    expect(String(body)).toMatch(/^\{\n {2}"id": "resp_[0-9a-f]{50}",\n {2}"object": "response",\n/)
    expect(String(body)).toContain('"temperature": 1.0,')
    expect(JSON.parse(String(body))).toMatchObject({
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
      output: [{ status: 'incomplete', content: [{ text: 'Hi' }] }],
      usage: { input_tokens: 14, output_tokens: 9, total_tokens: 23 },
    })
  })

  it.each<[string, Event[], object]>([
    ['a text', [text('Hi')], { reason: 'stop' }],
    ['a call', call(0, 'look', '{}'), { reason: 'tool-calls' }],
  ])('is read back as finished by %s', (_, events, expected) => {
    const { body } = openAiResponses.whole([start, ...events], replyFor({ stream: false }))
    const read = openAiResponses.decodeWhole(Buffer.from(body))
    expect(read.at(-1)).toEqual({ type: 'finish', ...expected })
  })
})

describe('openai-responses in error', () => {
  it.each([
    ['invalid-request', 400, 'invalid_request_error', 'invalid_value', null],
    ['model-not-found', 400, 'invalid_request_error', 'model_not_found', 'model'],
    ['unauthorized', 401, 'invalid_request_error', 'invalid_api_key', null],
    ['not-found', 404, 'invalid_request_error', 'not_found', null],
    ['rate-limited', 429, 'requests', 'rate_limit_exceeded', null],
    ['quota-exceeded', 429, 'insufficient_quota', 'insufficient_quota', null],
    ['server-error', 500, 'server_error', null, null],
    ['overloaded', 503, 'server_error', null, null],
  ] as const)('answers %s with %i', (code, status, type, word, param) => {
    const reply = openAiResponses.error({ code })
    expect(reply.status).toBe(status)
    expect(JSON.parse(String(reply.body))).toMatchObject({ error: { type, code: word, param } })
    expect(openAiResponses.decodeWhole(utf8(String(reply.body)))).toMatchObject([{ type: 'error' }])
  })

  it('says to try again in milliseconds as well', () => {
    const { headers } = openAiResponses.error({ code: 'rate-limited', retryAfterMs: 84 })
    expect(header(headers, 'retry-after')).toBe('1')
    expect(header(headers, 'retry-after-ms')).toBe('84')
  })
})
