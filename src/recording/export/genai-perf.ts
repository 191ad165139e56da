/**
 * Taped timing as the profile export of Perf Analyzer, which genai-perf reads and plots. It knows
 * the chunks of OpenAI Chat Completions, so deltas of any dialect are written as such.
 * Must never hold more than one answer.
 */

import { askedOf } from './asked.ts'
import type { Exported, Exporter } from './exporter.ts'
import { type MeasuredAnswer, measured } from './measured.ts'

export const genaiPerf: Exporter = {
  name: 'genai-perf',
  title: 'timing as a profile export for genai-perf (JSON)',
  *write(exported, options) {
    yield '{"version":"2.60.0","service_kind":"openai","endpoint":"v1/chat/completions",\n'
    yield '"experiments":[{"experiment":{"mode":"request_rate","value":0},"requests":['
    let [count, startMs, endMs] = [0, Number.POSITIVE_INFINITY, 0]
    for (const one of exported) {
      const answer = measured(one, options)
      if (!answer) continue
      if (answer.error !== '' || answer.deltas.length === 0) {
        options.leaveOut(one.recording.file, answer.error || 'nothing in it could be decoded')
        continue
      }
      yield `${count++ === 0 ? '\n' : ',\n'}${requestOf(one, answer)}`
      startMs = Math.min(startMs, answer.startMs)
      endMs = Math.max(endMs, answer.startMs + answer.durationMs)
    }
    const window = count === 0 ? '' : `${nanoseconds(startMs, 0)},${nanoseconds(endMs, 0)}`
    yield `\n],"window_boundaries":[${window}]}]}\n`
  },
}

/** Beyond what a double counts exactly, so it is written as digits. */
const nanoseconds = (startMs: number, atMs: number): string =>
  String(BigInt(Math.round(startMs * 1000 + atMs * 1000)) * 1000n)

function requestOf(one: Exported, { startMs, model, deltas }: MeasuredAnswer): string {
  const asked = askedOf(one)
  const messages =
    asked.kind === 'chat'
      ? asked.chat.messages.map(({ role, text }) => ({ role, content: text }))
      : [{ role: 'user', content: '' }]
  const payload = JSON.stringify({ model: model ?? '', stream: true, messages })
  const times = deltas.map(({ atMs }) => nanoseconds(startMs, atMs))
  const outputs = deltas.map(({ text }) => ({
    response: `data: ${JSON.stringify(chunk(text))}\n\n`,
  }))
  return (
    `{"timestamp":${nanoseconds(startMs, 0)},` +
    `"request_inputs":${JSON.stringify({ payload })},` +
    `"response_timestamps":[${times.join(',')}],` +
    `"response_outputs":${JSON.stringify(outputs)}}`
  )
}

const chunk = (content: string): object => ({
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
})
