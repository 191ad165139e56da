/** The schema of `limits`: how much is let in, as a short text or in full. */
import { z } from 'zod'
import { parseDuration } from '../core/duration.ts'
import { type Counted, countedApart, type Limit, limitErrors } from '../core/limits.ts'
import { duration, expecting, filledText, orList } from './schema-basics.ts'
import { withoutUndefined } from './schema-reply.ts'

const kinds = ['requests', 'tokens', 'inputTokens', 'outputTokens', 'concurrent'] as const

const examples = 'a limit such as 3rpm, 90ktpm, 5 requests/10s or 2 concurrent'

const most = z.int().min(1).max(1_000_000_000)

const minuteMs = 60_000

const shortForm =
  /^(\d+)(k?)\s*(?:(r|t|it|ot)p([smhd])|(requests?|tokens?|input tokens?|output tokens?)\s*(?:\/|per)\s*(\S+)|(concurrent))$/

const countedBy: Readonly<Record<string, Counted>> = {
  r: 'requests',
  t: 'tokens',
  it: 'inputTokens',
  ot: 'outputTokens',
  request: 'requests',
  token: 'tokens',
  'input token': 'inputTokens',
  'output token': 'outputTokens',
  concurrent: 'concurrent',
}

const unitMs: Readonly<Record<string, number>> = {
  s: 1000,
  m: minuteMs,
  h: 3_600_000,
  d: 86_400_000,
}

const words: Readonly<Record<string, string>> = {
  second: 's',
  minute: 'm',
  hour: 'h',
  day: 'd',
}

/** A limit as its author wrote it: what is left out is filled in by `completeLimit`. */
type GivenLimit = Pick<Limit, 'counted' | 'most' | 'perMs'> & Partial<Limit>

/** Undefined where the text is no limit. */
function parseShort(text: string): GivenLimit | undefined {
  const found = shortForm.exec(text.trim().toLowerCase())
  if (!found) return undefined
  const [, digits, thousands, letters, unit, noun, per, concurrent] = found
  const counted = countedBy[letters ?? noun?.replace(/s$/, '') ?? concurrent ?? '']
  const amount = Number(digits) * (thousands === 'k' ? 1000 : 1)
  if (!counted || !most.safeParse(amount).success) return undefined
  const perMs = concurrent ? 0 : durationOf(unit ?? per ?? '')
  if (perMs === undefined) return undefined
  return { counted, most: amount, perMs, name: text.trim().replaceAll(/\s+/g, ' ') }
}

/** `m` and `minute` are a minute here, and `10s` is ten seconds. */
function durationOf(text: string): number | undefined {
  const ms = unitMs[words[text] ?? text] ?? parseDuration(text)
  return ms !== undefined && isTime(ms) ? ms : undefined
}

/** In less than a millisecond nobody could be told when to come again. */
const isTime = (ms: number): boolean => ms >= 1 && ms <= 86_400_000

const short = z.string().transform((text, context): GivenLimit => {
  const limit = parseShort(text)
  if (limit) return limit
  context.addIssue({ code: 'custom', message: `expected ${examples}, not ${JSON.stringify(text)}` })
  return z.NEVER
})

const apart = z.enum(countedApart)

const names = (what: string) =>
  z.array(filledText).min(1).optional().describe(`It holds for these ${what} alone.`)

const full = z
  .strictObject({
    name: filledText
      .optional()
      .describe('Shown in the journal and in `x-stuntdouble-rule` as `limit/NAME`.'),
    requests: most.optional().describe('So many requests.'),
    tokens: most.optional().describe('So many tokens, those that come in and those that go out.'),
    inputTokens: most.optional().describe('So many tokens that come in.'),
    outputTokens: most.optional().describe('So many tokens that go out.'),
    concurrent: most.optional().describe('So many exchanges at one time.'),
    per: duration
      .refine(isTime, { message: 'per must be from 1ms to 24h' })
      .optional()
      .describe('The time in which so much is let in; a minute unless given.'),
    as: z
      .enum(['window', 'bucket'])
      .optional()
      .describe('`window` slides, which is the default; `bucket` fills up evenly.'),
    by: expecting(z.union([apart, z.array(apart)]), `a list of ${orList([...countedApart])}`)
      .optional()
      .describe('Who is counted apart; `[key, model]` unless given, `[]` counts all together.'),
    keys: names('keys'),
    models: names('models'),
    dialects: names('dialects'),
    queue: z
      .strictObject({
        length: z.int().min(1).max(100_000).describe('How many may wait; the next is refused.'),
        wait: duration.optional().describe('How long one may wait; without end unless given.'),
      })
      .optional()
      .describe('Where those wait that find no place, first come first.'),
    error: z
      .enum(limitErrors)
      .optional()
      .describe('What is answered instead: 429, 503 or 529, as the dialect has it.'),
  })
  .transform((written, context): GivenLimit => {
    const refuse = (message: string): never => {
      context.addIssue({ code: 'custom', message })
      return z.NEVER
    }
    const [counted, another] = kinds.filter((kind) => written[kind] !== undefined)
    if (!counted) return refuse(`a limit needs one of ${orList(kinds)}`)
    if (another) return refuse(`a limit has one of ${counted} and ${another}, not both`)
    const isPlace = counted === 'concurrent'
    const misplaced = isPlace ? (['per', 'as'] as const) : (['queue'] as const)
    const wrong = misplaced.find((key) => written[key] !== undefined)
    if (wrong) return refuse(`"${wrong}" means nothing beside ${counted}`)
    const { queue, by, name, as, keys, models, dialects, error } = written
    return {
      counted,
      most: written[counted] ?? 1,
      perMs: isPlace ? 0 : (written.per ?? minuteMs),
      ...(by === undefined ? {} : { by: [by].flat() }),
      ...(queue ? { queue: { length: queue.length, waitMs: queue.wait } } : {}),
      ...withoutUndefined({ name, as, keys, models, dialects, error }),
    }
  })

const limit = expecting(
  z.union([short, full]).meta({
    id: 'limit',
    description:
      'How much is let in: `3rpm`, `90ktpm` (also `rps`, `rph`, `rpd`, `itpm`, `otpm`), `5 requests/10s`, `2 concurrent`, or in full.',
  }),
  examples,
)

export const limitList = expecting(
  z
    // The list comes first: what is wrong in one is told of its items.
    .union([z.array(limit).min(1), limit.transform((one) => [one])])
    .transform((list) => list.map(completeLimit))
    .describe(
      'How much is let in, see `limit`. It holds for all scenarios that are served together.',
    ),
  `${examples}, or a list of them`,
)

const letter: Readonly<Record<Counted, string>> = {
  requests: 'r',
  tokens: 't',
  inputTokens: 'it',
  outputTokens: 'ot',
  concurrent: '',
}

/** As short as it can be written. */
function usualName({ counted, most: amount, perMs }: GivenLimit): string {
  if (counted === 'concurrent') return `${amount} concurrent`
  const unit = Object.keys(unitMs).find((name) => unitMs[name] === perMs)
  return unit ? `${amount}${letter[counted]}p${unit}` : `${amount} ${counted}/${perMs}ms`
}

function completeLimit(limit: GivenLimit): Limit {
  return {
    name: limit.name ?? usualName(limit),
    counted: limit.counted,
    most: limit.most,
    perMs: limit.perMs,
    as: limit.as ?? 'window',
    by: limit.by ?? ['key', 'model'],
    keys: limit.keys,
    models: limit.models,
    dialects: limit.dialects,
    queue: limit.queue,
    error: limit.error,
  }
}
