/**
 * What a fault can put into a stream: bytes, a comment, an error or an event, the last three in the
 * form of the dialect. How people write it, and what bytes it becomes in a stream.
 */
import { z } from 'zod'
import type { ApiError } from '../core/api-error.ts'
import { utf8 } from '../core/bytes.ts'
import { StuntdoubleError } from '../core/errors.ts'
import type { Event } from '../core/event.ts'
import { apiError, eventOption } from './event-option.ts'
import type { StreamLanguage } from './fault.ts'
import { choose, forwardIssues, isMapping, strict } from './options.ts'

export type Matter =
  | { readonly bytes: Uint8Array }
  | { readonly comment: string }
  | { readonly error: ApiError }
  | { readonly event: Event }

const text = z.string({ error: 'must be text' })

const described = {
  raw: text.describe('These bytes, as UTF-8.'),
  base64: z.base64({ error: 'must be base64' }).describe('These bytes.'),
  comment: text.describe('A comment, as far as the framing has such.'),
  error: apiError.describe("An error in the dialect's own form, within the stream."),
  event: eventOption,
} as const

type Form = keyof typeof described

const forms = {
  raw: described.raw.transform((raw): Matter => ({ bytes: utf8(raw) })),
  base64: described.base64.transform((coded): Matter => ({ bytes: Buffer.from(coded, 'base64') })),
  comment: described.comment.transform((comment): Matter => ({ comment })),
  error: described.error.transform((error): Matter => ({ error })),
  event: described.event.transform((event): Matter => ({ event })),
} as const satisfies Record<Form, z.ZodType<Matter>>

const formNames = Object.keys(forms)

const isForm = (name: string): name is Form => Object.hasOwn(forms, name)

/** Options of which one says what is put in; `rest` has the others. */
export function withMatter<Rest extends object>(
  kind: string,
  shape: z.ZodRawShape,
  rest: z.ZodType<Rest>,
): z.ZodType<Rest & { readonly matter: Matter }> {
  type Options = Rest & { readonly matter: Matter }
  const read = z.unknown().transform((written, context): Options => {
    const named = isMapping(written) ? Object.entries(written) : []
    const others = rest.safeParse(Object.fromEntries(named.filter(([name]) => !isForm(name))))
    const [[form, value] = []] = named.filter(([name]) => isForm(name))
    const matter = forms[form !== undefined && isForm(form) ? form : 'raw'].safeParse(value)
    if (!others.success) forwardIssues(others.error, context, [], written)
    if (!matter.success) forwardIssues(matter.error, context, form ? [form] : [], written)
    // Only in the place of frames is nothing a change.
    const isIdle = matter.success && isNothing(matter.data) && !('count' in shape)
    if (isIdle) {
      const message = 'needs at least one byte'
      context.issues.push({ code: 'custom', message, path: [form ?? 'raw'], input: written })
    }
    return others.success && matter.success && !isIdle
      ? { ...others.data, matter: matter.data }
      : z.NEVER
  })
  const published = () =>
    Object.entries(described).map(([name, schema]) => strict({ ...shape, [name]: schema }))
  return choose<Options>(
    (written) => wrongForm(kind, written) ?? read,
    published,
    'What, and where.',
  )
}

const isNothing = (matter: Matter): boolean => 'bytes' in matter && matter.bytes.length === 0

function wrongForm(kind: string, written: unknown): string | undefined {
  const named = isMapping(written) ? Object.keys(written).filter(isForm) : []
  if (named.length === 0) return `${kind} needs what: one of ${formNames.join(', ')}`
  if (named.length === 1) return undefined
  return `${kind} takes one of ${formNames.join(', ')}, not both ${named.join(' and ')}`
}

/** Where it goes to: the fault that puts it there, the stream, and when it comes. */
export interface MatterPlace {
  readonly kind: string
  readonly stream: StreamLanguage
  readonly atMs?: number
}

export function matterBytes(matter: Matter, { kind, stream, atMs = 0 }: MatterPlace): Uint8Array {
  if ('bytes' in matter) return matter.bytes
  const event = eventOf(matter)
  const encoded = stream.encode(event, atMs) ?? encodedByFraming(event, stream)
  if (encoded) return encoded
  throw new StuntdoubleError(
    'not-possible',
    `${kind}: neither the dialect nor its framing (${stream.framing.name}) has a form for ${event.type}; give the bytes by raw or base64`,
  )
}

function eventOf(matter: Exclude<Matter, { bytes: Uint8Array }>): Event {
  if ('comment' in matter) return { type: 'comment', text: matter.comment }
  return 'error' in matter ? { type: 'error', error: matter.error } : matter.event
}

/** A comment means nothing, so that no dialect is needed to write one. */
const encodedByFraming = (event: Event, { framing }: StreamLanguage): Uint8Array | undefined =>
  event.type === 'comment' ? framing.encode({ comment: event.text })?.bytes : undefined
