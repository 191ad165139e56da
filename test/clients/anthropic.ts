/** Anthropic's own SDK, pointed at a double, and what tests ask of it. */
import Anthropic, { type ClientOptions } from '@anthropic-ai/sdk'
import { type Double, start } from '../../src/index.ts'

/** Without retries unless told otherwise, so that the first failure is the one that is seen. */
export const anthropic = (double: Double, options: ClientOptions = {}): Anthropic =>
  new Anthropic({ baseURL: double.url(), apiKey: 'none', maxRetries: 0, ...options })

export const ask = (content: string, more: object = {}) => ({
  model: 'claude-sonnet-4-6',
  max_tokens: 1024,
  messages: [{ role: 'user' as const, content }],
  ...more,
})

export const replying = (reply: unknown, more: object = {}): Promise<Double> =>
  start({ scenarios: [{ name: 'one', rules: [{ name: 'rule', reply, ...more }] }] })
