/** What the AWS SDK sees of a connection that breaks, over HTTP/2 as it comes. */
import { ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { bedrockClient } from './readers/bedrock-converse.ts'

const modelId = 'anthropic.claude-3-haiku-20240307-v1:0'
const words = ['one', 'two', 'three', 'four']

const serve = (...rules: readonly object[]): Promise<Double> => start({ scenarios: [{ rules }] })

interface Heard {
  readonly words: readonly string[]
  readonly error: string | undefined
}

async function hear(double: Double, maxAttempts = 1, signal?: AbortSignal): Promise<Heard> {
  const client = bedrockClient(double.url(), maxAttempts)
  const heard: string[] = []
  const messages = [{ role: 'user' as const, content: [{ text: 'Count.' }] }]
  try {
    const options = signal ? { abortSignal: signal } : {}
    const { stream } = await client.send(new ConverseStreamCommand({ modelId, messages }), options)
    for await (const { contentBlockDelta } of stream ?? []) {
      const text = contentBlockDelta?.delta?.text
      if (text !== undefined) heard.push(text)
    }
    return { words: heard, error: undefined }
  } catch (error) {
    return { words: heard, error: String(error) }
  } finally {
    client.destroy()
  }
}

describe('the AWS SDK over HTTP/2', () => {
  it.each([
    // Unlike over HTTP/1.1, a reset is seen without any silence before it.
    ['reset', { reset: { at: { frame: 3 } } }, 2, /NGHTTP2_INTERNAL_ERROR/],
    // Node's client takes the end of a connection for the end of a stream.
    ['close', { close: { at: { frame: 3 } } }, 2, undefined],
    ['end', { end: { at: { frame: 3 } } }, 2, undefined],
    ['refuse', { refuse: {} }, 0, /NGHTTP2_REFUSED_STREAM/],
    ['refuse by close', { refuse: { by: 'close' } }, 0, /did not get a response/],
  ])('hears of %s what came before it', async (_, fault, count, error) => {
    await using double = await serve({ reply: [{ text: words }], faults: [fault] })
    const heard = await hear(double)
    expect(heard.words).toEqual(words.slice(0, count))
    if (error) expect(heard.error).toMatch(error)
    else expect(heard.error).toBeUndefined()
  })

  it('gives a stream up by RST_STREAM, and the server stops', async () => {
    const leaving = new AbortController()
    await using double = await serve({ reply: [{ text: words }, { wait: '10m' }, { text: ['x'] }] })
    const hearing = hear(double, 1, leaving.signal)
    await expect.poll(() => double.open).toBe(1)
    leaving.abort()
    await hearing
    await expect.poll(() => double.open).toBe(0)
    expect(double.journal.at(-1)?.ended).toBe('client-left')
  })

  it('tries again when it is refused', async () => {
    await using double = await serve(
      { times: 1, reply: 'never', faults: ['refuse'] },
      { reply: [{ text: words }] },
    )
    expect(await hear(double, 2)).toEqual({ words, error: undefined })
  })
})
