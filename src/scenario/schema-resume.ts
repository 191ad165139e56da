/**
 * The schema of `resume`: how a client that was cut off may go on where it says it stopped. A rule's
 * words stand upon its scenario's.
 */
import { z } from 'zod'
import { duration, expecting, orList } from './schema-basics.ts'

const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words, about: string) =>
  expecting(z.enum(words).describe(about), orList(words)).optional()

/** What services say of an id that they do not know, besides beginning anew. */
const refusals = [204, 400, 404, 409, 410, 412] as const

const settings = z.strictObject({
  ids: oneOf(
    ['counter', 'random', 'own'],
    'What `id:` the frames get: 1, 2, 3 and so on, or texts drawn from the seed; `own` leaves them as they are. A frame that has an id keeps it. Default: counter.',
  ),
  retry: expecting(
    duration
      .refine(Number.isInteger, { message: 'expected whole milliseconds: `retry:` has no parts' })
      .describe(
        'Sent with the first frame, as `retry:`: how long an EventSource waits before it asks again. Whole milliseconds.',
      ),
    'a duration of whole milliseconds, such as 250ms or 1.5s',
  ).optional(),
  keep: duration
    .optional()
    .describe('How long after its last listener has gone the answer is kept. Default: 5m.'),
  frames: z
    .int()
    .min(1)
    .optional()
    .describe('Keeps only so many of the latest frames; an id before them is too old.'),
  unheard: oneOf(
    ['goes-on', 'pauses'],
    'What the answer does while nobody listens: it goes on by its own clock, or waits. Default: goes-on.',
  ),
  unknown: expecting(
    z
      .union([z.literal('anew'), z.literal(refusals)])
      .describe(
        'What an id gets that is unknown or too old: the answer anew from its beginning, or this status. Default: anew.',
      ),
    orList(['anew', ...refusals.map(String)]),
  ).optional(),
  faults: oneOf(
    ['once', 'each'],
    'Whether faults act on the first connection only, or also on each that goes on with it. Default: once.',
  ),
})

export const resume = expecting(
  z
    .union([z.boolean(), settings])
    .describe(
      'Gives frames of server-sent events their ids, and goes on after the id in `Last-Event-ID`.',
    ),
  'true, false, or a mapping with ids, retry, keep, frames, unheard, unknown and faults',
)

export type WrittenResume = z.output<typeof resume>
