/**
 * Moderations: `POST moderations`. Nothing is ever flagged here: a double cannot judge what it reads,
 * and a scenario that wants something flagged says so in a rule for this path.
 */
import { z } from 'zod'
import type { Route } from '../../core/dialect.ts'
import { jsonReply } from '../../core/http.ts'
import { alphanumeric, type Random } from '../../core/random.ts'
import { checkBody } from '../shapes/checked.ts'
import { refuse, unreadable } from './refuse.ts'
import { serviceHeaders } from './service-headers.ts'
import type { ChatVariant } from './variant.ts'

const part = z.looseObject({ type: z.enum(['text', 'image_url']), text: z.string().optional() })

const requestSchema = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(z.string()).min(1), z.array(part).min(1)]),
})

/** Those that apply to images as well. */
const ofImages = [
  'sexual',
  'self-harm',
  'self-harm/intent',
  'self-harm/instructions',
  'violence',
  'violence/graphic',
]

const categories = [
  'harassment',
  'harassment/threatening',
  'sexual',
  'hate',
  'hate/threatening',
  'illicit',
  'illicit/violent',
  'self-harm/intent',
  'self-harm/instructions',
  'self-harm',
  'sexual/minors',
  'violence',
  'violence/graphic',
]

export const moderationRoute = (variant: ChatVariant, base: string): Route => ({
  method: 'POST',
  path: `${base}/moderations`,
  answer(http, { random }) {
    const checked = checkBody(http, {
      schema: requestSchema,
      refuse: refuse(variant, ['input']),
      unreadable: unreadable(variant),
    })
    if ('code' in checked) return checked
    const { input, model } = checked.data
    const inputs = typeof input === 'string' ? [input] : input
    // Texts are judged one by one, the parts of a message together.
    const judged = inputs.every((one) => typeof one === 'string') ? inputs : [inputs]
    return jsonReply(
      200,
      {
        id: `modr-${alphanumeric(random.fork('id'), 29)}`,
        model: model ?? 'omni-moderation-latest',
        results: judged.map((one) => resultFor(JSON.stringify(one), random)),
      },
      serviceHeaders(variant, random),
    )
  },
})

function resultFor(text: string, random: Random): unknown {
  const source = random.fork(`moderation/${text}`)
  const isImage = text.includes('"image_url"')
  const each = <T>(of: (category: string) => T): Record<string, T> =>
    Object.fromEntries(categories.map((category) => [category, of(category)]))
  return {
    flagged: false,
    categories: each(() => false),
    category_scores: each(() => source.next() * 1e-3),
    category_applied_input_types: each((category) =>
      isImage && ofImages.includes(category) ? ['text', 'image'] : ['text'],
    ),
  }
}
