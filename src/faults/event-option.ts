/** A neutral event as people write it: `{ type: text, text: hi }`. */
import { z } from 'zod'
import { type ApiErrorCode, apiErrorStatus } from '../core/api-error.ts'
import { type Event, type EventType, eventTypes } from '../core/event.ts'
import { suggestion } from '../core/suggest.ts'
import { choose, isMapping, strict, wholeNumber } from './options.ts'

const codes = Object.keys(apiErrorStatus)

const isCode = (written: string): written is ApiErrorCode => Object.hasOwn(apiErrorStatus, written)

export const errorCode = z
  .string({ error: `must be one of ${codes.join(', ')}` })
  .transform((written, context): ApiErrorCode => {
    if (isCode(written)) return written
    const message = `unknown error code "${written}"${suggestion(written, codes)}`
    context.issues.push({ code: 'custom', message, input: written })
    return z.NEVER
  })
  .meta({ enum: codes, description: 'What went wrong, in neutral words.' })

const words = z.string({ error: 'must be text' })

export const apiError = strict(
  {
    code: errorCode,
    message: z.exactOptional(words.describe("Replaces the vendor's own words.")),
  },
  'error',
)

const choice = z.exactOptional(wholeNumber(0).describe('The answer it belongs to; 0 unless said.'))
const index = wholeNumber(0).default(0).describe('Which tool call; the first unless said.')

/** Every type but `raw`: bytes are injected by `raw` or `base64`. */
const forms = {
  start: strict({ type: z.literal('start'), choice }),
  text: strict({ type: z.literal('text'), text: words, choice }),
  reasoning: strict({ type: z.literal('reasoning'), text: words, choice }),
  refusal: strict({ type: z.literal('refusal'), text: words, choice }),
  'tool-start': strict({
    type: z.literal('tool-start'),
    index,
    id: z.exactOptional(words),
    name: words,
    choice,
  }),
  'tool-arguments': strict({ type: z.literal('tool-arguments'), index, text: words, choice }),
  'tool-end': strict({ type: z.literal('tool-end'), index, choice }),
  citation: strict({ type: z.literal('citation'), citation: z.unknown(), choice }),
  usage: strict({
    type: z.literal('usage'),
    usage: strict({
      inputTokens: wholeNumber(0),
      outputTokens: wholeNumber(0),
      reasoningTokens: z.exactOptional(wholeNumber(0)),
      cachedTokens: z.exactOptional(wholeNumber(0)),
    }),
    choice,
  }),
  error: strict({ type: z.literal('error'), error: apiError, choice }),
  comment: strict({ type: z.literal('comment'), text: words, choice }),
  finish: strict({ type: z.literal('finish'), reason: words, choice }),
} as const satisfies Record<Exclude<EventType, 'raw'>, z.ZodType<Event>>

const known = eventTypes.filter((type) => type !== 'raw')

const hasForm = (type: unknown): type is keyof typeof forms =>
  typeof type === 'string' && Object.hasOwn(forms, type)

export const eventOption: z.ZodType<Event> = choose<Event>(
  (written) => {
    if (!isMapping(written)) return 'must be an event such as { type: text, text: hi }'
    const type = written['type']
    if (hasForm(type)) return forms[type]
    if (type === undefined) return `an event needs a type: ${known.join(', ')}`
    if (type === 'raw') return 'bytes are injected by raw or base64, not as an event'
    return `unknown event "${type}"${suggestion(String(type), known)}`
  },
  () => Object.values(forms),
  'An event, written in the form that the dialect has for it.',
)
