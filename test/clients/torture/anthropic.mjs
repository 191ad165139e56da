/** @anthropic-ai/sdk, Messages, by the helper for streams. */
import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic()
const stream = client.messages
  .stream({
    model: 'claude-sonnet-4-6',
    max_tokens: 1024,
    messages: [{ role: 'user', content: 'hello' }],
  })
  .on('text', (text) => process.stdout.write(text))
await stream.finalMessage()
