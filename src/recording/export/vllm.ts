/**
 * Taped timing as the result file of `vllm bench serve --save-result --save-detailed`, so that what
 * plots or compares those reads it. Times are in seconds and summaries in milliseconds, percentiles
 * interpolated as numpy does, for that is how they are written there.
 */
import { roundMs } from '../format.ts'
import type { Exporter } from './exporter.ts'
import { type MeasuredAnswer, measured } from './measured.ts'

export const vllm: Exporter = {
  name: 'vllm',
  title: "timing as vLLM's benchmark writes it (JSON)",
  *write(exported, options) {
    const answers = [...exported].flatMap((one) => measured(one, options) ?? [])
    yield `${JSON.stringify(resultOf(answers))}\n`
  },
}

const seconds = (ms: number): number => Math.round(ms * 1000) / 1e6

function resultOf(answers: readonly MeasuredAnswer[]): object {
  const good = answers.filter(isGood)
  const startMs = Math.min(...answers.map((one) => one.startMs))
  const endMs = Math.max(...answers.map((one) => one.startMs + one.durationMs))
  const duration = answers.length === 0 ? 0 : seconds(endMs - startMs)
  const input = sum(good.map(({ inputTokens }) => inputTokens))
  const output = sum(good.map(({ outputTokens }) => outputTokens))
  const models = [...new Set(answers.flatMap(({ model }) => model ?? []))]
  return {
    date: dateOf(startMs),
    endpoint_type: 'stuntdouble',
    backend: 'stuntdouble',
    label: null,
    model_id: models.join(', '),
    tokenizer_id: models.join(', '),
    num_prompts: answers.length,
    request_rate: 'inf',
    burstiness: 1,
    max_concurrency: null,
    duration,
    completed: good.length,
    failed: answers.length - good.length,
    total_input_tokens: input,
    total_output_tokens: output,
    request_throughput: per(good.length, duration),
    request_goodput: null,
    output_throughput: per(output, duration),
    total_token_throughput: per(input + output, duration),
    input_lens: answers.map(({ inputTokens }) => inputTokens),
    output_lens: answers.map((one) => (isGood(one) ? one.outputTokens : 0)),
    ttfts: answers.map((one) => seconds(one.deltas[0]?.atMs ?? 0)),
    itls: answers.map((one) => gapsOf(one).map(seconds)),
    start_times: answers.map((one) => one.startMs / 1000),
    generated_texts: answers.map(({ deltas }) => deltas.map(({ text }) => text).join('')),
    errors: answers.map(({ error }) => error),
    ...summary(
      'ttft',
      good.flatMap(({ deltas }) => deltas[0]?.atMs ?? []),
    ),
    ...summary('tpot', good.flatMap(perToken)),
    ...summary('itl', good.flatMap(gapsOf)),
    ...summary(
      'e2el',
      good.flatMap(({ deltas }) => deltas.at(-1)?.atMs ?? []),
    ),
  }
}

const isGood = ({ error, deltas }: MeasuredAnswer): boolean => error === '' && deltas.length > 0

/** `20261122-100000`, in UTC. */
const dateOf = (ms: number): string =>
  Number.isFinite(ms)
    ? new Date(ms).toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
    : ''

const gapsOf = ({ deltas }: MeasuredAnswer): number[] =>
  deltas.slice(1).map(({ atMs }, index) => atMs - (deltas[index]?.atMs ?? atMs))

/** Time per output token after the first; an answer of one token has none. */
function perToken({ deltas, outputTokens }: MeasuredAnswer): number[] {
  const [first, last] = [deltas[0], deltas.at(-1)]
  return first && last && outputTokens > 1 ? [(last.atMs - first.atMs) / (outputTokens - 1)] : []
}

const sum = (values: readonly number[]): number => values.reduce((total, one) => total + one, 0)

const per = (count: number, duration: number): number => (duration > 0 ? count / duration : 0)

function summary(name: string, values: readonly number[]): object {
  const sorted = [...values].sort((a, b) => a - b)
  const mean = sorted.length === 0 ? 0 : sum(sorted) / sorted.length
  const spread = sorted.map((value) => (value - mean) ** 2)
  return {
    [`mean_${name}_ms`]: roundMs(mean),
    [`median_${name}_ms`]: roundMs(percentile(sorted, 0.5)),
    [`std_${name}_ms`]: roundMs(Math.sqrt(per(sum(spread), sorted.length))),
    [`p99_${name}_ms`]: roundMs(percentile(sorted, 0.99)),
  }
}

function percentile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(place)] ?? 0, sorted[Math.ceil(place)] ?? 0]
  return low + (high - low) * (place - Math.floor(place))
}
