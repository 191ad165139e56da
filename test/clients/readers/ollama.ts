/** The ollama package as a reader of Ollama's chat. */
import { type ChatResponse, Ollama, type ToolCall } from 'ollama'
import type { Asked, Heard, Reader } from './reader.ts'
import { tools } from './tools.ts'

const failed = (status: number) => ({ name: 'ResponseError', status })

export const ollamaReader: Reader = {
  dialect: 'ollama',
  sdk: 'ollama',
  ask,
  says: { reasoning: true, calls: true, usage: true },
  // Neither tools nor filters are reasons of their own.
  finishes: { stop: 'stop', length: 'length', 'tool-calls': 'stop', 'content-filter': 'stop' },
  errors: {
    'invalid-request': failed(400),
    'context-length': failed(400),
    'content-filter': failed(400),
    unauthorized: failed(401),
    forbidden: failed(403),
    'not-found': failed(404),
    'model-not-found': failed(404),
    'method-not-allowed': failed(405),
    timeout: failed(408),
    conflict: failed(409),
    'too-large': failed(413),
    unprocessable: failed(422),
    'rate-limited': failed(429),
    'quota-exceeded': failed(429),
    'server-error': failed(500),
    'bad-gateway': failed(502),
    unavailable: failed(503),
    overloaded: failed(503),
  },
  errorInStream: /It broke/,
  cut(ending, frame, frames) {
    if (frame === frames) return 'success'
    return ending === 'end' ? /Did not receive done/ : /terminated/
  },
}

async function ask(baseUrl: string, asked: Asked): Promise<Heard> {
  const client = new Ollama({ host: baseUrl })
  const question = {
    model: 'llama3.2',
    messages: [{ role: 'user', content: asked.user }],
    ...(asked.tools ? { tools: tools.map(asFunction) } : {}),
  }
  if (!asked.stream) return heard([await client.chat({ ...question, stream: false })])
  const stream = await client.chat({ ...question, stream: true })
  asked.signal?.addEventListener('abort', () => stream.abort())
  // The package takes no signal, which may have come before there was a stream to abort.
  if (asked.signal?.aborted) stream.abort()
  const lines: ChatResponse[] = []
  for await (const line of stream) lines.push(line)
  return heard(lines)
}

const asFunction = ({ name, description, parameters }: (typeof tools)[number]) => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: { ...parameters, properties: { ...parameters.properties } },
  },
})

function heard(lines: readonly ChatResponse[]): Heard {
  const last = lines.at(-1)
  const calls = lines.flatMap(({ message }): ToolCall[] => message.tool_calls ?? [])
  return {
    text: lines.map(({ message }) => message.content).join(''),
    reasoning: lines.map(({ message }) => message.thinking ?? '').join(''),
    refusal: '',
    calls: calls.map(({ function: { name, arguments: values } }) => ({ name, arguments: values })),
    finish: last?.done_reason,
    usage: last && { input: last.prompt_eval_count, output: last.eval_count },
  }
}
