/**
 * What a request to the Messages API must look like: fields and blocks with their types. What holds
 * between several of them stands in `conversation.ts`. Paths and words of mistakes are those of the
 * library that the vendor checks with.
 * Source: the types of the SDK for Node 1.12, and recorded errors.
 */
import { z } from 'zod'
import { accepts } from '../shapes/accepts.ts'
import { valueAt } from '../shapes/checked.ts'

export interface Strictness {
  /** A beta has fields, blocks and tools of its own, which are taken unread. */
  readonly beta: boolean
}

/** Counting takes what makes up the prompt, and nothing that steers the answer. */
export const countSchema = ({ beta }: Strictness) => record({ beta }, promptFields({ beta }))

export const messagesSchema = ({ beta }: Strictness) =>
  record(
    { beta },
    {
      ...promptFields({ beta }),
      max_tokens: atLeast(0),
      stream: z.boolean().nullish(),
      stop_sequences: z.array(z.string()).nullish(),
      metadata: z.looseObject({ user_id: z.string().nullish() }).nullish(),
      service_tier: z.enum(['auto', 'standard_only']).nullish(),
      container: unread,
      diagnostics: unread,
      inference_geo: unread,
      workspace_id: unread,
    },
  )

const unread = z.unknown().optional()

const promptFields = ({ beta }: Strictness) => ({
  model: z.string().min(1, 'String should have at least 1 character'),
  messages: z
    .array(
      record(
        { beta },
        { role: z.enum(['user', 'assistant', 'system']), content: textOr(contentBlock({ beta })) },
      ),
    )
    .min(1, 'at least one message is required'),
  system: textOr(byType({ text: { text: z.string() } }, noOther)).optional(),
  tools: z
    .array(byType({ custom: customTool }, (type) => beta || isOwnTool(type), 'custom'))
    .nullish(),
  tool_choice: byType(
    { auto: {}, any: {}, tool: { name: z.string() }, none: {} },
    noOther,
  ).nullish(),
  thinking: byType(
    { enabled: { budget_tokens: atLeast(1024) }, disabled: {}, adaptive: {}, between_tools: {} },
    () => beta,
  ).nullish(),
  output_config: z.looseObject({}).nullish(),
  temperature: ranged(0, 1),
  top_p: ranged(0, 1),
  top_k: atLeast(0).nullish(),
  cache_control: unread,
  speed: unread,
  user_profile_id: unread,
})

type Shape = Readonly<Record<string, z.ZodType>>

/** Unknown fields are refused, as the vendor does: a misspelt one is never passed over. */
function record<T extends Shape>({ beta }: Strictness, shape: T) {
  return beta ? z.looseObject(shape) : z.strictObject(shape)
}

const ranged = (low: number, high: number) =>
  z.number().min(low, `range: ${low}..${high}`).max(high, `range: ${low}..${high}`).nullish()

const atLeast = (least: number) =>
  z.int().min(least, `Input should be greater than or equal to ${least}`)

const noOther = (): boolean => false

const isOwnTool = (type: string): boolean =>
  /_20\d{6}$|^tool_search_tool_(?:bm25|regex)$/.test(type)

const customTool: Shape = {
  name: z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/),
  description: z.string().nullish(),
  input_schema: z.looseObject({ type: z.literal('object') }),
}

const base64: Shape = { media_type: z.string(), data: z.string() }
const imageTypes = ['image/jpeg', 'image/png', 'image/gif', 'image/webp'] as const
const image: Shape = { ...base64, media_type: z.enum(imageTypes) }
const elsewhere: Readonly<Record<string, Shape>> = {
  url: { url: z.string() },
  file: { file_id: z.string() },
}

/** Blocks whose fields are checked, by their type. */
const readBlocks: Readonly<Record<string, Shape>> = {
  text: { text: z.string() },
  image: { source: byType({ base64: image, ...elsewhere }, noOther) },
  document: {
    source: byType(
      { base64, text: base64, content: { content: z.unknown() }, ...elsewhere },
      noOther,
    ),
  },
  search_result: { source: z.string(), title: z.string(), content: z.array(z.looseObject({})) },
  thinking: { thinking: z.string(), signature: z.string() },
  redacted_thinking: { data: z.string() },
  tool_use: { id: z.string(), name: z.string(), input: z.looseObject({}) },
  tool_result: {
    tool_use_id: z.string(),
    content: textOr(z.looseObject({ type: z.string() })).nullish(),
    is_error: z.boolean().nullish(),
  },
}

/** What servers have done, and the client only sends back. */
const unreadBlocks = [
  'server_tool_use',
  'web_search_tool_result',
  'web_fetch_tool_result',
  'code_execution_tool_result',
  'bash_code_execution_tool_result',
  'text_editor_code_execution_tool_result',
  'tool_search_tool_result',
  'container_upload',
]

const contentBlock = ({ beta }: Strictness): z.ZodType =>
  byType(
    { ...readBlocks, ...Object.fromEntries(unreadBlocks.map((type) => [type, {}])) },
    () => beta,
  )

/**
 * An object of one of several shapes, which its `type` tells apart; `takes` says which other types
 * pass unread. The path of a mistake has the type in it: `messages.0.content.1.text.text`.
 */
function byType(
  shapes: Readonly<Record<string, Shape>>,
  takes: (type: string) => boolean,
  usual?: string,
): z.ZodType {
  const known = new Map(Object.entries(shapes).map(([type, of]) => [type, z.looseObject(of)]))
  const tags = [...known.keys()].map((type) => `'${type}'`).join(', ')
  return z.looseObject({}).superRefine((value, context) => {
    const type = value['type'] ?? usual
    const shape = typeof type === 'string' ? known.get(type) : undefined
    if (type === undefined) {
      context.addIssue({ code: 'custom', path: ['type'], message: 'Field required' })
    } else if (shape) {
      for (const issue of issuesOf(shape, value, String(type))) context.addIssue(issue)
    } else if (typeof type !== 'string' || !takes(type)) {
      const found = typeof type === 'string' ? type : JSON.stringify(type)
      const message = `Input tag '${found}' found using 'type' does not match any of the expected tags: ${tags}`
      context.addIssue({ code: 'custom', message })
    }
  })
}

/** A string, or a list whose mistakes are said each at its own place. */
function textOr(element: z.ZodType) {
  return z
    .union([z.string(), z.array(z.unknown())], { error: 'Input should be a valid list' })
    .superRefine((value, context) => {
      if (typeof value === 'string') return
      for (const issue of value.flatMap((item, at) => issuesOf(element, item, at))) {
        context.addIssue(issue)
      }
    })
}

/** Mistakes of a part, as those of the whole. */
function issuesOf(schema: z.ZodType, value: unknown, place: PropertyKey) {
  if (accepts(schema, value)) return []
  return (schema.safeParse(value).error?.issues ?? []).map((issue) => ({
    code: 'custom' as const,
    path: [place, ...issue.path],
    message: wordsFor(issue, valueAt(value, issue.path)),
  }))
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'Input should be a valid string',
  number: 'Input should be a valid number',
  int: 'Input should be a valid integer',
  boolean: 'Input should be a valid boolean',
  array: 'Input should be a valid list',
  object: 'Input should be a valid dictionary',
}

/** What is wrong with the value that was found. */
export function wordsFor(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code === 'custom') return issue.message
  if (found === undefined) return 'Field required'
  if (issue.code === 'unrecognized_keys') return 'Extra inputs are not permitted'
  if (issue.code === 'invalid_type') return typeWords[issue.expected] ?? issue.message
  if (issue.code === 'invalid_value') {
    return `Input should be ${oneOf(issue.values.map((value) => `'${String(value)}'`))}`
  }
  if (issue.code === 'invalid_format') {
    return `String should match pattern '${issue.pattern?.replaceAll(/^\/|\/$/g, '')}'`
  }
  return issue.message
}

const oneOf = (words: readonly string[]): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
