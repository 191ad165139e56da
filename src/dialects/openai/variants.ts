/** The services that are compatible with OpenAI's Chat Completions, as dialects. */
import type { Dialect } from '../../core/dialect.ts'
import { chatDialect } from './chat.ts'
import { azure } from './variants/azure.ts'
import { deepseek } from './variants/deepseek.ts'
import { groq } from './variants/groq.ts'
import { ollamaChat } from './variants/ollama.ts'
import { openRouter } from './variants/openrouter.ts'
import { perplexity } from './variants/perplexity.ts'
import { together } from './variants/together.ts'
import { vllm } from './variants/vllm.ts'
import { xai } from './variants/xai.ts'

/**
 * In this order: where two have a path, the first is meant by a request that does not tell. Groq and
 * Azure share `/openai/v1`, DeepSeek and Perplexity the root.
 */
export const compatibleDialects: readonly Dialect[] = [
  groq,
  azure,
  deepseek,
  perplexity,
  openRouter,
  xai,
  together,
  vllm,
  ollamaChat,
].map(chatDialect)
