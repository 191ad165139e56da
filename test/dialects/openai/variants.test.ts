/** What each compatible service writes in its own way: the very bytes, with `…` for what repeats. */
import { describe, expect, it } from 'vitest'
import { looseText } from '../../../src/core/bytes.ts'
import type { Dialect } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import { compatibleDialects } from '../../../src/dialects/openai/variants.ts'
import { accepted, bytesOf, encode, jsonRequest, replyTo } from '../wire.ts'
import { call, finish, start, text } from './openai.ts'

const ask = {
  model: 'm',
  messages: [{ role: 'user', content: 'hello' }],
  stream: true,
  stream_options: { include_usage: true },
}

function named(name: string): Dialect {
  const found = compatibleDialects.find((dialect) => dialect.name === name)
  if (!found) throw new Error(`there is no ${name}`)
  return found
}

function streamed(dialect: Dialect, events: readonly Event[]): string {
  const path = dialect.routes[0]?.path ?? ''
  const reply = replyTo(accepted(dialect, jsonRequest({ path }, ask)))
  return looseText(bytesOf(encode(dialect, events, reply)))
}

const repeated =
  /"id":"[^"]+",("provider":"OpenAI",)?"(?:object":"chat.completion.chunk","created":\d+,("model":"m")?|model":"m","object":"chat.completion.chunk","created":\d+)/g

const filters = /\{"hate":\{.*?"violence":\{[^}]*\}\}/g

const golden = (name: string, events: readonly Event[]): string =>
  `\n${streamed(named(name), events)}`
    .replaceAll(repeated, '…')
    .replaceAll(filters, '{filters}')
    .replaceAll(/\r?\n\r?\n/g, '\n')

const usage: Event = {
  type: 'usage',
  usage: { inputTokens: 14, outputTokens: 8, reasoningTokens: 3, cachedTokens: 2 },
}

/** A thought, an answer and a call. */
const everything: readonly Event[] = [
  start,
  { type: 'reasoning', text: 'Hm' },
  text('Hi'),
  text(' you'),
  ...call(0, 'look', '{"at"', ':1}'),
  finish('tool-calls'),
  usage,
]

const broken: readonly Event[] = [
  start,
  text('Hi'),
  { type: 'error', error: { code: 'rate-limited', message: 'Slower.' } },
]

describe('azure-openai as a stream', () => {
  it('filters the prompt before it says anything, and each text as it says it', () => {
    expect(golden('azure-openai', everything)).toMatchInlineSnapshot(`
      "
      data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{filters}}]}
      data: {"choices":[{"content_filter_results":{},"delta":{"content":"","refusal":null,"role":"assistant"},"finish_reason":null,"index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":null}
      data: {"choices":[{"content_filter_results":{filters},"delta":{"reasoning_content":"Hm"},"finish_reason":null,"index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":null}
      data: {"choices":[{"content_filter_results":{filters},"delta":{"content":"Hi"},"finish_reason":null,"index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":null}
      data: {"choices":[{"content_filter_results":{filters},"delta":{"content":" you"},"finish_reason":null,"index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":null}
      data: {"choices":[{"content_filter_results":{},"delta":{"tool_calls":[{"function":{"arguments":"","name":"look"},"id":"call_0","index":0,"type":"function"}]},"finish_reason":null,"index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":null}
      data: {"choices":[{"content_filter_results":{},"delta":{"tool_calls":[{"function":{"arguments":"{\\"at\\""},"index":0}]},"finish_reason":null,"index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":null}
      data: {"choices":[{"content_filter_results":{},"delta":{"tool_calls":[{"function":{"arguments":":1}"},"index":0}]},"finish_reason":null,"index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":null}
      data: {"choices":[{"content_filter_results":{},"delta":{},"finish_reason":"tool_calls","index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":null}
      data: {"choices":[],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":{"completion_tokens":8,"completion_tokens_details":{"accepted_prediction_tokens":0,"audio_tokens":0,"reasoning_tokens":3,"rejected_prediction_tokens":0},"prompt_tokens":14,"prompt_tokens_details":{"audio_tokens":0,"cached_tokens":2},"total_tokens":22}}
      data: [DONE]
      "
    `)
  })

  it('breaks in its own form', () => {
    expect(golden('azure-openai', broken)).toMatchInlineSnapshot(`
      "
      data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0,"content_filter_results":{filters}}]}
      data: {"choices":[{"content_filter_results":{},"delta":{"content":"","refusal":null,"role":"assistant"},"finish_reason":null,"index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":null}
      data: {"choices":[{"content_filter_results":{filters},"delta":{"content":"Hi"},"finish_reason":null,"index":0,"logprobs":null}],"created":1700000000,"id":"chatcmpl-fI6w6qNubtM7TeAnfg0sferAwW3ZQ","model":"m","object":"chat.completion.chunk","system_fingerprint":"fp_2c05217ef3","usage":null}
      data: {"error":{"message":"Slower.","type":null,"param":null,"code":"RateLimitReached"}}
      "
    `)
  })
})

describe('groq as a stream', () => {
  it('names its request in the first chunk, calls whole, and counts in the last', () => {
    expect(golden('groq', everything)).toMatchInlineSnapshot(`
      "
      data: {…,"system_fingerprint":"fp_92c9ea6f85","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"x_groq":{"id":"req_01d40ttxmtcmkmh78z6mmgxyy3","seed":949126680}}
      data: {…,"system_fingerprint":"fp_92c9ea6f85","choices":[{"index":0,"delta":{"reasoning":"Hm"},"logprobs":null,"finish_reason":null}]}
      data: {…,"system_fingerprint":"fp_92c9ea6f85","choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]}
      data: {…,"system_fingerprint":"fp_92c9ea6f85","choices":[{"index":0,"delta":{"content":" you"},"logprobs":null,"finish_reason":null}]}
      data: {…,"system_fingerprint":"fp_92c9ea6f85","choices":[{"index":0,"delta":{"tool_calls":[{"id":"call_0","type":"function","function":{"name":"look","arguments":"{\\"at\\":1}"},"index":0}]},"logprobs":null,"finish_reason":null}]}
      data: {…,"system_fingerprint":"fp_92c9ea6f85","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"tool_calls"}],"x_groq":{"id":"req_01d40ttxmtcmkmh78z6mmgxyy3","usage":{"queue_time":0.04,"prompt_tokens":14,"prompt_time":0.0007,"completion_tokens":8,"completion_time":0.02,"total_tokens":22,"total_time":0.0207,"completion_tokens_details":{"reasoning_tokens":3}}},"usage":{"queue_time":0.04,"prompt_tokens":14,"prompt_time":0.0007,"completion_tokens":8,"completion_time":0.02,"total_tokens":22,"total_time":0.0207,"completion_tokens_details":{"reasoning_tokens":3}}}
      data: [DONE]
      "
    `)
  })

  it('breaks in its own form', () => {
    expect(golden('groq', broken)).toMatchInlineSnapshot(`
      "
      data: {…,"system_fingerprint":"fp_92c9ea6f85","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"x_groq":{"id":"req_01d40ttxmtcmkmh78z6mmgxyy3","seed":949126680}}
      data: {…,"system_fingerprint":"fp_92c9ea6f85","choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}]}
      event: error
      data: {"error":{"message":"Slower.","type":"tokens","code":"rate_limit_exceeded","status_code":429}}
      "
    `)
  })
})

describe('deepseek as a stream', () => {
  it('thinks beside a content of null, and counts in the chunk that finishes', () => {
    expect(golden('deepseek', everything)).toMatchInlineSnapshot(`
      "
      data: {…,"system_fingerprint":"fp_92c9ea6f85_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":""},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {…,"system_fingerprint":"fp_92c9ea6f85_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"content":null,"reasoning_content":"Hm"},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {…,"system_fingerprint":"fp_92c9ea6f85_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {…,"system_fingerprint":"fp_92c9ea6f85_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"content":" you"},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {…,"system_fingerprint":"fp_92c9ea6f85_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_0","type":"function","function":{"name":"look","arguments":""}}]},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {…,"system_fingerprint":"fp_92c9ea6f85_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"at\\""}}]},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {…,"system_fingerprint":"fp_92c9ea6f85_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {…,"system_fingerprint":"fp_92c9ea6f85_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"content":""},"logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":14,"completion_tokens":8,"total_tokens":22,"prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":3},"prompt_cache_hit_tokens":2,"prompt_cache_miss_tokens":12}}
      data: [DONE]
      "
    `)
  })

  it('breaks in its own form', () => {
    expect(golden('deepseek', broken)).toMatchInlineSnapshot(`
      "
      data: {…,"system_fingerprint":"fp_92c9ea6f85_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {…,"system_fingerprint":"fp_92c9ea6f85_prod0820_fp8_kvcache","choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null}],"usage":null}
      data: {"error":{"message":"Slower.","type":"rate_limit_error","param":null,"code":"invalid_request_error"}}
      "
    `)
  })
})

describe('openrouter as a stream', () => {
  it('comments while it waits, names its role in every delta, and tells what it cost', () => {
    expect(golden('openrouter', everything)).toMatchInlineSnapshot(`
      "
      : OPENROUTER PROCESSING
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Hm","reasoning_details":[{"type":"reasoning.text","text":"Hm","index":0,"format":null}]},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":" you"},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_0","type":"function","function":{"name":"look","arguments":""}}]},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"type":"function","function":{"arguments":"{\\"at\\""}}]},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"type":"function","function":{"arguments":":1}"}}]},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"tool_calls","native_finish_reason":"tool_calls","logprobs":null}]}
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null,"native_finish_reason":null,"logprobs":null}],"usage":{"prompt_tokens":14,"completion_tokens":8,"total_tokens":22,"cost":0.000115,"is_byok":false,"prompt_tokens_details":{"cached_tokens":2,"audio_tokens":0},"cost_details":{"upstream_inference_cost":null,"upstream_inference_prompt_cost":0.000035,"upstream_inference_completions_cost":0.00008},"completion_tokens_details":{"reasoning_tokens":3,"image_tokens":0}}}
      data: [DONE]
      "
    `)
  })

  it('breaks in its own form', () => {
    expect(golden('openrouter', broken)).toMatchInlineSnapshot(`
      "
      : OPENROUTER PROCESSING
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null,"native_finish_reason":null,"logprobs":null}]}
      data: {"id":"gen-1700000000-fI6w6qNubtM7TeAnfg0s","provider":"OpenAI","error":{"code":429,"message":"Slower."},"model":"m","object":"chat.completion.chunk","created":1700000000,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"error","native_finish_reason":"error","logprobs":null}]}
      data: [DONE]
      "
    `)
  })
})

describe('xai as a stream', () => {
  it('opens with its first word, and counts thoughts beside the completion', () => {
    expect(golden('xai', everything)).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"reasoning_content":"Hm","role":"assistant"}}],"system_fingerprint":"fp_92c9ea6f85"}
      data: {…,"choices":[{"index":0,"delta":{"content":"Hi"}}],"system_fingerprint":"fp_92c9ea6f85"}
      data: {…,"choices":[{"index":0,"delta":{"content":" you"}}],"system_fingerprint":"fp_92c9ea6f85"}
      data: {…,"choices":[{"index":0,"delta":{"tool_calls":[{"id":"call_0","function":{"name":"look","arguments":"{\\"at\\":1}"},"index":0,"type":"function"}]}}],"system_fingerprint":"fp_92c9ea6f85"}
      data: {…,"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"system_fingerprint":"fp_92c9ea6f85"}
      data: {…,"choices":[],"usage":{"prompt_tokens":14,"completion_tokens":5,"total_tokens":22,"prompt_tokens_details":{"text_tokens":14,"audio_tokens":0,"image_tokens":0,"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":3,"audio_tokens":0,"accepted_prediction_tokens":0,"rejected_prediction_tokens":0},"num_sources_used":0},"system_fingerprint":"fp_92c9ea6f85"}
      data: [DONE]
      "
    `)
  })

  it('breaks in its own form', () => {
    expect(golden('xai', broken)).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"content":"Hi","role":"assistant"}}],"system_fingerprint":"fp_92c9ea6f85"}
      data: {"code":"Some resource has been exhausted","error":"Slower."}
      "
    `)
  })
})

describe('together as a stream', () => {
  it('says its text twice, with a number for each token', () => {
    expect(golden('together', everything)).toMatchInlineSnapshot(`
      "
      data: {…"choices":[{"index":0,"text":"Hm","logprobs":null,"finish_reason":null,"seed":null,"delta":{"token_id":2341,"role":"assistant","content":"","tool_calls":null,"reasoning":"Hm"}}],"model":"m","usage":null}
      data: {…"choices":[{"index":0,"text":"Hi","logprobs":null,"finish_reason":null,"seed":null,"delta":{"token_id":2337,"role":"assistant","content":"Hi","tool_calls":null}}],"model":"m","usage":null}
      data: {…"choices":[{"index":0,"text":" you","logprobs":null,"finish_reason":null,"seed":null,"delta":{"token_id":49151,"role":"assistant","content":" you","tool_calls":null}}],"model":"m","usage":null}
      data: {…"choices":[{"index":0,"text":"","logprobs":null,"finish_reason":null,"seed":null,"delta":{"token_id":0,"role":"assistant","content":"","tool_calls":[{"index":0,"id":"call_0","type":"function","function":{"name":"look","arguments":""}}]}}],"model":"m","usage":null}
      data: {…"choices":[{"index":0,"text":"","logprobs":null,"finish_reason":null,"seed":null,"delta":{"token_id":0,"role":"assistant","content":"","tool_calls":[{"index":0,"function":{"arguments":"{\\"at\\""}}]}}],"model":"m","usage":null}
      data: {…"choices":[{"index":0,"text":"","logprobs":null,"finish_reason":null,"seed":null,"delta":{"token_id":0,"role":"assistant","content":"","tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}],"model":"m","usage":null}
      data: {…"choices":[{"index":0,"text":"","logprobs":null,"finish_reason":"tool_calls","seed":2010652658,"delta":{"token_id":128009,"role":"assistant","content":"","tool_calls":null}}],"model":"m","usage":{"prompt_tokens":14,"completion_tokens":8,"total_tokens":22,"cached_tokens":2}}
      data: [DONE]
      "
    `)
  })

  it('breaks in its own form', () => {
    expect(golden('together', broken)).toMatchInlineSnapshot(`
      "
      data: {…"choices":[{"index":0,"text":"Hi","logprobs":null,"finish_reason":null,"seed":null,"delta":{"token_id":2337,"role":"assistant","content":"Hi","tool_calls":null}}],"model":"m","usage":null}
      data: {"error":{"message":"Slower.","type":"rate_limit","param":null,"code":"rate_limit_exceeded"}}
      "
    `)
  })
})

describe('vllm as a stream', () => {
  it('says null of what was not asked for', () => {
    expect(golden('vllm', everything)).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null}
      data: {…,"choices":[{"index":0,"delta":{"reasoning":"Hm"},"logprobs":null,"finish_reason":null,"token_ids":null}]}
      data: {…,"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null,"token_ids":null}]}
      data: {…,"choices":[{"index":0,"delta":{"content":" you"},"logprobs":null,"finish_reason":null,"token_ids":null}]}
      data: {…,"choices":[{"index":0,"delta":{"tool_calls":[{"id":"call_0","type":"function","index":0,"function":{"name":"look"}}]},"logprobs":null,"finish_reason":null,"token_ids":null}]}
      data: {…,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"at\\""}}]},"logprobs":null,"finish_reason":null,"token_ids":null}]}
      data: {…,"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]},"logprobs":null,"finish_reason":null,"token_ids":null}]}
      data: {…,"choices":[{"index":0,"delta":{"content":""},"logprobs":null,"finish_reason":"tool_calls","stop_reason":null,"token_ids":null}]}
      data: {…,"choices":[],"usage":{"prompt_tokens":14,"total_tokens":22,"completion_tokens":8,"prompt_tokens_details":{"cached_tokens":2}}}
      data: [DONE]
      "
    `)
  })

  it('breaks in its own form', () => {
    expect(golden('vllm', broken)).toMatchInlineSnapshot(`
      "
      data: {…,"choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null,"finish_reason":null}],"prompt_token_ids":null}
      data: {…,"choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":null,"finish_reason":null,"token_ids":null}]}
      data: {"error":{"message":"Slower.","type":"RateLimitError","param":null,"code":429}}
      data: [DONE]
      "
    `)
  })
})

describe('perplexity as a stream', () => {
  it('says all that it has said in every chunk, with its sources, and no terminator', () => {
    expect(golden('perplexity', everything)).toMatchInlineSnapshot(`
      "
      data: {"id":"19b01ac3-de8d-4eb1-8cf5-74fc79011ab6","model":"m","created":1700000000,"usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8,"search_context_size":"low"},"citations":[],"search_results":[],"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":null,"message":{"role":"assistant","content":"<think>Hm"},"delta":{"role":"assistant","content":"<think>Hm"}}]}
      data: {"id":"19b01ac3-de8d-4eb1-8cf5-74fc79011ab6","model":"m","created":1700000000,"usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8,"search_context_size":"low"},"citations":[],"search_results":[],"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":null,"message":{"role":"assistant","content":"<think>Hm</think>"},"delta":{"role":"assistant","content":"</think>"}}]}
      data: {"id":"19b01ac3-de8d-4eb1-8cf5-74fc79011ab6","model":"m","created":1700000000,"usage":{"prompt_tokens":7,"completion_tokens":2,"total_tokens":9,"search_context_size":"low"},"citations":[],"search_results":[],"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":null,"message":{"role":"assistant","content":"<think>Hm</think>Hi"},"delta":{"role":"assistant","content":"Hi"}}]}
      data: {"id":"19b01ac3-de8d-4eb1-8cf5-74fc79011ab6","model":"m","created":1700000000,"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"search_context_size":"low"},"citations":[],"search_results":[],"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":null,"message":{"role":"assistant","content":"<think>Hm</think>Hi you"},"delta":{"role":"assistant","content":" you"}}]}
      data: {"id":"19b01ac3-de8d-4eb1-8cf5-74fc79011ab6","model":"m","created":1700000000,"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"search_context_size":"low"},"citations":[],"search_results":[],"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":null,"message":{"role":"assistant","content":"<think>Hm</think>Hi you"},"delta":{"tool_calls":[{"index":0,"id":"call_0","type":"function","function":{"name":"look","arguments":""}}]}}]}
      data: {"id":"19b01ac3-de8d-4eb1-8cf5-74fc79011ab6","model":"m","created":1700000000,"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"search_context_size":"low"},"citations":[],"search_results":[],"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":null,"message":{"role":"assistant","content":"<think>Hm</think>Hi you"},"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"at\\""}}]}}]}
      data: {"id":"19b01ac3-de8d-4eb1-8cf5-74fc79011ab6","model":"m","created":1700000000,"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"search_context_size":"low"},"citations":[],"search_results":[],"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":null,"message":{"role":"assistant","content":"<think>Hm</think>Hi you"},"delta":{"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]}}]}
      data: {"id":"19b01ac3-de8d-4eb1-8cf5-74fc79011ab6","model":"m","created":1700000000,"usage":{"prompt_tokens":14,"completion_tokens":8,"total_tokens":22,"search_context_size":"low"},"citations":[],"search_results":[],"object":"chat.completion.done","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":"<think>Hm</think>Hi you"},"delta":{"role":"assistant","content":""}}]}
      "
    `)
  })

  it('breaks in its own form', () => {
    expect(golden('perplexity', broken)).toMatchInlineSnapshot(`
      "
      data: {"id":"19b01ac3-de8d-4eb1-8cf5-74fc79011ab6","model":"m","created":1700000000,"usage":{"prompt_tokens":7,"completion_tokens":1,"total_tokens":8,"search_context_size":"low"},"citations":[],"search_results":[],"object":"chat.completion.chunk","choices":[{"index":0,"finish_reason":null,"message":{"role":"assistant","content":"Hi"},"delta":{"role":"assistant","content":"Hi"}}]}
      data: {"error":{"message":"Slower.","type":"request_rate_limit_exceeded","code":429}}
      "
    `)
  })
})

describe('ollama-openai as a stream', () => {
  it('names its role in every delta, and calls whole', () => {
    expect(golden('ollama-openai', everything)).toMatchInlineSnapshot(`
      "
      data: {…,"system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning":"Hm"},"finish_reason":null}]}
      data: {…,"system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}
      data: {…,"system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":" you"},"finish_reason":null}]}
      data: {…,"system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"call_0","index":0,"type":"function","function":{"name":"look","arguments":"{\\"at\\":1}"}}]},"finish_reason":null}]}
      data: {…,"system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"tool_calls"}]}
      data: {…,"system_fingerprint":"fp_ollama","choices":[],"usage":{"prompt_tokens":14,"completion_tokens":8,"total_tokens":22}}
      data: [DONE]
      "
    `)
  })

  it('breaks in its own form', () => {
    expect(golden('ollama-openai', broken)).toMatchInlineSnapshot(`
      "
      data: {…,"system_fingerprint":"fp_ollama","choices":[{"index":0,"delta":{"role":"assistant","content":"Hi"},"finish_reason":null}]}
      data: {"error":{"message":"Slower.","type":"api_error","param":null,"code":null}}
      "
    `)
  })
})

describe('the lines of a stream', () => {
  it('end in CRLF where those of the service do, and in LF elsewhere', () => {
    for (const dialect of compatibleDialects) {
      const ends = new Set(streamed(dialect, [start, text('Hi')]).match(/\r?\n/g))
      expect(ends, dialect.name).toEqual(new Set([dialect.name === 'perplexity' ? '\r\n' : '\n']))
    }
  })
})

describe('a silence', () => {
  it.each([
    ['deepseek', ': keep-alive\n\n'],
    ['openrouter', ': OPENROUTER PROCESSING\n\n'],
  ])('is filled by the comments of %s', (name, comment) => {
    const frame = named(name).heartbeat?.frame(1)
    expect(looseText(frame?.bytes ?? new Uint8Array())).toBe(comment)
  })
})

describe('what a service has no field for', () => {
  const bodyOf = (name: string, events: readonly Event[]): string => {
    const dialect = named(name)
    const path = dialect.routes[0]?.path ?? ''
    const body = { ...ask, stream: false, stream_options: null }
    const reply = replyTo(accepted(dialect, jsonRequest({ path }, body)))
    return JSON.parse(String(dialect.whole(events, reply).body)).choices[0].message.content
  }

  it('is said as text where it is a refusal', () => {
    expect(bodyOf('groq', [start, { type: 'refusal', text: 'No.' }])).toBe('No.')
  })

  it('stands in tags within the text where it is a thought', () => {
    const thought: Event = { type: 'reasoning', text: 'Hm' }
    expect(bodyOf('perplexity', [start, thought, thought, text('Hi')])).toBe(
      '<think>HmHm</think>Hi',
    )
    expect(bodyOf('perplexity', [start, thought, finish()])).toBe('<think>Hm</think>')
  })
})
