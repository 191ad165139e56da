import { expect, test } from 'vitest'
import { openReply, sweep } from '../../src/index.ts'

const reply = await openReply({
  scenario: { rules: [{ reply: [{ text: ['Hello', ' world', '!'] }] }] },
})

/** The client under test: asks by the `fetch` that it is given, and tells what it got. */
async function ask(fetch: typeof globalThis.fetch): Promise<string> {
  const response = await fetch('http://any.test/v1/chat/completions', { method: 'POST' })
  if (!response.ok) throw new Error(`HTTP ${response.status}`)
  const body = await response.text()
  const messages = body.split('\n\n').filter((message) => message.startsWith('data: '))
  let text = ''
  for (const message of messages) {
    if (message === 'data: [DONE]') return text
    const { choices, error } = JSON.parse(message.slice('data: '.length))
    if (error) throw new Error(error.message)
    text += choices?.[0]?.delta?.content ?? ''
  }
  throw new Error('the stream ended before it was done')
}

test('the client is right about every variant, but for silence', async () => {
  const wrong: string[] = []
  for (const variant of sweep(reply, { budget: 200 })) {
    const { isRight, verdict } = await variant.run(ask)
    if (!isRight && verdict !== 'hang') wrong.push(`${variant}: ${verdict}`)
  }
  expect(wrong).toEqual([])
})
