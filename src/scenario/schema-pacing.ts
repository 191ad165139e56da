/** The schema of `pacing`: how long the head, the first delta and each next one take. */
import { z } from 'zod'
import type { Distribution } from '../core/pacing.ts'
import { profiles } from '../time/profiles.ts'
import { duration, expecting, keysOf, orList } from './schema-basics.ts'

const forms = ['fixed', 'uniform', 'normal', 'lognormal', 'exponential', 'empirical']

const sigma = z.number().min(0).max(10).describe('How wide it spreads: 0.3 is narrow, 1 is wide.')

const spread = z
  .strictObject({
    fixed: duration.optional().describe('Always this long.'),
    uniform: z
      .strictObject({ min: duration, max: duration })
      .refine(({ min, max }) => min <= max, { message: 'min is above max' })
      .optional()
      .describe('Evenly between two durations.'),
    normal: z
      .strictObject({ mean: duration, sd: duration })
      .optional()
      .describe('A bell curve: `mean` and standard deviation `sd`; never below 0.'),
    lognormal: z
      .strictObject({ median: duration, sigma })
      .optional()
      .describe('A bell curve with a long tail, as services have: `median` and `sigma`.'),
    exponential: z
      .strictObject({ mean: duration })
      .optional()
      .describe('Many short delays and few long ones, about a `mean`.'),
    empirical: z
      .array(duration)
      .min(1)
      .optional()
      .describe('Measured delays, each as likely as the others.'),
    max: duration.optional().describe('Cuts the tail: no delay is longer.'),
  })
  .transform((written, context): Distribution => {
    const named = keysOf(written).filter((key) => key !== 'max')
    const cut = written.max === undefined ? {} : { max: written.max }
    if (named.length === 1) {
      if (written.fixed !== undefined) return { fixed: written.fixed, ...cut }
      if (written.uniform) return { uniform: written.uniform, ...cut }
      if (written.normal) return { normal: written.normal, ...cut }
      if (written.lognormal) return { lognormal: written.lognormal, ...cut }
      if (written.exponential) return { exponential: written.exponential, ...cut }
      if (written.empirical) return { empirical: written.empirical, ...cut }
    }
    const message =
      named.length === 0
        ? `a delay needs one of ${orList(forms)}`
        : `a delay is one of ${named.join(', ')}, not several`
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

const delay = expecting(
  z.union([duration.transform((ms): Distribution => ({ fixed: ms })), spread]).meta({
    id: 'delay',
    description:
      'A fixed duration, or a distribution such as `{ lognormal: { median: 18ms, sigma: 0.4 } }`.',
  }),
  'a duration such as 20ms, or a distribution',
)

const probability = z.number().min(0).max(1)

const burst = expecting(
  z.union([
    probability.transform((chance) => ({ probability: chance })),
    z.strictObject({ probability: probability.describe('By chance, from 0 to 1.') }),
    z.strictObject({ size: z.int().min(1).max(100_000).describe('In groups of this size.') }),
  ]),
  'a probability from 0 to 1, or a size',
).describe('Deltas that leave together: a probability, or `{ size: n }`.')

const profileName = z
  .enum(Object.keys(profiles))
  .describe('A named profile, see `pacing profiles` in the reference.')

export const pacing = expecting(
  z
    .union([
      profileName,
      z
        .strictObject({
          profile: profileName.optional().describe('The profile that the other keys change.'),
          head: delay.optional().describe('From the request to the status line and headers.'),
          ttft: delay.optional().describe('From the request to the first delta.'),
          itl: delay.optional().describe('Between two deltas.'),
          burst: burst.optional(),
        })
        .refine((written) => keysOf(written).length > 0, {
          message: 'pacing needs one of profile, head, ttft, itl or burst',
        }),
    ])
    .meta({
      id: 'pacing',
      description:
        'A profile by name, or single delays, which change those of the scenario; at first none.',
    }),
  'a profile or delays',
)

export type WrittenPacing = z.output<typeof pacing>
