/** Every dialect that a vendor's own SDK reads; a dialect is judged by being listed here. */
import { agUiReader } from './ag-ui.ts'
import { aiSdkReader } from './ai-sdk.ts'
import { aiSdkDataReader } from './ai-sdk-data.ts'
import { aiSdkTextReader } from './ai-sdk-text.ts'
import { anthropicReader } from './anthropic.ts'
import { azureCompletionsReader, azureOpenAiReader, azureResponsesReader } from './azure-openai.ts'
import { bedrockConverseReader } from './bedrock-converse.ts'
import { bedrockInvokeReader } from './bedrock-invoke.ts'
import { cohereReader } from './cohere.ts'
import { cohereV1Reader } from './cohere-v1.ts'
import { geminiReader, vertexReader } from './gemini.ts'
import { groqReader } from './groq.ts'
import { mistralReader } from './mistral.ts'
import { ollamaReader } from './ollama.ts'
import { openAiChatReader } from './openai-chat.ts'
import { compatibleReaders } from './openai-compatible.ts'
import { openAiCompletionsReader } from './openai-completions.ts'
import { openAiResponsesFlatReader, openAiResponsesReader } from './openai-responses.ts'
import type { Reader } from './reader.ts'

export const readers: readonly Reader[] = [
  openAiChatReader,
  openAiResponsesReader,
  openAiResponsesFlatReader,
  openAiCompletionsReader,
  azureOpenAiReader,
  azureResponsesReader,
  azureCompletionsReader,
  groqReader,
  ...compatibleReaders,
  anthropicReader,
  geminiReader,
  vertexReader,
  bedrockConverseReader,
  bedrockInvokeReader,
  mistralReader,
  cohereReader,
  cohereV1Reader,
  ollamaReader,
  aiSdkReader,
  aiSdkDataReader,
  aiSdkTextReader,
  agUiReader,
]
