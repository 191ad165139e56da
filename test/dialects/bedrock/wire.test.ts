import { describe, expect, it } from 'vitest'
import { looseText } from '../../../src/core/bytes.ts'
import { isApiError, type ReplyContext } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import type { Frame } from '../../../src/core/frame.ts'
import { header } from '../../../src/core/http.ts'
import { bedrockConverse } from '../../../src/dialects/bedrock/converse.ts'
import { bedrockInvoke } from '../../../src/dialects/bedrock/invoke.ts'
import { accepted, encode, jsonRequest, replyTo } from '../wire.ts'

const haiku = 'anthropic.claude-3-haiku-20240307-v1:0'

const at = (modelId: string, operation: string) => ({
  path: `/model/${encodeURIComponent(modelId)}/${operation}`,
  params: { modelId },
})

const user = { role: 'user', content: [{ text: 'hello' }] }

const converse = (body: object = { messages: [user] }): ReplyContext =>
  replyTo(accepted(bedrockConverse, jsonRequest(at(haiku, 'converse-stream'), body)))

const invoke = (modelId: string, body: object, operation = 'invoke-with-response-stream') =>
  replyTo(accepted(bedrockInvoke, jsonRequest(at(modelId, operation), body)))

const said: Event[] = [
  { type: 'start' },
  { type: 'reasoning', text: 'Hm' },
  { type: 'text', text: 'Hi' },
  { type: 'tool-start', index: 0, id: 'tooluse_1', name: 'look' },
  { type: 'tool-arguments', index: 0, text: '{"at":' },
  { type: 'tool-arguments', index: 0, text: '7}' },
  { type: 'tool-end', index: 0 },
  { type: 'finish', reason: 'tool-calls' },
  { type: 'usage', usage: { inputTokens: 14, outputTokens: 8 } },
]

/** A frame in one line, without what chance has put into it. */
const shown = ({ event, data }: Frame): string =>
  `${event} ${data?.replace(/"p":"\w+"/, '"p":"…"').replace(/"signature":"\w+"/, '"signature":"…"')}`

describe('a stream of Converse', () => {
  it('has the events and the order of members of the service', () => {
    expect(encode(bedrockConverse, said, converse()).map(shown)).toEqual([
      'messageStart {"p":"…","role":"assistant"}',
      'contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm"}},"p":"…"}',
      'contentBlockDelta {"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"…"}},"p":"…"}',
      'contentBlockStop {"contentBlockIndex":0,"p":"…"}',
      'contentBlockDelta {"contentBlockIndex":1,"delta":{"text":"Hi"},"p":"…"}',
      'contentBlockStop {"contentBlockIndex":1,"p":"…"}',
      'contentBlockStart {"contentBlockIndex":2,"p":"…","start":{"toolUse":{"name":"look","toolUseId":"tooluse_1"}}}',
      'contentBlockDelta {"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\\"at\\":"}},"p":"…"}',
      'contentBlockDelta {"contentBlockIndex":2,"delta":{"toolUse":{"input":"7}"}},"p":"…"}',
      'contentBlockStop {"contentBlockIndex":2,"p":"…"}',
      'messageStop {"p":"…","stopReason":"tool_use"}',
      'metadata {"metrics":{"latencyMs":160},"p":"…","usage":{"inputTokens":14,"outputTokens":8,"serverToolUsage":{},"totalTokens":22}}',
    ])
  })

  it('is padded by the beginning of one alphabet, in many lengths', () => {
    const texts = Array.from({ length: 60 }, (): Event => ({ type: 'text', text: 'a' }))
    const paddings = encode(bedrockConverse, texts, converse()).map(
      ({ data }) => /"p":"(\w+)"/.exec(data ?? '')?.[1] ?? '',
    )
    for (const padding of paddings) {
      expect('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789').toContain(padding)
    }
    expect(new Set(paddings.map(({ length }) => length)).size).toBeGreaterThan(10)
  })

  it.each([
    ['server-error', 'exception', 'internalServerException'],
    ['rate-limited', 'exception', 'throttlingException'],
    ['invalid-request', 'exception', 'validationException'],
    ['unavailable', 'exception', 'serviceUnavailableException'],
    ['timeout', 'exception', 'modelTimeoutException'],
    ['forbidden', 'error', 'AccessDeniedException'],
  ] as const)('brings the error %s as an %s of the type %s', (code, kind, type) => {
    const [frame] = encode(bedrockConverse, [{ type: 'error', error: { code } }], converse())
    expect(frame?.headers?.[':message-type']).toBe(kind)
    expect(frame?.event).toBe(type)
  })
})

describe('an answer of Converse in one piece', () => {
  it('has the members of the service', () => {
    const { body } = bedrockConverse.whole(said, converse())
    expect(JSON.parse(String(body))).toMatchObject({
      output: {
        message: {
          role: 'assistant',
          content: [
            { reasoningContent: { reasoningText: { text: 'Hm' } } },
            { text: 'Hi' },
            { toolUse: { toolUseId: 'tooluse_1', name: 'look', input: { at: 7 } } },
          ],
        },
      },
      stopReason: 'tool_use',
      usage: { inputTokens: 14, outputTokens: 8, totalTokens: 22 },
    })
  })
})

describe('a stream of InvokeModel', () => {
  const inner = (reply: ReplyContext, events: readonly Event[]): unknown[] =>
    encode(bedrockInvoke, events, reply).map(({ event, data }) => {
      expect(event).toBe('chunk')
      const { bytes } = JSON.parse(data ?? '')
      return JSON.parse(Buffer.from(bytes, 'base64').toString())
    })

  const metrics = {
    inputTokenCount: 14,
    outputTokenCount: 8,
    invocationLatency: 160,
    firstByteLatency: 20,
  }

  it("carries Anthropic's events, with Bedrock's ids and figures, and without pings", () => {
    const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 9, messages: [user] }
    const messages = [{ role: 'user', content: 'hello' }]
    const events = inner(invoke(`us.${haiku}`, { ...body, messages }), said)
    expect(events[0]).toMatchObject({
      type: 'message_start',
      message: {
        id: expect.stringMatching(/^msg_bdrk_01\w{22}$/),
        model: 'claude-3-haiku-20240307',
      },
    })
    expect(events).not.toContainEqual({ type: 'ping' })
    expect(events.at(-1)).toEqual({
      type: 'message_stop',
      'amazon-bedrock-invocationMetrics': { ...metrics, invocationLatency: 180 },
    })
  })

  it("carries Nova's events, each under its name", () => {
    const events = inner(invoke('amazon.nova-lite-v1:0', { messages: [user] }), said)
    expect(events.slice(0, 2)).toEqual([
      { messageStart: { role: 'assistant' } },
      {
        contentBlockDelta: {
          contentBlockIndex: 0,
          delta: { reasoningContent: { text: 'Hm' } },
        },
      },
    ])
    expect(events.at(-1)).toMatchObject({
      metadata: { usage: { inputTokens: 14, outputTokens: 8 } },
      'amazon-bedrock-invocationMetrics': metrics,
    })
  })

  it("carries Titan's texts, the last with the reason and the counts", () => {
    const events = inner(invoke('amazon.titan-text-lite-v1', { inputText: 'hello' }), [
      { type: 'start' },
      { type: 'text', text: 'Hi' },
      { type: 'finish', reason: 'length' },
      { type: 'usage', usage: { inputTokens: 14, outputTokens: 8 } },
    ])
    expect(events).toMatchObject([
      { outputText: 'Hi', index: 0, completionReason: null },
      {
        outputText: '',
        completionReason: 'LENGTH',
        inputTextTokenCount: 14,
        totalOutputTextTokenCount: 8,
        'amazon-bedrock-invocationMetrics': { inputTokenCount: 14 },
      },
    ])
  })
})

describe('an embedding of InvokeModel', () => {
  const vectors = (modelId: string, body: object): unknown => {
    const reply = bedrockInvoke.whole(said, invoke(modelId, body, 'invoke'))
    return JSON.parse(String(reply.body))
  }

  it('is the same for the same text, and of the length that was asked for', () => {
    const ask = { inputText: 'hello', dimensions: 256 }
    const once = vectors('amazon.titan-embed-text-v2:0', ask)
    expect(once).toMatchObject({
      embedding: { length: 256 },
      inputTextTokenCount: 1,
    })
    expect(vectors('amazon.titan-embed-text-v2:0', ask)).toEqual(once)
    const other = vectors('amazon.titan-embed-text-v2:0', { ...ask, inputText: 'bye' })
    expect(other).not.toEqual(once)
  })

  it('comes for each of several texts', () => {
    const ask = { texts: ['one', 'two'], input_type: 'search_query' }
    expect(vectors('cohere.embed-english-v3', ask)).toMatchObject({
      embeddings: [{ length: 1024 }, { length: 1024 }],
      texts: ['one', 'two'],
    })
  })
})

describe('the errors of Bedrock', () => {
  it.each([
    ['invalid-request', 400, 'ValidationException'],
    ['context-length', 400, 'ValidationException'],
    ['unauthorized', 403, 'UnrecognizedClientException'],
    ['forbidden', 403, 'AccessDeniedException'],
    ['not-found', 404, 'ResourceNotFoundException'],
    ['model-not-found', 400, 'ValidationException'],
    ['timeout', 408, 'ModelTimeoutException'],
    ['unprocessable', 424, 'ModelErrorException'],
    ['rate-limited', 429, 'ThrottlingException'],
    ['overloaded', 429, 'ModelNotReadyException'],
    ['quota-exceeded', 400, 'ServiceQuotaExceededException'],
    ['server-error', 500, 'InternalServerException'],
    ['unavailable', 503, 'ServiceUnavailableException'],
  ] as const)('have for %s the status %i and the name %s', (code, status, name) => {
    const reply = bedrockConverse.error({ code })
    expect(reply.status).toBe(status)
    expect(header(reply.headers, 'x-amzn-errortype')?.split(':')[0]).toBe(name)
    expect(Object.keys(JSON.parse(String(reply.body)))).toEqual(['message'])
  })
})

describe('a request to Converse', () => {
  const toolConfig = { tools: [{ toolSpec: { name: 'a', inputSchema: { json: {} } } }] }

  const refusal = (body: object): string => {
    const http = jsonRequest(at(haiku, 'converse'), body)
    const refused = bedrockConverse.parseRequest(http)
    if (!isApiError(refused)) throw new Error('it was accepted')
    const { headers, body: said } = bedrockConverse.error(refused, http)
    const type = header(headers, 'x-amzn-errortype')?.split(':')[0]
    const text = typeof said === 'string' ? said : looseText(said)
    return `${type}: ${JSON.parse(text).message}`
  }

  it.each([
    [
      {},
      "ValidationException: 1 validation error detected: Value null at 'messages' failed to satisfy constraint: Member must not be null",
    ],
    [
      { messages: [{ ...user, role: 'robot' }] },
      "ValidationException: 1 validation error detected: Value 'robot' at 'messages.0.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]",
    ],
    [
      { messages: [user], inferenceConfig: { temperature: 1.5 } },
      "ValidationException: 1 validation error detected: Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1",
    ],
    [
      { messages: [{ role: 'user', content: 'hi' }] },
      'SerializationException: messages.0.content: expected array, received string',
    ],
    [
      { messages: [{ role: 'user', content: [{ text: '' }] }] },
      'ValidationException: The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again.',
    ],
    [
      {
        messages: [
          user,
          { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'a', input: {} } }] },
        ],
      },
      'ValidationException: The toolConfig field must be defined when using toolUse and toolResult content blocks.',
    ],
    [
      {
        toolConfig,
        messages: [
          user,
          { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'a', input: {} } }] },
          user,
        ],
      },
      'ValidationException: Expected toolResult blocks at messages.2.content for the following Ids: t',
    ],
    [
      {
        toolConfig,
        messages: [{ role: 'user', content: [{ toolResult: { toolUseId: 't', content: [] } }] }],
      },
      'ValidationException: The number of toolResult blocks at messages.0.content exceeds the number of toolUse blocks of previous turn.',
    ],
    [
      { messages: [user], toolConfig: { tools: [] } },
      "ValidationException: 1 validation error detected: Value '[]' at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1",
    ],
    [
      { messages: [user], toolConfig: { tools: [{ toolSpec: { name: 'a' } }] } },
      "ValidationException: 1 validation error detected: Value null at 'toolConfig.tools.0.toolSpec.inputSchema' failed to satisfy constraint: Member must not be null",
    ],
    [
      { messages: [{ role: 'user', content: [{ image: { format: 'bmp' } }] }] },
      "ValidationException: 1 validation error detected: Value 'bmp' at 'messages.0.content.0.image.format' failed to satisfy constraint: Member must satisfy enum value set: [png, jpeg, gif, webp]",
    ],
  ])('%j is refused', (body, expected) => {
    expect(refusal(body)).toBe(expected)
  })

  it('needs no messages where it names a prompt that the service keeps', () => {
    expect(converse({ promptVariables: { topic: { text: 'seas' } } }).request.user).toBeUndefined()
  })

  it('does not count what came from the cache as input', () => {
    const usage = { inputTokens: 100, outputTokens: 50, cachedTokens: 30 }
    const { body } = bedrockConverse.whole([{ type: 'usage', usage }], converse())
    expect(JSON.parse(String(body)).usage).toMatchObject({
      inputTokens: 70,
      cacheReadInputTokens: 30,
      totalTokens: 150,
    })
    expect(bedrockConverse.decodeWhole(Buffer.from(body))).toContainEqual({ type: 'usage', usage })
  })

  it('tells the results of tools from what the user says', () => {
    const toolResult = { toolUseId: 't', content: [{ json: { sky: 'blue' } }] }
    const messages = [
      user,
      { role: 'assistant', content: [{ toolUse: { toolUseId: 't', name: 'look', input: {} } }] },
      { role: 'user', content: [{ toolResult }] },
    ]
    const { request } = converse({
      system: [{ text: 'Be brief.' }],
      messages,
      toolConfig: { tools: [{ toolSpec: { name: 'look', inputSchema: { json: {} } } }] },
    })
    expect(request.messages).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'hello' },
      { role: 'assistant', text: '' },
      { role: 'tool', text: '{"sky":"blue"}' },
    ])
    expect(request).toMatchObject({ user: 'hello', system: 'Be brief.', model: haiku })
  })

  it.each([
    ['Bearer abc', 'abc'],
    [
      'AWS4-HMAC-SHA256 Credential=AKIA7/20261122/us-east-1/bedrock/aws4_request, Signature=f',
      'AKIA7',
    ],
  ])('presents its key in %s', (authorization, key) => {
    const http = jsonRequest(
      { ...at(haiku, 'converse'), headers: [['Authorization', authorization]] },
      {},
    )
    expect(bedrockConverse.key?.(http)).toBe(key)
  })
})
