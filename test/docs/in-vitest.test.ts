import OpenAI from 'openai'
import { expect, test } from 'vitest'
import { start } from '../../src/index.ts'

test('what arrived before the connection broke is kept', async () => {
  const rule = {
    reply: [{ text: ['Hello', ' world', '!'] }],
    faults: [{ reset: { at: { frame: 3 }, after: '20ms' } }],
  }
  await using double = await start({ scenarios: [{ rules: [rule] }] })
  const client = new OpenAI({ baseURL: double.url('/v1'), apiKey: 'none', maxRetries: 0 })

  let heard = ''
  const listen = async () => {
    const stream = await client.chat.completions.create({
      model: 'gpt-4o',
      stream: true,
      messages: [{ role: 'user', content: 'Greet me.' }],
    })
    for await (const chunk of stream) heard += chunk.choices[0]?.delta.content ?? ''
  }

  await expect(listen()).rejects.toThrow()
  expect(heard).toBe('Hello world')
  expect(double.journal.at(-1)?.faults).toMatchObject([{ kind: 'reset' }])
})
