/** The dialects that are written in code; those described as data come with their documents. */
import type { Dialect } from '../core/dialect.ts'
import { agUi } from './ag-ui/ag-ui.ts'
import { aiSdkData } from './ai-sdk/data-stream.ts'
import { aiSdkText } from './ai-sdk/text-stream.ts'
import { aiSdk } from './ai-sdk/ui-message.ts'
import { anthropic } from './anthropic/messages.ts'
import { bedrockConverse } from './bedrock/converse.ts'
import { bedrockInvoke } from './bedrock/invoke.ts'
import { cohere } from './cohere/cohere.ts'
import { cohereV1 } from './cohere/v1.ts'
import { gemini, vertex } from './google/google.ts'
import { mistral } from './mistral/mistral.ts'
import { ollama } from './ollama/ollama.ts'
import { azureResponses } from './openai/azure-responses.ts'
import { openAiChat } from './openai/chat.ts'
import { azureCompletions, openAiCompletions } from './openai/completions.ts'
import { openAiResponses, openAiResponsesFlat } from './openai/responses.ts'
import { compatibleDialects } from './openai/variants.ts'

export const builtInDialects: readonly Dialect[] = [
  openAiChat,
  openAiResponses,
  openAiResponsesFlat,
  openAiCompletions,
  ...compatibleDialects,
  azureResponses,
  azureCompletions,
  anthropic,
  gemini,
  vertex,
  bedrockConverse,
  bedrockInvoke,
  cohere,
  cohereV1,
  ollama,
  mistral,
  aiSdk,
  aiSdkData,
  aiSdkText,
  agUi,
]
