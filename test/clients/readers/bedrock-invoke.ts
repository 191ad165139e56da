/**
 * The AWS SDK as a reader of InvokeModel, which hands out bytes: what is in them is read as a program
 * does that knows the model, here one of Anthropic's.
 */
import {
  type BedrockRuntimeClient,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type ResponseStream,
} from '@aws-sdk/client-bedrock-runtime'
import { bedrockClient, bedrockConverseReader } from './bedrock-converse.ts'
import type { Asked, Heard, Reader } from './reader.ts'
import { tools } from './tools.ts'

export const bedrockInvokeReader: Reader = {
  dialect: 'bedrock-invoke',
  sdk: '@aws-sdk/client-bedrock-runtime',
  async ask(baseUrl, asked) {
    const client = bedrockClient(baseUrl)
    try {
      return await askClaude(client, asked)
    } finally {
      client.destroy()
    }
  },
  says: { reasoning: true, calls: true, usage: true },
  finishes: {
    stop: 'end_turn',
    length: 'max_tokens',
    'tool-calls': 'tool_use',
    'content-filter': 'refusal',
  },
  errors: bedrockConverseReader.errors,
  errorInStream: bedrockConverseReader.errorInStream,
  cut: bedrockConverseReader.cut,
}

async function askClaude(client: BedrockRuntimeClient, asked: Asked): Promise<Heard> {
  const input = {
    modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
    contentType: 'application/json',
    body: JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 1000,
      messages: [{ role: 'user', content: asked.user }],
      ...(asked.tools ? { tools: tools.map(asTool) } : {}),
    }),
  }
  const options = asked.signal ? { abortSignal: asked.signal } : {}
  if (asked.stream) {
    const { body } = await client.send(new InvokeModelWithResponseStreamCommand(input), options)
    return heardStream(body ?? [])
  }
  const { body } = await client.send(new InvokeModelCommand(input), options)
  return heardWhole(JSON.parse(new TextDecoder().decode(body)))
}

const asTool = ({ name, description, parameters }: (typeof tools)[number]) => ({
  name,
  description,
  input_schema: parameters,
})

/** The fields that are read here, of the many that there are. */
interface Block {
  readonly type: string
  readonly text?: string
  readonly thinking?: string
  readonly name?: string
  readonly input?: unknown
}

interface Message {
  readonly content: readonly Block[]
  readonly stop_reason: string
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number }
}

const heardWhole = ({ content, stop_reason: finish, usage }: Message): Heard => ({
  text: content.map(({ text = '' }) => text).join(''),
  reasoning: content.map(({ thinking = '' }) => thinking).join(''),
  refusal: '',
  calls: content.flatMap(({ type, name = '', input }) =>
    type === 'tool_use' ? [{ name, arguments: input }] : [],
  ),
  finish,
  usage: { input: usage.input_tokens, output: usage.output_tokens },
})

interface Native {
  readonly index?: number
  readonly content_block?: Block
  readonly delta?: Block & { readonly partial_json?: string; readonly stop_reason?: string }
  readonly 'amazon-bedrock-invocationMetrics'?: {
    readonly inputTokenCount: number
    readonly outputTokenCount: number
  }
}

async function heardStream(
  stream: AsyncIterable<ResponseStream> | Iterable<ResponseStream>,
): Promise<Heard> {
  let [text, reasoning] = ['', '']
  let finish: string | undefined
  let usage: Heard['usage']
  const calls = new Map<number | undefined, { name: string; json: string }>()
  for await (const { chunk } of stream) {
    const native: Native = JSON.parse(new TextDecoder().decode(chunk?.bytes))
    const { index, content_block: block, delta } = native
    if (block?.type === 'tool_use') calls.set(index, { name: block.name ?? '', json: '' })
    text += delta?.text ?? ''
    reasoning += delta?.thinking ?? ''
    const call = calls.get(index)
    if (call) call.json += delta?.partial_json ?? ''
    finish = delta?.stop_reason ?? finish
    const metrics = native['amazon-bedrock-invocationMetrics']
    if (metrics) usage = { input: metrics.inputTokenCount, output: metrics.outputTokenCount }
  }
  const heard = [...calls.values()].map(({ name, json }) => ({
    name,
    arguments: JSON.parse(json === '' ? '{}' : json),
  }))
  return { text, reasoning, refusal: '', calls: heard, finish, usage }
}
