/**
 * The fields of a Chat Completions request: those that every service reads, and all that OpenAI
 * itself checks. What one field means for another is not told here, see `chat-strict.ts`.
 * Source: the types of the openai SDK for Node 6.49.
 */
import { z } from 'zod'

const roles = ['system', 'assistant', 'user', 'function', 'tool', 'developer'] as const

const contentPart = z.looseObject({ type: z.string(), text: z.string().optional() })

const messageOf = <C extends z.ZodType, P extends z.ZodType>(call: C, part: P) =>
  z
    .looseObject({
      role: z.enum(roles),
      content: z.union([z.string(), z.array(part), z.null()]).optional(),
      tool_calls: call,
      function_call: z.unknown().optional(),
      audio: z.unknown().optional(),
      refusal: z.string().nullish(),
    })
    .refine(hasContent, {
      path: ['content'],
      error: "Invalid value for 'content': expected a string, got null.",
    })

const instead = ['tool_calls', 'function_call', 'audio', 'refusal']

/** Only the assistant may say nothing, and only where it has called a tool, refused or spoken. */
function hasContent(said: Readonly<Record<string, unknown>>): boolean {
  if (typeof said['content'] === 'string' || Array.isArray(said['content'])) return true
  return said['role'] === 'assistant' && instead.some((field) => (said[field] ?? '') !== '')
}

const tool = z.looseObject({
  type: z.string(),
  function: z.looseObject({ name: z.string() }).optional(),
})

/** What all services check alike. */
export const looseRequest = z.looseObject({
  // The path names the deployment in some APIs; whoever needs it here is told so elsewhere.
  model: z.string().optional(),
  messages: z.array(messageOf(z.array(z.unknown()).nullish(), contentPart)).min(1),
  stream: z.boolean().nullish(),
  stream_options: z
    .looseObject({
      include_usage: z.boolean().nullish(),
      include_obfuscation: z.boolean().nullish(),
    })
    .nullish(),
  n: z.int().min(1).max(128).nullish(),
  tools: z.array(tool).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
})

export type ChatBody = z.infer<typeof looseRequest>

const partTypes = ['text', 'image_url', 'input_audio', 'refusal', 'audio', 'file'] as const

const strictPart = z
  .looseObject({ type: z.enum(partTypes), text: z.string().optional() })
  .superRefine((part, context) => {
    if (part.type === 'text' && part.text === undefined) lacks(context, 'text')
  })

const strictCall = z
  .looseObject({
    id: z.string(),
    type: z.enum(['function', 'custom']),
    function: z.looseObject({ name: z.string(), arguments: z.string() }).optional(),
  })
  .superRefine(({ type, ...call }, context) => {
    if (call[type] === undefined) lacks(context, type)
  })

const strictMessage = messageOf(z.array(strictCall).min(1).nullish(), strictPart).superRefine(
  (said, context) => {
    if (said.role === 'tool' && said['tool_call_id'] === undefined) lacks(context, 'tool_call_id')
  },
)

export const word = z
  .string()
  .regex(/^[a-zA-Z0-9_-]+$/)
  .max(64)

const strictTool = z
  .looseObject({
    type: z.enum(['function', 'custom']),
    function: z.looseObject({ name: word }).optional(),
    custom: z.looseObject({ name: word }).optional(),
  })
  .superRefine((offered, context) => {
    if (offered[offered.type] === undefined) lacks(context, offered.type)
  })

const responseFormat = z
  .looseObject({
    type: z.enum(['json_object', 'json_schema', 'text']),
    json_schema: z.looseObject({ name: word, schema: z.looseObject({}).optional() }).optional(),
  })
  .superRefine(({ type, json_schema: schema }, context) => {
    if (type === 'json_schema' && schema === undefined) lacks(context, 'json_schema')
  })

/** An issue at a path where nothing stands is one of a parameter that is missing. */
export const lacks = (context: z.RefinementCtx, field: string): void =>
  context.addIssue({ code: 'custom', path: [field], message: 'This is needed.' })

const penalty = z.number().min(-2).max(2).nullish()
const anything = z.unknown().optional()

export const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const

/** All that OpenAI knows. */
export const strictRequest = looseRequest.extend({
  messages: z.array(strictMessage).min(1),
  tools: z.array(strictTool).min(1).nullish(),
  audio: z.looseObject({}).nullish(),
  frequency_penalty: penalty,
  function_call: anything,
  functions: z.array(z.looseObject({ name: word })).nullish(),
  logit_bias: z.record(z.string(), z.number().min(-100).max(100)).nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  modalities: z.array(z.enum(['text', 'audio'])).nullish(),
  moderation: anything,
  parallel_tool_calls: z.boolean().nullish(),
  prediction: z.looseObject({}).nullish(),
  presence_penalty: penalty,
  prompt_cache_key: z.string().nullish(),
  prompt_cache_options: anything,
  prompt_cache_retention: z.string().nullish(),
  reasoning_effort: z.enum(efforts).nullish(),
  response_format: responseFormat.nullish(),
  safety_identifier: z.string().nullish(),
  seed: z.int().nullish(),
  service_tier: z.enum(['auto', 'default', 'flex', 'scale', 'priority']).nullish(),
  stop: z.union([z.string(), z.array(z.string()).max(4)]).nullish(),
  store: z.boolean().nullish(),
  tool_choice: anything,
  user: z.string().nullish(),
  verbosity: z.enum(['low', 'medium', 'high']).nullish(),
  web_search_options: z.looseObject({}).nullish(),
})

export type StrictBody = z.infer<typeof strictRequest>
