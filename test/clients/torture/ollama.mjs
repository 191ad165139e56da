/** ollama, chat. */
import { Ollama } from 'ollama'

const client = new Ollama({ host: process.env.OLLAMA_HOST })
const stream = await client.chat({
  model: 'llama3.2',
  messages: [{ role: 'user', content: 'hello' }],
  stream: true,
})
for await (const part of stream) process.stdout.write(part.message?.content ?? '')
