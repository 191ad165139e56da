/**
 * The fields of a request to the Responses API, its items and its tools. What one says of another is
 * checked in `responses-request.ts`. Source: the types of the openai SDK for Node 6.49.
 */
import { z } from 'zod'
import { efforts, lacks, word } from './chat-schema.ts'

const roles = ['assistant', 'system', 'developer', 'user'] as const

export const heardParts = ['input_text', 'input_image', 'input_file', 'input_audio'] as const
export const spokenParts = ['output_text', 'refusal'] as const
const contentTypes = [...heardParts, ...spokenParts, 'summary_text', 'computer_screenshot'] as const

/** Calls of tools and what else may stand in an input, besides messages. */
const itemTypes = [
  'additional_tools',
  'apply_patch_call',
  'apply_patch_call_output',
  'code_interpreter_call',
  'compaction',
  'compaction_trigger',
  'computer_call',
  'computer_call_output',
  'custom_tool_call',
  'custom_tool_call_output',
  'file_search_call',
  'function_call',
  'function_call_output',
  'image_generation_call',
  'item_reference',
  'local_shell_call',
  'local_shell_call_output',
  'mcp_approval_request',
  'mcp_approval_response',
  'mcp_call',
  'mcp_list_tools',
  'message',
  'program',
  'program_output',
  'reasoning',
  'shell_call',
  'shell_call_output',
  'tool_search_call',
  'tool_search_output',
  'web_search_call',
] as const

const part = z.looseObject({ type: z.enum(contentTypes), text: z.string().optional() })

/** An item without a type is a message in its short form. */
const item = z.looseObject({ type: z.enum(itemTypes).optional() })

/** What items have to have, by their type; all others pass. */
export const needed = {
  message: z.strictObject({
    type: z.literal('message').optional(),
    id: z.string().nullish(),
    role: z.enum(roles),
    content: z.union([z.string(), z.array(part)]),
    phase: z.string().nullish(),
    status: z.string().nullish(),
  }),
  function_call: z.looseObject({ call_id: z.string(), name: z.string(), arguments: z.string() }),
  function_call_output: z.looseObject({
    call_id: z.string(),
    output: z.union([z.string(), z.array(part)]),
  }),
  custom_tool_call: z.looseObject({ call_id: z.string(), name: z.string(), input: z.string() }),
  custom_tool_call_output: z.looseObject({
    call_id: z.string(),
    output: z.union([z.string(), z.array(part)]),
  }),
  reasoning: z.looseObject({ summary: z.array(z.looseObject({ text: z.string() })) }),
  item_reference: z.looseObject({ id: z.string() }),
} as const

const toolTypes = [
  'apply_patch',
  'code_interpreter',
  'computer',
  'computer_use_preview',
  'custom',
  'file_search',
  'function',
  'image_generation',
  'local_shell',
  'mcp',
  'namespace',
  'programmatic_tool_calling',
  'shell',
  'tool_search',
  'web_search',
  'web_search_2025_08_26',
  'web_search_preview',
  'web_search_preview_2025_03_11',
] as const

const tool = z
  .looseObject({ type: z.enum(toolTypes), name: z.string().optional() })
  .superRefine(({ type, name }, context) => {
    if (name !== undefined || (type !== 'function' && type !== 'custom')) return
    context.addIssue({ code: 'custom', path: ['name'], message: 'A tool needs a name.' })
  })

export const includable = [
  'file_search_call.results',
  'web_search_call.results',
  'web_search_call.action.sources',
  'message.input_image.image_url',
  'computer_call_output.output.image_url',
  'code_interpreter_call.outputs',
  'reasoning.encrypted_content',
  'message.output_text.logprobs',
] as const

/** Here the schema is no object of its own, as it is in Chat Completions. */
const textFormat = z
  .looseObject({
    type: z.enum(['json_object', 'json_schema', 'text']),
    name: word.optional(),
    schema: z.looseObject({}).optional(),
  })
  .superRefine(({ type, name, schema }, context) => {
    if (type !== 'json_schema') return
    if (name === undefined) lacks(context, 'name')
    else if (schema === undefined) lacks(context, 'schema')
  })

const anything = z.unknown().optional()

export const requestSchema = z.strictObject({
  background: z.boolean().nullish(),
  context_management: anything,
  conversation: z.union([z.string(), z.looseObject({ id: z.string() })]).nullish(),
  include: z.array(z.enum(includable)).nullish(),
  input: z.union([z.string(), z.array(item)]).nullish(),
  instructions: z.string().nullish(),
  max_output_tokens: z.int().min(16).nullish(),
  max_tool_calls: z.int().nullish(),
  metadata: z.record(z.string(), z.string()).nullish(),
  model: z.string().optional(),
  moderation: anything,
  parallel_tool_calls: z.boolean().nullish(),
  previous_response_id: z.string().nullish(),
  prompt: z.looseObject({ id: z.string() }).nullish(),
  prompt_cache_key: z.string().nullish(),
  prompt_cache_options: anything,
  prompt_cache_retention: z.string().nullish(),
  reasoning: z.looseObject({ effort: z.enum(efforts).nullish() }).nullish(),
  safety_identifier: z.string().nullish(),
  service_tier: z.string().nullish(),
  store: z.boolean().nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_obfuscation: z.boolean().optional() }).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  text: z
    .looseObject({
      format: textFormat.nullish(),
      verbosity: z.enum(['low', 'medium', 'high']).nullish(),
    })
    .nullish(),
  tool_choice: anything,
  tools: z.array(tool).nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  top_p: z.number().min(0).max(1).nullish(),
  truncation: z.enum(['auto', 'disabled']).nullish(),
  user: z.string().nullish(),
})
