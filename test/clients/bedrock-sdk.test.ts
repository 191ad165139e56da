/** What is special in Bedrock's formats, seen through the AWS SDK as it comes: over HTTP/2. */
import {
  type BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { bedrockClient } from './readers/bedrock-converse.ts'

const modelId = 'anthropic.claude-3-haiku-20240307-v1:0'
const messages = [{ role: 'user' as const, content: [{ text: 'hello' }] }]

async function withClient<T>(
  double: Double,
  use: (client: BedrockRuntimeClient) => Promise<T>,
): Promise<T> {
  const client = bedrockClient(double.url())
  try {
    return await use(client)
  } finally {
    client.destroy()
  }
}

const playing = (rule: object): Promise<Double> => start({ scenarios: [{ rules: [rule] }] })

async function hearTexts(client: BedrockRuntimeClient): Promise<string[]> {
  const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages }))
  const texts: string[] = []
  for await (const { contentBlockDelta } of stream ?? []) {
    if (contentBlockDelta?.delta?.text !== undefined) texts.push(contentBlockDelta.delta.text)
  }
  return texts
}

describe('the AWS SDK', () => {
  it('hears a stream over HTTP/2 on the port that also serves HTTP/1.1', async () => {
    await using double = await playing({ reply: [{ text: ['Hello', ' there'] }] })
    expect(await withClient(double, hearTexts)).toEqual(['Hello', ' there'])
    const health = await fetch(double.url('/_stuntdouble/health'))
    expect(health.status).toBe(200)
  })

  it('reads names of models with colons and slashes', async () => {
    const arn = 'arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-v1:0'
    await using double = await playing({ when: { model: arn }, reply: 'By its ARN.' })
    const { output } = await withClient(double, (client) =>
      client.send(new ConverseCommand({ modelId: arn, messages })),
    )
    expect(output?.message?.content).toEqual([{ text: 'By its ARN.' }])
  })

  it('gives back reasoning with the signature that a next turn needs', async () => {
    await using double = await playing({ reply: [{ reasoning: 'Hm.' }, { text: 'Yes.' }] })
    const { output } = await withClient(double, (client) =>
      client.send(new ConverseCommand({ modelId, messages })),
    )
    const [thought] = output?.message?.content ?? []
    expect(thought?.reasoningContent?.reasoningText).toEqual({
      text: 'Hm.',
      signature: expect.stringMatching(/^\w+$/),
    })
    if (!output?.message) throw new Error('there was no message')
    const further = [...messages, output.message, ...messages]
    const again = await withClient(double, (client) =>
      client.send(new ConverseCommand({ modelId, messages: further })),
    )
    expect(again.stopReason).toBe('end_turn')
  })

  it('takes the result of a tool, and rules see it as one', async () => {
    await using double = await start({
      scenarios: [
        {
          rules: [
            { when: { messages: { min: 3 } }, reply: 'It is sunny.' },
            { reply: { tool: { name: 'get_weather', arguments: { city: 'Rome' } } } },
          ],
        },
      ],
    })
    const toolConfig = {
      tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: { type: 'object' } } } }],
    }
    const called = await withClient(double, (client) =>
      client.send(new ConverseCommand({ modelId, messages, toolConfig })),
    )
    const use = called.output?.message?.content?.[0]?.toolUse
    expect(use).toMatchObject({ name: 'get_weather', input: { city: 'Rome' } })
    const result = { toolResult: { toolUseId: use?.toolUseId, content: [{ text: 'sunny' }] } }
    const further = [
      ...messages,
      { role: 'assistant' as const, content: [{ toolUse: use }] },
      { role: 'user' as const, content: [result] },
    ]
    const answered = await withClient(double, (client) =>
      client.send(
        new ConverseCommand({ modelId, messages: JSON.parse(JSON.stringify(further)), toolConfig }),
      ),
    )
    expect(answered.output?.message?.content).toEqual([{ text: 'It is sunny.' }])
  })

  it('will not take a message that a fault has bent', async () => {
    await using double = await playing({
      reply: [{ text: ['one', 'two', 'three'] }],
      faults: [{ corrupt: { at: { frame: 2 } } }],
    })
    await expect(withClient(double, hearTexts)).rejects.toThrow(/checksum|[Tt]runcated/)
  })

  it('throws the exception that stands in a stream', async () => {
    await using double = await playing({
      reply: [{ text: 'one' }, { error: { code: 'rate-limited', message: 'Slower, please.' } }],
    })
    await expect(withClient(double, hearTexts)).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'Slower, please.',
    })
  })

  it('tries again after it was throttled', async () => {
    const error = { code: 'rate-limited' }
    await using double = await start({
      scenarios: [{ rules: [{ times: 1, reply: { error } }, { reply: 'Now.' }] }],
    })
    const client = bedrockClient(double.url(), 2)
    try {
      expect(await hearTexts(client)).toEqual(['Now', '.'])
    } finally {
      client.destroy()
    }
  })
})

describe('InvokeModel through the AWS SDK', () => {
  const decoder = new TextDecoder()

  it('brings the native events of Nova', async () => {
    await using double = await playing({ reply: [{ text: ['Hello', ' there'] }] })
    const events = await withClient(double, async (client) => {
      const { body } = await client.send(
        new InvokeModelWithResponseStreamCommand({
          modelId: 'amazon.nova-lite-v1:0',
          body: JSON.stringify({ messages }),
        }),
      )
      const read: unknown[] = []
      for await (const { chunk } of body ?? []) read.push(JSON.parse(decoder.decode(chunk?.bytes)))
      return read
    })
    expect(events).toContainEqual({
      contentBlockDelta: { contentBlockIndex: 0, delta: { text: ' there' } },
    })
  })

  it.each([
    ['amazon.titan-text-lite-v1', {}, /required key \[inputText\] not found/],
    ['anthropic.claude-3-haiku-20240307-v1:0', { messages: [] }, /anthropic_version/],
    ['meta.llama3-8b-instruct-v1:0', { prompt: 'hi' }, /plays no model of the family/],
  ])('refuses what %s does not take', async (model, body, message) => {
    await using double = await playing({ reply: 'Hello' })
    const asked = withClient(double, (client) =>
      client.send(new InvokeModelCommand({ modelId: model, body: JSON.stringify(body) })),
    )
    await expect(asked).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringMatching(message),
    })
  })
})
