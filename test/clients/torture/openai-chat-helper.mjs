/** openai, Chat Completions, by the helper that waits for the whole answer. */
import OpenAI from 'openai'

const runner = new OpenAI().chat.completions.stream({
  model: 'gpt-4o',
  messages: [{ role: 'user', content: 'hello' }],
})
process.stdout.write((await runner.finalContent()) ?? '')
