/** The client half of the AI SDK's version 4 as a reader of a text stream. */
import { askChatApi } from './ai-sdk-data.ts'
import { appErrors } from './app-errors.ts'
import type { Reader } from './reader.ts'

export const aiSdkTextReader: Reader = {
  dialect: 'ai-sdk-text',
  sdk: '@ai-sdk/ui-utils',
  // Nothing in a request tells which protocol its client reads.
  async ask(baseUrl, asked) {
    const heard = await askChatApi(`${baseUrl}/ai-sdk-text/api/chat`, 'text', asked)
    return { ...heard, finish: undefined, usage: undefined }
  },
  says: { whole: false },
  finishes: {},
  errors: appErrors('Error', false),
  // The text ends, and nobody is told.
  errorInStream: 'success',
  cut: (ending) => (ending === 'end' ? 'success' : /terminated/),
}
