/** The schema of `reply`: what a rule answers with. */
import { z } from 'zod'
import { type ApiError, type ApiErrorCode, apiErrorStatus } from '../core/api-error.ts'
import { endings } from '../core/timeline.ts'
import { missingModes } from './scenario.ts'
import {
  base64,
  duration,
  expecting,
  filledText,
  headers,
  httpStatus,
  keysOf,
  orList,
} from './schema-basics.ts'
import { pacing } from './schema-pacing.ts'

const isErrorCode = (name: string): name is ApiErrorCode => name in apiErrorStatus

const errorCode = z
  .enum(Object.keys(apiErrorStatus).filter(isErrorCode))
  .describe('What went wrong, in neutral words; the dialect has its own for it.')

/** A simulated error, by its code alone or in full. */
const apiError = expecting(
  z
    .union([
      errorCode.transform((code): ApiError => ({ code })),
      z
        .strictObject({
          code: errorCode,
          status: z
            .int()
            .min(400)
            .max(599)
            .optional()
            .describe("Instead of the code's own status."),
          message: z.string().optional().describe("Instead of the vendor's own words."),
          param: z.string().optional().describe('The request field at fault.'),
          retryAfter: duration
            .optional()
            .describe('When to try again, in the `retry-after` header.'),
          headers: headers.optional(),
          body: z
            .unknown()
            .optional()
            .describe('Instead of the whole body; a text is sent as it is.'),
        })
        .transform(({ retryAfter, ...rest }): ApiError => {
          const error = withoutUndefined(rest)
          return retryAfter === undefined ? error : { ...error, retryAfterMs: retryAfter }
        }),
    ])
    .meta({ id: 'error', description: "An error in the dialect's own shape." }),
  'an error code or an error',
)

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Optional keys that zod left undefined are taken out, as our types want them. */
export function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(
    Object.entries(value).filter(([, held]) => held !== undefined),
  ) as Defined<T>
}

const generated = expecting(
  z.union([z.string(), z.array(z.string()).min(1)]),
  'a text or a list of texts',
)

const text = generated.describe(
  "What is said, cut into deltas by the dialect's grain; a list is exact deltas.",
)
const reasoning = generated.describe('What is thought aloud, cut like text.')
const refusal = generated.describe('A refusal, cut like text.')

const tool = z
  .strictObject({
    name: filledText.describe('The name of the tool.'),
    arguments: z
      .unknown()
      .optional()
      .describe('Any JSON value; a text is sent as it is, JSON or not.'),
    id: filledText.optional().describe('The id of the call; made up where it is not given.'),
  })
  .describe('A tool call.')

const tokens = z.int().min(0).max(1_000_000_000)

const usage = z
  .strictObject({
    inputTokens: tokens.describe('Tokens of the prompt.'),
    outputTokens: tokens.describe('Tokens of the answer.'),
    reasoningTokens: tokens.optional().describe('Of the answer, those that were only thought.'),
    cachedTokens: tokens.optional().describe('Of the prompt, those that came from a cache.'),
  })
  .transform((written) => withoutUndefined(written))
  .describe('The token counts that are reported, instead of counted ones.')

const finish = filledText.describe(
  'Why the reply ends: `stop`, `length`, `tool-calls`, `content-filter`, or a word of the vendor.',
)

const endingOptions = z
  .strictObject({
    after: duration.optional().describe('Silence before it, so that the client has read the rest.'),
  })
  .nullable()

const actions = {
  wait: duration.describe('Time passes.'),
  text,
  reasoning,
  refusal,
  tool,
  citation: z.unknown().describe('A citation, in whatever form the dialect takes.'),
  usage,
  comment: z.string().describe('A comment line, as a keep-alive is.'),
  raw: generated.describe('Exact text of the body; each item of a list leaves on its own.'),
  base64: expecting(z.union([base64, z.array(base64).min(1)]), 'base64, such as 4pw=').describe(
    'Exact bytes of the body in base64.',
  ),
  error: apiError.describe('An error inside the stream, in the shape of the dialect.'),
  finish,
  end: endingOptions.describe('The clean end.'),
  close: endingOptions.describe('The connection is closed without the end of the body.'),
  reset: endingOptions.describe('The connection is reset.'),
  hang: expecting(z.null(), 'no options').describe('Silence, with the connection left open.'),
}

const actionNames = Object.keys(actions)

const action = z
  .strictObject(actions)
  .partial()
  .extend({
    choice: z.int().min(0).max(127).optional().describe('Which answer it belongs to, from 0.'),
  })
  .check((context) => {
    const named = keysOf(context.value).filter((key) => key !== 'choice')
    if (named.length === 1) return
    const message =
      named.length === 0
        ? `a step needs one of ${orList(actionNames)}`
        : `one step does one thing: make ${named.join(' and ')} steps of their own`
    context.issues.push({ code: 'custom', message, input: context.value })
  })

const step = expecting(
  z.union([z.enum(endings), action]).meta({
    id: 'step',
    description:
      'One step of a stream: `end`, `close`, `reset`, `hang`, or a mapping with one action.',
  }),
  'a step',
)

export type WrittenStep = z.output<typeof step>

const oneOrMore = <S extends z.ZodType>(item: S) => z.array(item).min(1)

const content = {
  text: text.optional(),
  reasoning: reasoning.optional(),
  refusal: refusal.optional(),
  tool: tool.optional(),
  tools: oneOrMore(tool).optional().describe('Several tool calls, in parallel.'),
  citation: z.unknown().optional().describe('A citation after the text.'),
  finish: finish.optional(),
}

const choice = z.strictObject(content).describe('One of several alternative answers.')

export type WrittenChoice = z.output<typeof choice>

const replayPace = expecting(
  z.union([
    z.enum(['recorded', 'instant']),
    z.templateLiteral(['x', z.number().positive()]),
    pacing,
  ]),
  '"recorded", "instant", a factor such as "x2", a profile or delays',
).describe('`recorded`, `instant`, `x2` (twice as fast), a profile or delays; default `recorded`.')

const missing = z
  .enum(missingModes)
  .describe(
    'Where no recording answers: `error` (the default), `next` (the rules after it), `upstream` (the service is asked), `tape` (asked, taped into that folder, and played from then on).',
  )

const liveKeys = {
  upstream: expecting(z.union([z.literal(true), filledText]), 'true or the name of an upstream')
    .optional()
    .describe('The live service answers: `true` for the one that is for the request, or its name.'),
  tape: expecting(z.union([z.literal(false), filledText]), 'a folder, or false')
    .optional()
    .describe(
      'The folder that it is taped into, relative to this file; `false` for none. Default: where all are taped.',
    ),
  replay: filledText
    .optional()
    .describe('Recordings, or a folder of them: the one that was taped for such a request.'),
  missing: missing.optional(),
}

const answer = z.strictObject({
  ...content,
  usage: usage.optional(),
  choices: z.array(choice).min(1).max(128).optional().describe('Several alternative answers.'),
  error: apiError.optional(),
  recording: filledText
    .optional()
    .describe('A recording, played back byte for byte; relative to this file.'),
  pacing: replayPace.optional().describe('How fast the recording is played.'),
  ...liveKeys,
  status: httpStatus.optional().describe('Any HTTP answer at all: its status.'),
  headers: headers.optional(),
  body: z.unknown().optional().describe('The body of that answer; a text as it is, else as JSON.'),
  base64: base64.optional().describe('The body of that answer in base64.'),
})

export type WrittenAnswer = z.output<typeof answer>

const speech = [...Object.keys(content), 'usage', 'choices']

/**
 * The kinds of a mapping reply; the keys of one kind do not go with those of another. What several
 * have belongs to the first of them that is meant at all.
 */
const keysByKind = {
  error: ['error'],
  replay: ['replay', 'missing', 'pacing', 'upstream'],
  recording: ['recording', 'pacing'],
  upstream: ['upstream', 'tape'],
  http: ['status', 'headers', 'body', 'base64'],
  script: speech,
} as const

export type ReplyKind = keyof typeof keysByKind

/** Keys that alone tell the kind, in the order in which they are looked for. */
const tellingKeys: readonly (readonly [ReplyKind, readonly string[]])[] = [
  ['error', ['error']],
  ['replay', ['replay', 'missing']],
  ['recording', ['recording', 'pacing']],
  ['upstream', ['upstream', 'tape']],
  ['http', keysByKind.http],
  ['script', speech],
]

export function kindOf(written: object): ReplyKind | undefined {
  const keys = keysOf(written)
  return tellingKeys.find(([, telling]) => telling.some((key) => keys.includes(key)))?.[0]
}

function conflictIn(written: WrittenAnswer): string | undefined {
  const kind = kindOf(written)
  const keys = keysOf(written)
  if (!kind) {
    const all = [...speech, 'error', 'recording', 'replay', 'upstream', 'status']
    return `a reply needs one of ${orList(all)}`
  }
  if (kind === 'recording' && written.recording === undefined) {
    return 'pacing here is that of a recording; put it beside `reply` for any other reply'
  }
  const own: readonly string[] = keysByKind[kind]
  const foreign = keys.filter((key) => !own.includes(key))
  if (foreign.length > 0) {
    const chief = kind === 'http' ? 'status' : kind
    const cannot = `${orList(foreign)} cannot stand beside ${chief}`
    const isSpeech = foreign.every((key) => speech.includes(key) || key === 'error')
    return isSpeech && kind !== 'upstream' && kind !== 'replay'
      ? `${cannot}; a list of steps can hold them`
      : `${cannot}: one reply is one thing`
  }
  if (kind === 'http' && written.status === undefined) return '"status" is missing'
  if (kind === 'replay' || kind === 'upstream') return liveConflictIn(written, kind)
  if (written.body !== undefined && written.base64 !== undefined) return 'either body or base64'
  if (written.choices && keys.some((key) => key in content)) {
    return 'either choices or one answer: move the rest into choices'
  }
  return undefined
}

function liveConflictIn(
  { upstream, replay, missing = 'error' }: WrittenAnswer,
  kind: 'replay' | 'upstream',
): string | undefined {
  if (kind === 'upstream') {
    if (upstream !== undefined) return undefined
    return 'tape says where an upstream is taped to, and "upstream" is missing'
  }
  if (replay === undefined) {
    return 'missing says what happens where no recording answers, and "replay" is missing'
  }
  if (upstream === undefined || missing === 'upstream' || missing === 'tape') return undefined
  return 'upstream beside replay is who is asked where no recording answers: it needs `missing: upstream` or `missing: tape`'
}

const checkedAnswer = answer.check((context) => {
  const message = conflictIn(context.value)
  if (message) context.issues.push({ code: 'custom', message, input: context.value })
})

export const reply = expecting(
  z.union([z.string(), checkedAnswer, oneOrMore(step)]).meta({
    id: 'reply',
    description: 'A text, a mapping such as `{ text, tool, finish }`, or a list of steps.',
  }),
  'a text, a mapping or a list of steps',
)

export type WrittenReply = z.output<typeof reply>
