/** The Responses API below Azure's paths, with Azure's headers and errors. */
import type { Dialect } from '../../core/dialect.ts'
import { variantError } from './error.ts'
import { openAiLimitWords } from './limit-words.ts'
import { recognizer } from './recognize.ts'
import { responsesDialect } from './responses.ts'
import { rateLimitNames, replyHeaders } from './service-headers.ts'
import { azure } from './variants/azure.ts'

export const azureResponses: Dialect = responsesDialect({
  name: 'azure-responses',
  title: 'Azure OpenAI Responses',
  paths: ['/openai/v1/responses', '/openai/responses'],
  headers: (reply) => replyHeaders(azure, reply),
  own: {
    headers: [...azure.headers.map(([name]) => name), ...rateLimitNames],
    ...(azure.marks ? { recognizes: recognizer(azure.marks) } : {}),
    limits: openAiLimitWords(azure),
    error: (error, _http, random) => variantError(azure, error, random),
  },
})
