/** The schema of `when`: which requests a rule answers. */
import { z } from 'zod'
import { expecting, filledText, keysOf, orList, type Scalar, scalar } from './schema-basics.ts'

/** The long form of a matcher; all conditions that are named must hold. */
export interface WrittenConditions {
  readonly equals?: unknown
  readonly contains?: Scalar | undefined
  readonly matches?: string | undefined
  readonly glob?: string | undefined
  readonly oneOf?: readonly unknown[] | undefined
  readonly exists?: boolean | undefined
  readonly not?: WrittenMatcher | undefined
  readonly ignoreCase?: boolean | undefined
}

/** A bare value means equals, a list means one of them. */
export type WrittenMatcher = Scalar | readonly Scalar[] | WrittenConditions

const conditionNames = ['equals', 'contains', 'matches', 'glob', 'oneOf', 'exists', 'not']

const conditions: z.ZodType<WrittenConditions> = z
  .strictObject({
    equals: z
      .unknown()
      .optional()
      .describe('The value itself. In `body` any JSON value, compared deeply.'),
    contains: scalar.optional().describe('A part of the text; in `body` also an item of a list.'),
    matches: filledText
      .optional()
      .describe('A regular expression. Its groups are `match[1]`, `match.name` in templates.'),
    glob: filledText
      .optional()
      .describe('A pattern with `*`, `?` and `{a,b}`; in `path` a `*` stops at a slash.'),
    oneOf: z.array(z.unknown()).min(1).optional().describe('Any of these values.'),
    exists: z.boolean().optional().describe('Whether there is a value at all.'),
    get not() {
      return matcher.optional().describe('A matcher that must not fit.')
    },
    ignoreCase: z.boolean().optional().describe('Take upper and lower case as the same.'),
  })
  .check((context) => {
    if (keysOf(context.value).some((key) => conditionNames.includes(key))) return
    context.issues.push({
      code: 'custom',
      message: `a matcher needs a condition: ${orList(conditionNames)}`,
      input: context.value,
    })
  })

const matcher: z.ZodType<WrittenMatcher> = expecting(
  z.union([scalar, z.array(scalar).min(1), conditions]).meta({
    id: 'matcher',
    description:
      'A bare value must be equal, a list is any of its values; of conditions all must hold.',
  }),
  'a value, a list of values or conditions',
)

const count = z.int().min(0).max(1_000_000)

const range = z
  .strictObject({
    min: count.optional().describe('At least so many.'),
    max: count.optional().describe('At most so many.'),
  })
  .check((context) => {
    const { min, max } = context.value
    const message =
      min === undefined && max === undefined
        ? 'a range needs min, max or both'
        : (min ?? 0) > (max ?? Number.POSITIVE_INFINITY)
          ? `min ${min} is above max ${max}`
          : undefined
    if (message) context.issues.push({ code: 'custom', message, input: context.value })
  })
  .describe('A range of numbers, both ends included.')

export type WrittenRange = z.output<typeof range>

const messageMatcher = z
  .strictObject({
    role: matcher.optional().describe('The role of the message, such as `user`.'),
    text: matcher.optional().describe('The text of the message.'),
  })
  .describe('A message that the request must have.')

export const when = z
  .strictObject({
    dialect: matcher.optional().describe('The wire format, such as `openai-chat`.'),
    method: matcher.optional().describe('The HTTP method, in any case.'),
    path: matcher
      .optional()
      .describe('The path without the query. A rule that names it also answers unknown routes.'),
    model: matcher.optional().describe('The model that the request names.'),
    user: matcher.optional().describe('The text of the last message of the user.'),
    system: matcher.optional().describe('The system prompt.'),
    messages: expecting(
      z.union([count, range, z.array(messageMatcher).min(1)]),
      'a number, a range or a list of messages',
    )
      .optional()
      .describe(
        'How many there are, or messages that must occur in this order, others between them.',
      ),
    last: matcher
      .optional()
      .describe('The role of the last message: `user`, or `tool` where it brings a result.'),
    tools: matcher.optional().describe('The names of the tools on offer; one of them must fit.'),
    stream: z.boolean().optional().describe('Whether the client asks for a stream.'),
    session: matcher.optional().describe('The session, as `x-stuntdouble-session` has it.'),
    state: matcher.optional().describe('The state of this scenario in the session; first `start`.'),
    turn: expecting(z.union([count, z.array(count).min(1), range]), 'a number, a list or a range')
      .optional()
      .describe('Which turn of the dialogue it is, counted from 1.'),
    header: z
      .record(filledText, matcher)
      .optional()
      .describe('Request headers by name, in any case.'),
    body: z
      .record(filledText, matcher)
      .optional()
      .describe('Values in the JSON body by JSONPath, such as `$.metadata.role_id`.'),
  })
  .meta({
    id: 'when',
    description: 'Which requests the rule answers; everything that is named must fit.',
  })

export type WrittenWhen = z.output<typeof when>
