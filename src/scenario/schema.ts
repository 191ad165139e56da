/**
 * The one schema of a scenario file: it gives the types, the checks and the published JSON Schema.
 * What a single value cannot tell, such as a name that is used twice, is for `lint.ts`.
 */
import { z } from 'zod'
import { dialectSchema } from '../dialects/declared/schema.ts'
import { faultSchema } from '../faults/registry.ts'
import { expecting, filledText, keysOf } from './schema-basics.ts'
import { limitList } from './schema-limits.ts'
import { when } from './schema-matcher.ts'
import { pacing } from './schema-pacing.ts'
import { plan } from './schema-plan.ts'
import { reply } from './schema-reply.ts'
import { resume } from './schema-resume.ts'
import { singleUpstream, upstreamList } from './schema-upstream.ts'

const stateName = filledText

const ruleState = z
  .strictObject({
    from: expecting(z.union([stateName, z.array(stateName).min(1)]), 'a state or a list of states')
      .optional()
      .describe('Answers only in this state, or in one of these.'),
    to: stateName.optional().describe('The state that it leads to.'),
  })
  .refine((written) => keysOf(written).length > 0, { message: 'state needs from, to or both' })
  .describe('Named states of the scenario, kept for each session; the first is `start`.')

export const ruleSchema = z
  .strictObject({
    name: filledText.optional().describe('Shown in the journal and in `x-stuntdouble-rule`.'),
    when: when.optional(),
    times: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .describe('How often it answers in one session; then the rules after it have their turn.'),
    state: ruleState.optional(),
    reply: reply,
    pacing: pacing.optional(),
    faults: z
      .array(faultSchema)
      .optional()
      .describe('What goes wrong with the stream, one after the other.'),
    plan: plan
      .optional()
      .describe('A plan of faults: its nth answer in a session gets the nth entry.'),
    resume: resume.optional(),
  })
  .meta({ id: 'rule', description: 'One answer, and the requests it is for.' })

export type WrittenRule = z.output<typeof ruleSchema>

const authKey = expecting(
  z.union([
    filledText,
    z.strictObject({
      key: filledText.describe('The key itself.'),
      models: z.array(filledText).optional().describe('The only models that it is good for.'),
      dialects: z.array(filledText).optional().describe('The only dialects that it is good for.'),
    }),
  ]),
  'a key, or a mapping with key, models and dialects',
)

const dialect = expecting(
  z
    .union([filledText, dialectSchema.meta({ id: 'dialect' })])
    .describe('The name of a dialect, to prefer it; the path of a YAML file, or a description.'),
  'a name, a path to a YAML file or a description',
)

const isoTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/

const now = expecting(
  z
    .string()
    .refine((text) => text === 'real' || (isoTime.test(text) && !Number.isNaN(Date.parse(text))))
    .transform((text): 'real' | number => (text === 'real' ? text : Date.parse(text)))
    .describe(
      'The time that replies claim to be made at: `real`, or a fixed one. Default 2026-01-01.',
    ),
  '"real" or a time such as 2026-01-01T00:00:00Z',
)

export const scenarioSchema = z
  .strictObject({
    name: filledText.optional().describe("The scenario's name; by default that of the file."),
    seed: z
      .int()
      .optional()
      .describe('What chance is drawn from; the same seed gives the same bytes. Default 1.'),
    pacing: pacing.optional(),
    plan: plan
      .optional()
      .describe('A plan of faults: the nth answer of its rules in a session gets the nth entry.'),
    resume: resume.optional(),
    rules: z
      .array(ruleSchema)
      .min(1)
      .optional()
      .describe('Tried in order; the first that fits answers.'),
    dialects: z
      .array(dialect)
      .optional()
      .describe('Wire formats of your own, and which of several is meant for a path.'),
    auth: z
      .strictObject({ keys: z.array(authKey).min(1).describe('The keys that are accepted.') })
      .optional()
      .describe(
        'Asks for a key: 401 without one, 403 for one that is not good for the request. It holds for all scenarios that are served together.',
      ),
    models: z
      .array(filledText)
      .min(1)
      .optional()
      .describe(
        'The models that exist; any other gets the error that the dialect has for it. It holds for all scenarios that are served together.',
      ),
    limits: limitList.optional(),
    upstream: singleUpstream.optional(),
    upstreams: upstreamList.optional(),
    now: now.optional(),
  })
  .refine((written) => written.rules !== undefined || written.dialects !== undefined, {
    message: '"rules" is missing: the list of what is answered',
  })
  .describe(
    'A scenario of stuntdouble: what is asked, and what is answered, how fast and how badly.',
  )

export type WrittenScenario = z.output<typeof scenarioSchema>
