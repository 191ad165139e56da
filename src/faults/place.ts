/**
 * Places in a stream, as people write them: `{ frame: 4 }`, `{ event: text, nth: 2 }`, `random`.
 * Only the written form; what finds them in a timeline stands in `places.ts`.
 */
import { z } from 'zod'
import { type EventType, eventTypes } from '../core/event.ts'
import { suggestion } from '../core/suggest.ts'
import { choose, duration, isMapping, strict, wholeNumber } from './options.ts'

export type Place =
  | 'random'
  | { readonly frame: number }
  | { readonly byte: number }
  | { readonly event: EventType; readonly nth: number }
  | { readonly token: number }
  | { readonly time: number }
  | { readonly fraction: number }

/** Before everything, the head included: where faults act that name no place. */
export const theVeryStart: Place = { time: 0 }

const eventType = z.enum(eventTypes, {
  error: ({ input }) => `unknown event "${input}"${suggestion(String(input), eventTypes)}`,
})

const forms = {
  frame: strict({
    frame: wholeNumber(0).describe(
      'Just before this frame, so exactly so many frames arrive; 0 is after the head.',
    ),
  }),
  byte: strict({
    byte: wholeNumber(0).describe('After exactly so many bytes of the body.'),
  }),
  event: strict({
    event: eventType.describe('Just before the frame that carries an event of this type.'),
    nth: wholeNumber(1).default(1).describe('Which event of the type; the first unless said.'),
  }),
  token: strict({
    token: wholeNumber(0).describe(
      'At the end of the first frame with which so many tokens of generated text have arrived.',
    ),
  }),
  time: strict({ time: duration.describe('So long after the request arrived.') }),
  fraction: strict({
    fraction: z
      .number({ error: 'must be a number from 0 to 1' })
      .min(0, { error: 'must be at least 0' })
      .max(1, { error: 'must be at most 1' })
      .describe('After this part of the body, from 0 to 1. Not on live traffic.'),
  }),
} as const

const formNames = Object.keys(forms)

const random = z
  .literal('random')
  .describe('After a number of bytes drawn from the seed. Not on live traffic.')

export const place: z.ZodType<Place> = choose<Place>(
  pickForm,
  () => [...Object.values(forms), random],
  'Where in the stream the fault acts.',
)

const isForm = (name: string): name is keyof typeof forms => Object.hasOwn(forms, name)

const whatAPlaceIs =
  '{ frame: n }, { byte: n }, { event: TYPE }, { token: n }, { time: 1.2s }, { fraction: 0.5 } or random'

function pickForm(written: unknown): z.ZodType<Place> | string {
  if (written === 'random') return random
  if (written === undefined) return `needs a place where it acts: ${whatAPlaceIs}`
  if (!isMapping(written)) return `is no place; a place is ${whatAPlaceIs}`
  const keys = Object.keys(written)
  const named = keys.filter(isForm)
  const [form, second] = named
  if (form && second) return `names two places, ${form} and ${second}; give one`
  if (form) return forms[form]
  const [key] = keys
  return key ? `unknown place "${key}"${suggestion(key, formNames)}` : `a place is ${whatAPlaceIs}`
}

/** The option of a fault that can do without a place. */
export const optionalPlace = z.exactOptional(place)
