/** Something that the stream did not hold, in a chunk of its own. */
import { z } from 'zod'
import type { ApiError } from '../core/api-error.ts'
import { utf8 } from '../core/bytes.ts'
import { StuntdoubleError } from '../core/errors.ts'
import type { Event } from '../core/event.ts'
import type { Step, WriteStep } from '../core/timeline.ts'
import { apiError, eventOption } from './event-option.ts'
import type { FaultContext, FaultKind, Reached, StreamLanguage } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { choose, isMapping, strict } from './options.ts'
import { type Place, place } from './place.ts'
import { scannerFor } from './places.ts'

type Matter =
  | { readonly bytes: Uint8Array }
  | { readonly comment: string }
  | { readonly error: ApiError }
  | { readonly event: Event }

interface InjectOptions {
  readonly at: Place
  readonly matter: Matter
}

const text = z.string({ error: 'must be text' })

const forms = {
  raw: strict({ at: place, raw: text.describe('These bytes, as UTF-8.') }).transform(
    ({ at, raw }): InjectOptions => ({ at, matter: { bytes: utf8(raw) } }),
  ),
  base64: strict({
    at: place,
    base64: z.base64({ error: 'must be base64' }).describe('These bytes.'),
  }).transform(
    ({ at, base64 }): InjectOptions => ({ at, matter: { bytes: Buffer.from(base64, 'base64') } }),
  ),
  comment: strict({
    at: place,
    comment: text.describe('A comment, as far as the framing has such.'),
  }).transform(({ at, comment }): InjectOptions => ({ at, matter: { comment } })),
  error: strict({
    at: place,
    error: apiError.describe("An error in the dialect's own form, within the stream."),
  }).transform(({ at, error }): InjectOptions => ({ at, matter: { error } })),
  event: strict({ at: place, event: eventOption }).transform(
    ({ at, event }): InjectOptions => ({ at, matter: { event } }),
  ),
} as const

const formNames = Object.keys(forms)

const isForm = (name: string): name is keyof typeof forms => Object.hasOwn(forms, name)

export const inject: FaultKind<InjectOptions> = {
  name: 'inject',
  summary: 'Puts bytes, a comment, an error or an event into the stream, in a chunk of its own.',
  schema: choose<InjectOptions>(pickForm, () => Object.values(forms), 'What, and where.'),
  create({ at, matter }, context) {
    // On live traffic nobody knows before the head has passed how the stream is framed; elsewhere
    // what cannot be written is refused before anything is sent.
    const bytes = (): Uint8Array => bytesOf(matter, context.stream)
    if (context.bodyLength) bytes()
    return fromPlace(scannerFor(at, context), new Injection(bytes, context))
  },
}

function pickForm(written: unknown): z.ZodType<InjectOptions> | string {
  const named = isMapping(written) ? Object.keys(written).filter(isForm) : []
  const [form, second] = named
  if (form && second)
    return `inject takes one of ${formNames.join(', ')}, not both ${named.join(' and ')}`
  return form ? forms[form] : `inject needs what: one of ${formNames.join(', ')}`
}

function bytesOf(matter: Matter, stream: StreamLanguage): Uint8Array {
  if ('bytes' in matter) return matter.bytes
  const event = eventOf(matter)
  const encoded = stream.encode(event) ?? encodedByFraming(event, stream)
  if (encoded) return encoded
  throw new StuntdoubleError(
    'not-possible',
    `inject: neither the dialect nor its framing (${stream.framing.name}) has a form for ${event.type}; give the bytes by raw or base64`,
  )
}

function eventOf(matter: Exclude<Matter, { bytes: Uint8Array }>): Event {
  if ('comment' in matter) return { type: 'comment', text: matter.comment }
  return 'error' in matter ? { type: 'error', error: matter.error } : matter.event
}

/** A comment means nothing, so that no dialect is needed to write one. */
const encodedByFraming = (event: Event, { framing }: StreamLanguage): Uint8Array | undefined =>
  event.type === 'comment' ? framing.encode({ comment: event.text })?.bytes : undefined

class Injection implements Aftermath {
  readonly #bytes: () => Uint8Array
  readonly #context: FaultContext
  /** Reached, but not written yet: a time may be reached before the head, where no byte can be. */
  #due: Reached | undefined

  constructor(bytes: () => Uint8Array, context: FaultContext) {
    this.#bytes = bytes
    this.#context = context
  }

  reach(at: Reached): Step[] {
    this.#due = at
    return at.afterHead ? this.#written(at.atMs) : []
  }

  push(step: Step): Step[] {
    if (!this.#due) return [step]
    if (step.do === 'head') return [step, ...this.#written(step.atMs)]
    return [step]
  }

  end(): Step[] {
    return []
  }

  #written(atMs: number): WriteStep[] {
    if (this.#due) this.#context.onAct?.('inject', { ...this.#due, atMs })
    this.#due = undefined
    const bytes = this.#bytes()
    return bytes.length === 0 ? [] : [{ atMs, do: 'write', bytes }]
  }
}
