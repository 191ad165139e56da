/** @anthropic-ai/sdk, Messages, event by event. */
import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic()
const stream = await client.messages.create({
  model: 'claude-sonnet-4-6',
  max_tokens: 1024,
  messages: [{ role: 'user', content: 'hello' }],
  stream: true,
})
for await (const event of stream) {
  if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') {
    process.stdout.write(event.delta.text)
  }
}
