/**
 * The shape of a wire format described as data. One schema gives the types, the checks and the
 * editor's hover texts. It sets no defaults: a description that extends another one must not
 * overwrite what it does not mention. Whether the parts fit together is `declared.ts`'s to say.
 */
import { z } from 'zod'
import { type ApiErrorCode, apiErrorStatus } from '../../core/api-error.ts'

const template = z
  .unknown()
  .describe(
    'JSON as it goes on the wire, keys in this order. A string that is one `{{ placeholder }}` takes its typed value; within a longer string it is text. In a stream, a bare string is written as it is, not as JSON.',
  )

const headers = z
  .record(z.string(), z.string())
  .describe('Header names and values, added in this order.')

const fieldType = z.enum(['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'])

const meanings = z.enum([
  'model',
  'session',
  'prompt',
  'system',
  'stream',
  'messages',
  'tools',
  'role',
  'content',
])

const textField = z.strictObject({
  required: z.boolean().optional().describe('Refuse a request without it. Default: false.'),
  oneOf: z.array(z.string()).optional().describe('The only values that are accepted.'),
  default: z.string().optional().describe('Taken where the request has none.'),
  is: z
    .enum(['model', 'session', 'prompt'])
    .optional()
    .describe('What it means; `prompt` is the text of the user.'),
})

/** A field of the JSON body. */
const field = z.strictObject({
  type: z
    .union([fieldType, z.array(fieldType)])
    .optional()
    .describe('The type, or several. Default: anything. An optional field may also be null.'),
  required: z.boolean().optional().describe('Refuse a request without it. Default: false.'),
  default: z.unknown().optional().describe('Taken where the request has none.'),
  oneOf: z
    .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .optional()
    .describe('The only values that are accepted.'),
  min: z.number().optional().describe('The least number, or length of a string or list.'),
  max: z.number().optional().describe('The greatest number, or length of a string or list.'),
  is: meanings
    .optional()
    .describe(
      'What it means: `prompt` is the text of the user, `messages` a list whose items have a `role` and a `content`, `session` the id of a dialogue, `stream` whether to stream.',
    ),
  get fields() {
    return z.record(z.string(), field).optional().describe('The fields of an object.')
  },
  get items() {
    return z.record(z.string(), field).optional().describe('The fields of each object in a list.')
  },
})

const frame = z.strictObject({
  data: template.optional(),
  event: z.string().optional().describe('The `event:` line (SSE only).'),
  id: z.string().optional().describe('The `id:` line (SSE only).'),
  comment: z.string().optional().describe('A comment line instead of data (SSE only).'),
})

const frameOrFrames = z
  .union([frame, z.array(frame)])
  .describe('One frame, or a list of frames that are sent together.')

const frames = z.strictObject({
  start: frameOrFrames.optional().describe('Before anything else.'),
  text: frameOrFrames.optional().describe('A piece of the answer: `{{ text }}`.'),
  reasoning: frameOrFrames.optional().describe('A piece of reasoning: `{{ text }}`.'),
  refusal: frameOrFrames.optional().describe('A piece of a refusal: `{{ text }}`.'),
  toolStart: frameOrFrames
    .optional()
    .describe('A tool call begins: `{{ name }}`, `{{ toolId }}`, `{{ index }}`.'),
  toolArguments: frameOrFrames
    .optional()
    .describe('A piece of its arguments: `{{ arguments }}`, `{{ index }}`.'),
  toolEnd: frameOrFrames.optional().describe('A tool call is complete: `{{ index }}`.'),
  citation: frameOrFrames.optional().describe('A source: `{{ citation }}`.'),
  usage: frameOrFrames
    .optional()
    .describe('Token counts: `{{ inputTokens }}`, `{{ outputTokens }}`, `{{ totalTokens }}`.'),
  finish: frameOrFrames.optional().describe('The answer is over: `{{ finish }}` is why.'),
  error: frameOrFrames
    .optional()
    .describe('An error within the stream. Default: one frame with `errors.body`.'),
})

const stream = z.strictObject({
  framing: z.enum(['sse', 'ndjson', 'text']).optional().describe('Default: sse.'),
  eol: z.enum(['lf', 'crlf', 'cr']).optional().describe('Line ends of SSE. Default: lf.'),
  spaceAfterColon: z
    .boolean()
    .optional()
    .describe('`data: x` or `data:x` in SSE. Default: true, with a space.'),
  contentType: z.string().optional().describe('Default: that of the framing.'),
  headers: headers.optional(),
  grain: z
    .enum(['character', 'token', 'word', 'phrase', 'paragraph', 'whole'])
    .optional()
    .describe('How text is cut into pieces. Default: token.'),
  frames: frames.optional().describe('What each event looks like on the wire.'),
  reads: frames
    .optional()
    .describe('Further forms that are understood in recordings but never written.'),
  terminator: z
    .string()
    .optional()
    .describe('The data of the very last frame, such as `[DONE]`. Default: none.'),
  terminatorAfterError: z
    .boolean()
    .optional()
    .describe('Send the terminator after an error in the stream as well. Default: false.'),
  heartbeat: z
    .strictObject({
      every: z.union([z.string(), z.number()]).describe('A duration such as `10s`.'),
      frame: frame.describe('The frame; `{{ n }}` counts from 1.'),
    })
    .optional()
    .describe('Frames that are sent into silence.'),
})

const wholeForm = z.strictObject({
  accept: z
    .string()
    .optional()
    .describe(
      'Take this form, whatever the request says of streaming, when its Accept header asks for this type first.',
    ),
  contentType: z.string().optional().describe('Default: application/json, or text/plain.'),
  headers: headers.optional(),
  json: template.optional(),
  text: z.string().optional().describe('The body as plain text instead of JSON.'),
  toolCall: template
    .optional()
    .describe('One tool call of the list that `{{ toolCalls }}` stands for.'),
})

const isErrorCode = (name: string): name is ApiErrorCode => name in apiErrorStatus

export const errorCodes: readonly ApiErrorCode[] = Object.keys(apiErrorStatus).filter(isErrorCode)

const errorCode = z.enum(errorCodes)

const errorForm = z.strictObject({
  status: z.number().int().min(100).max(599).optional().describe('The HTTP status.'),
  message: z.string().optional().describe('`{{ message }}` where the scenario gives none.'),
  code: z.string().optional().describe("`{{ code }}`, the vendor's word. Default: our own word."),
  type: z.string().optional().describe("`{{ type }}`, the vendor's kind of error."),
  body: template.optional(),
})

const errors = z.strictObject({
  body: template.optional(),
  contentType: z.string().optional().describe('Default: application/json.'),
  headers: headers.optional(),
  codes: z
    .partialRecord(errorCode, errorForm)
    .optional()
    .describe('What is special about an error, by our word for it.'),
  validation: errorForm
    .optional()
    .describe('The form of errors that name a field of the request as wrong.'),
  inStream: z
    .boolean()
    .optional()
    .describe(
      'Answer a valid streaming request with status 200 and a stream that holds the error. Default: false.',
    ),
})

const request = z.strictObject({
  headers: z.record(z.string(), textField).optional().describe('Headers that mean something.'),
  query: z.record(z.string(), textField).optional().describe('Query parameters likewise.'),
  params: z.record(z.string(), textField).optional().describe('Parts of the path likewise.'),
  body: z.record(z.string(), field).optional().describe('The fields of the JSON body.'),
  unknown: z
    .enum(['allow', 'refuse'])
    .optional()
    .describe('What to do with body fields that are not listed. Default: allow.'),
  roles: z
    .record(z.string(), z.enum(['system', 'user', 'assistant', 'tool']))
    .optional()
    .describe("The vendor's words for roles, e.g. `human: user`."),
})

const models = z.strictObject({
  known: z.array(z.string()).optional().describe('Those that exist. Default: any name will do.'),
  unknownStatus: z.number().int().optional().describe('For any other model. Default: 404.'),
  default: z.string().optional().describe('`{{ model }}` where the request names none.'),
})

export const dialectSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'a name in lower case, with digits and dashes')
    .optional()
    .describe('What rules call it. With `extends` it may be left out, to replace the base.'),
  extends: z.string().optional().describe('The dialect that this one differs from.'),
  title: z.string().optional().describe('For people.'),
  routes: z
    .array(
      z.strictObject({
        method: z.string().optional().describe('Default: POST.'),
        path: z.string().startsWith('/').describe('With parameters as `:name`.'),
      }),
    )
    .min(1)
    .optional()
    .describe('Where it listens. Any other method on these paths gets 405.'),
  auth: z
    .strictObject({
      header: z.string().describe('The header that holds the key.'),
      scheme: z.string().optional().describe('The word before the key, e.g. `Bearer`.'),
    })
    .optional()
    .describe('Where a key stands, should a scenario ask for one. Default: Authorization: Bearer.'),
  usage: z
    .array(z.string())
    .optional()
    .describe('Lines for the start-up banner; `{{ base }}` is the base URL.'),
  values: z
    .record(z.string(), z.string())
    .optional()
    .describe(
      'Placeholders of your own, drawn once a reply, e.g. `id: "chat-{{ alnum 29 }}"`, with `alnum N`, `hex N`, `digits N` and `uuid`. `toolId` is drawn once a call.',
    ),
  models: models.optional(),
  request: request.optional().describe('What a valid request looks like.'),
  stream: stream.optional().describe('The answer as a stream.'),
  whole: z
    .union([wholeForm, z.array(wholeForm)])
    .optional()
    .describe('The answer in one piece; the first form that suits is taken.'),
  finishReasons: z
    .record(z.string(), z.string())
    .optional()
    .describe("The vendor's words for `stop`, `length`, `tool-calls`, `content-filter`."),
  errors: errors.optional(),
  json: z
    .strictObject({
      spacing: z
        .enum(['compact', 'spaced'])
        .optional()
        .describe('`{"a":1}` or `{"a": 1}`. Default: compact.'),
      ascii: z
        .boolean()
        .optional()
        .describe('Write everything beyond ASCII as \\uXXXX. Default: false.'),
    })
    .optional()
    .describe('How JSON is written.'),
})

export type DialectDescription = z.infer<typeof dialectSchema>
export type BodyField = z.infer<typeof field>
export type TextField = z.infer<typeof textField>
export type FrameTemplate = z.infer<typeof frame>
type FrameTemplates = z.infer<typeof frames>
export type FrameKind = keyof FrameTemplates
export type WholeForm = z.infer<typeof wholeForm>
export type ErrorForm = z.infer<typeof errorForm>
