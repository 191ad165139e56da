/** The AWS SDK, as it comes, as a reader of Bedrock Converse: it speaks HTTP/2 without TLS. */
import {
  BedrockRuntimeClient,
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  type ConverseStreamOutput,
} from '@aws-sdk/client-bedrock-runtime'
import type { Asked, Heard, HeardCall, Reader } from './reader.ts'
import { tools } from './tools.ts'

/** One attempt unless told otherwise; the keys are of no consequence, since signatures are not checked. */
export const bedrockClient = (baseUrl: string, maxAttempts = 1): BedrockRuntimeClient =>
  new BedrockRuntimeClient({
    endpoint: baseUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'none', secretAccessKey: 'none' },
    maxAttempts,
  })

export const bedrockConverseReader: Reader = {
  dialect: 'bedrock-converse',
  sdk: '@aws-sdk/client-bedrock-runtime',
  async ask(baseUrl, asked) {
    const client = bedrockClient(baseUrl)
    try {
      return await askConverse(client, asked)
    } finally {
      client.destroy()
    }
  },
  says: { reasoning: true, calls: true, usage: true },
  finishes: {
    stop: 'end_turn',
    length: 'max_tokens',
    'tool-calls': 'tool_use',
    'content-filter': 'content_filtered',
  },
  errors: {
    'invalid-request': { name: 'ValidationException', status: 400 },
    'context-length': { name: 'ValidationException', status: 400 },
    'content-filter': { name: 'ValidationException', status: 400 },
    unauthorized: { name: 'BedrockRuntimeServiceException', status: 403 },
    forbidden: { name: 'AccessDeniedException', status: 403 },
    'not-found': { name: 'ResourceNotFoundException', status: 404 },
    'model-not-found': { name: 'ValidationException', status: 400 },
    'method-not-allowed': { name: 'BedrockRuntimeServiceException', status: 405 },
    timeout: { name: 'ModelTimeoutException', status: 408 },
    conflict: { name: 'ConflictException', status: 409 },
    'too-large': { name: 'BedrockRuntimeServiceException', status: 413 },
    unprocessable: { name: 'ModelErrorException', status: 424 },
    'rate-limited': { name: 'ThrottlingException', status: 429 },
    'quota-exceeded': { name: 'ServiceQuotaExceededException', status: 400 },
    'server-error': { name: 'InternalServerException', status: 500 },
    'bad-gateway': { name: 'InternalServerException', status: 502 },
    unavailable: { name: 'ServiceUnavailableException', status: 503 },
    overloaded: { name: 'ModelNotReadyException', status: 429 },
  },
  errorInStream: /It broke/,
  // A clean end is taken for the whole answer, wherever it comes; so is the close of a connection,
  // which Node's HTTP/2 client does not tell apart from it.
  cut: (ending) => (ending === 'reset' ? /NGHTTP2_INTERNAL_ERROR/ : 'success'),
}

async function askConverse(client: BedrockRuntimeClient, asked: Asked): Promise<Heard> {
  const input: ConverseCommandInput = {
    modelId: 'anthropic.claude-3-haiku-20240307-v1:0',
    messages: [{ role: 'user', content: [{ text: asked.user }] }],
    ...(asked.tools ? { toolConfig: { tools: tools.map(asToolSpec) } } : {}),
  }
  const options = asked.signal ? { abortSignal: asked.signal } : {}
  if (asked.stream) {
    const { stream } = await client.send(new ConverseStreamCommand(input), options)
    return heardStream(stream ?? [])
  }
  const { output, stopReason, usage } = await client.send(new ConverseCommand(input), options)
  const said = output?.message?.content ?? []
  return {
    text: said.map((block) => block.text ?? '').join(''),
    reasoning: said.map((block) => block.reasoningContent?.reasoningText?.text ?? '').join(''),
    refusal: '',
    calls: said.flatMap(heardCall),
    finish: stopReason,
    usage: usage && { input: usage.inputTokens ?? 0, output: usage.outputTokens ?? 0 },
  }
}

const asToolSpec = ({ name, parameters }: (typeof tools)[number]) => ({
  toolSpec: { name, inputSchema: { json: parameters } },
})

const heardCall = ({ toolUse }: ContentBlock): HeardCall[] =>
  toolUse ? [{ name: toolUse.name ?? '', arguments: toolUse.input }] : []

async function heardStream(
  stream: AsyncIterable<ConverseStreamOutput> | Iterable<ConverseStreamOutput>,
): Promise<Heard> {
  let [text, reasoning] = ['', '']
  let finish: string | undefined
  let usage: Heard['usage']
  const calls = new Map<number | undefined, { name: string; json: string }>()
  for await (const { contentBlockStart, contentBlockDelta, messageStop, metadata } of stream) {
    const use = contentBlockStart?.start?.toolUse
    if (use) calls.set(contentBlockStart.contentBlockIndex, { name: use.name ?? '', json: '' })
    const delta = contentBlockDelta?.delta
    text += delta?.text ?? ''
    reasoning += delta?.reasoningContent?.text ?? ''
    const call = calls.get(contentBlockDelta?.contentBlockIndex)
    if (call) call.json += delta?.toolUse?.input ?? ''
    finish = messageStop?.stopReason ?? finish
    if (metadata?.usage) {
      usage = {
        input: metadata.usage.inputTokens ?? 0,
        output: metadata.usage.outputTokens ?? 0,
      }
    }
  }
  const heard = [...calls.values()].map(({ name, json }) => ({
    name,
    arguments: JSON.parse(json === '' ? '{}' : json),
  }))
  return { text, reasoning, refusal: '', calls: heard, finish, usage }
}
