import { describe, expect, it } from 'vitest'
import { genaiPerf } from '../../../src/recording/export/genai-perf.ts'
import { vllm } from '../../../src/recording/export/vllm.ts'
import type { Recording } from '../../../src/recording/format.ts'
import { knownDialects } from '../../../src/scenario/load-dialects.ts'
import { type Taping, taped, unreached, written } from './taped.ts'

const dialects = await knownDialects()

const chunk = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`

const counts = { prompt_tokens: 9, completion_tokens: 5 }
const usage = `data: ${JSON.stringify({ choices: [], usage: counts })}\n\n`

const stream = (chunks: Taping['chunks'], more: Partial<Taping> = {}): Recording =>
  taped({
    dialect: 'openai-chat',
    headers: [['content-type', 'text/event-stream']],
    headMs: 50,
    chunks,
    ending: 'end',
    ...more,
  })

const three: Taping['chunks'] = [
  [100, chunk('One')],
  [120, chunk(' two')],
  [150.5, chunk(' three')],
]

describe("timing in the form of vLLM's benchmark", () => {
  it('has first token, gaps, counts and texts of each request, and their summary', () => {
    const recordings = [
      stream([...three, [160, usage]], { endMs: 170 }),
      stream([[300, chunk('Only')]], { endMs: 310 }),
    ]
    const { text, told } = written(vllm, recordings, { dialects })
    expect(JSON.parse(text)).toMatchObject({
      date: '20261122-100000',
      model_id: 'm',
      num_prompts: 2,
      completed: 2,
      failed: 0,
      duration: 0.31,
      total_input_tokens: 10,
      total_output_tokens: 6,
      request_throughput: 2 / 0.31,
      input_lens: [9, 1],
      output_lens: [5, 1],
      ttfts: [0.1, 0.3],
      itls: [[0.02, 0.0305], []],
      generated_texts: ['One two three', 'Only'],
      errors: ['', ''],
      mean_ttft_ms: 200,
      median_ttft_ms: 200,
      std_ttft_ms: 100,
      p99_ttft_ms: 298,
      mean_tpot_ms: 12.625,
      mean_itl_ms: 25.25,
      median_itl_ms: 25.25,
      p99_itl_ms: 30.395,
    })
    expect(told).toEqual([
      'tokens as the service counted them, where a recording has its usage',
      'where a recording has no usage: a token for each delta, input by our own cutter',
    ])
  })

  it('counts what failed apart, with the reason', () => {
    const body = '{"error":{"message":"Slower.","type":"requests","code":"rate_limit_exceeded"}}'
    const refused = stream([[60, body]], {
      status: 429,
      headers: [['content-type', 'application/json']],
    })
    const recordings = [
      stream(three),
      refused,
      stream(three, { ending: 'reset' }),
      unreached('gone'),
    ]
    const result = JSON.parse(written(vllm, recordings, { dialects }).text)
    expect(result).toMatchObject({ num_prompts: 4, completed: 1, failed: 3 })
    expect(result.errors).toEqual(['', 'HTTP 429', 'the stream ended by reset', 'gone'])
    expect(result.output_lens).toEqual([3, 0, 0, 0])
  })

  it('leaves out a recording that has lost its times', () => {
    const { text, leftOut } = written(vllm, [stream(three, { lost: ['times'] })], { dialects })
    expect(leftOut).toEqual(['tape.jsonl: its times are lost'])
    expect(JSON.parse(text)).toMatchObject({ num_prompts: 0, ttfts: [], mean_ttft_ms: 0 })
  })
})

describe('timing as a profile export for genai-perf', () => {
  it('has each delta as a chunk of Chat Completions, with its time in nanoseconds', () => {
    const { text } = written(genaiPerf, [stream(three, { endMs: 170 })], { dialects })
    // Nanoseconds since 1970 are more than a double counts exactly: read as digits.
    const start = '1795341600000000000'
    expect(text).toContain(`"timestamp":${start},`)
    expect(text).toContain(
      '"response_timestamps":[1795341600100000000,1795341600120000000,1795341600150500000]',
    )
    expect(text).toContain(`"window_boundaries":[${start},1795341600170000000]`)
    const { experiments, ...about } = JSON.parse(text)
    expect(about).toMatchObject({ service_kind: 'openai', endpoint: 'v1/chat/completions' })
    const [request] = experiments[0].requests
    expect(JSON.parse(request.request_inputs.payload)).toEqual({
      model: 'm',
      stream: true,
      messages: [{ role: 'user', content: 'hello' }],
    })
    const said = request.response_outputs.map(({ response }: { response: string }) => {
      expect(response).toMatch(/^data: \{.*\}\n\n$/)
      return JSON.parse(response.slice(6)).choices[0].delta.content
    })
    expect(said).toEqual(['One', ' two', ' three'])
  })

  it('leaves out what was not answered, and says so', () => {
    const recordings = [stream(three), unreached('ECONNREFUSED')]
    const { text, leftOut } = written(genaiPerf, recordings, { dialects })
    expect(JSON.parse(text).experiments[0].requests).toHaveLength(1)
    expect(leftOut).toEqual(['failed.jsonl: ECONNREFUSED'])
  })
})
