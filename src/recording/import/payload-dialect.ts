/**
 * Which dialect an answer is in, by what its first messages say. For sources that do not tell what
 * was asked; where the path is known, the path decides. Pure.
 */
import { looseText } from '../../core/bytes.ts'
import { type Headers, header } from '../../core/http.ts'
import { at, type Fields, isFields, listAt, textAt } from './fields.ts'
import { framesOf, framingByLooks, framingOf } from './frames.ts'

/** Messages that are looked at: the first may say little. */
const lookedAt = 12

/** The name of the dialect of a body; undefined where nothing in it tells. */
export function dialectOfBody(body: Uint8Array, headers: Headers): string | undefined {
  const framing =
    framingByLooks(body) ?? framingOf(undefined, header(headers, 'content-type'), body)
  const frames = framesOf(body, framing).slice(0, lookedAt)
  if (framing.name === 'aws-event-stream') return dialectOfEvents(frames.map(({ event }) => event))
  const texts = framing.name === 'sse' || framing.name === 'ndjson' ? frames.map((f) => f.data) : []
  const payloads = texts.length > 0 ? texts : [looseText(body)]
  return dialectOfPayloads(payloads.map(parsed))
}

const dialectOfEvents = (events: readonly (string | undefined)[]): string | undefined =>
  events.includes('chunk') ? 'bedrock-invoke' : 'bedrock-converse'

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

/** The same for messages without their framing. */
export function dialectOfPayloads(payloads: readonly unknown[]): string | undefined {
  for (const payload of payloads.slice(0, lookedAt)) {
    const value = Array.isArray(payload) ? payload[0] : payload
    const name = isFields(value) ? dialectOf(value) : undefined
    if (name !== undefined) return name
  }
  return undefined
}

function dialectOf(value: Fields): string | undefined {
  const { type, object } = value
  if (object === 'chat.completion.chunk' || object === 'chat.completion') return chatVariant(value)
  if (object === 'text_completion') return 'openai-completions'
  if (object === 'response') return 'openai-responses'
  if (typeof type === 'string') return dialectOfType(type, value)
  if (listAt(value, 'candidates') || (at(value, 'usageMetadata') && at(value, 'responseId'))) {
    return textAt(value, 'createTime') === undefined ? 'gemini' : 'vertex'
  }
  if (Object.keys(value).some((key) => converseKeys.has(key))) return 'bedrock-converse'
  if (typeof value['done'] === 'boolean' && 'model' in value) return 'ollama'
  if ('event_type' in value) return 'cohere-v1'
  // An answer in Chat Completions that names no object, as some servers write it.
  return Array.isArray(value['choices']) ? chatVariant(value) : undefined
}

const converseKeys = new Set([
  ...['messageStart', 'contentBlockStart', 'contentBlockDelta', 'contentBlockStop', 'messageStop'],
])

const anthropicTypes =
  /^(?:message_(?:start|delta|stop)|content_block_(?:start|delta|stop)|message)$/
const cohereTypes = /^(?:message|content|tool-(?:call|plan)|citation)-(?:start|delta|end)$/
const uiTypes =
  /^(?:start(?:-step)?|finish(?:-step)?|(?:text|reasoning)-(?:start|delta|end)|tool-(?:input|output)-[\w-]+)$/

function dialectOfType(type: string, value: Fields): string | undefined {
  if (anthropicTypes.test(type)) return 'anthropic'
  if (/^response\./.test(type)) return 'openai-responses'
  if (cohereTypes.test(type) && ('delta' in value || 'index' in value)) return 'cohere'
  if (uiTypes.test(type)) return 'ai-sdk'
  if (/^(?:RUN|TEXT_MESSAGE|TOOL_CALL|STEP|STATE|THINKING)_[A-Z_]+$/.test(type)) return 'ag-ui'
  return undefined
}

/** Models by whose name one of the services with OpenAI's form can be told. */
const variantsByModel: readonly (readonly [RegExp, string])[] = [
  [/^(?:mistral|magistral|ministral|codestral|devstral|pixtral|open-mi[sx]tral)/, 'mistral'],
  [/^grok-/, 'xai'],
  [/^deepseek-(?:chat|reasoner|coder)/, 'deepseek'],
  [/^(?:sonar|r1-1776)/, 'perplexity'],
]

function chatVariant(value: Fields): string {
  if ('x_groq' in value) return 'groq'
  if (typeof value['provider'] === 'string') return 'openrouter'
  if ('citations' in value || 'search_results' in value) return 'perplexity'
  const model = textAt(value, 'model') ?? ''
  return variantsByModel.find(([pattern]) => pattern.test(model))?.[1] ?? 'openai-chat'
}
