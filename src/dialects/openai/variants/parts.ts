/** Pieces that the tables of several variants share. */
import { type ApiErrorCode, apiErrorStatus } from '../../../core/api-error.ts'
import { openAiErrorWords } from '../openai.ts'
import type { ErrorForm, ErrorWords } from '../variant.ts'

export const head = {
  id: '{{ id }}',
  object: 'chat.completion.chunk',
  created: '{{ created }}',
  model: '{{ model }}',
}

export const wholeHead = { ...head, object: 'chat.completion' }
export const fingerprint = { system_fingerprint: '{{ fingerprint }}' }
export const indexed = { index: '{{ index }}', delta: '{{ delta }}' }
export const ending = { logprobs: '{{ logprobs }}', finish_reason: '{{ finish }}' }
export const wholeChoice = { index: '{{ index }}', message: '{{ message }}', ...ending }

export const wholeCall = {
  id: '{{ id }}',
  type: 'function',
  function: { name: '{{ name }}', arguments: '{{ arguments }}' },
}

export const plainUsage = {
  prompt_tokens: '{{ input }}',
  completion_tokens: '{{ output }}',
  total_tokens: '{{ total }}',
}

/** OpenAI's messages with the type and code that a service has for a status, and its own words. */
export function wordsBy(
  of: (status: number) => ErrorWords,
  own: Partial<ErrorForm['words']> = {},
): ErrorForm['words'] {
  const words: Record<string, ErrorWords> = {}
  for (const [code, { message }] of Object.entries(openAiErrorWords)) {
    if (isCode(code)) words[code] = { message, ...of(apiErrorStatus[code]), ...own[code] }
  }
  return { ...openAiErrorWords, ...words }
}

const isCode = (code: string): code is ApiErrorCode => code in apiErrorStatus
