/** The Azure client of the openai SDK as a reader of Azure OpenAI. */
import { AzureOpenAI } from 'openai'
import { askChat, openAiChatReader } from './openai-chat.ts'
import { askCompletion, openAiCompletionsReader } from './openai-completions.ts'
import { openAiResponsesReader } from './openai-responses.ts'
import type { Reader } from './reader.ts'

const azure = (endpoint: string): AzureOpenAI =>
  new AzureOpenAI({ endpoint, apiKey: 'none', apiVersion: '2024-10-21', maxRetries: 0 })

export const azureOpenAiReader: Reader = {
  ...openAiChatReader,
  dialect: 'azure-openai',
  ask: (baseUrl, asked) => askChat(azure(baseUrl), asked),
}

export const azureCompletionsReader: Reader = {
  ...openAiCompletionsReader,
  dialect: 'azure-completions',
  ask: (baseUrl, asked) => askCompletion(azure(baseUrl), asked),
}

/** Below `/openai/v1` the usual client is what Azure asks for. */
export const azureResponsesReader: Reader = {
  ...openAiResponsesReader,
  dialect: 'azure-responses',
  ask: (baseUrl, asked) => openAiResponsesReader.ask(`${baseUrl}/openai`, asked),
  errors: {
    ...openAiResponsesReader.errors,
    'model-not-found': { name: 'NotFoundError', status: 404 },
  },
}
