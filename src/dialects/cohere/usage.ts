/** Cohere's token counts: what is billed, and what the model saw. Both versions write them alike. */
import type { Usage } from '../../core/event.ts'
import { isObject, type JsonObject } from '../shapes/json-body.ts'

/** A double bills all that it counts. */
export function usageObject({ inputTokens, outputTokens }: Usage): Record<string, unknown> {
  const tokens = { input_tokens: inputTokens, output_tokens: outputTokens }
  return { billed_units: tokens, tokens }
}

export function readUsage(value: unknown): Usage | undefined {
  if (!isObject(value)) return undefined
  const counted = [value['tokens'], value['billed_units']].find(hasTokens)
  if (!counted) return undefined
  const cached = value['cached_tokens']
  return {
    inputTokens: numberIn(counted, 'input_tokens'),
    outputTokens: numberIn(counted, 'output_tokens'),
    ...(typeof cached === 'number' && cached > 0 ? { cachedTokens: cached } : {}),
  }
}

const hasTokens = (value: unknown): value is JsonObject =>
  isObject(value) && ('input_tokens' in value || 'output_tokens' in value)

function numberIn(counted: JsonObject, name: string): number {
  const value = counted[name]
  return typeof value === 'number' ? value : 0
}
