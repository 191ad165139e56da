/** Why no rule answered, for the person who wrote them. */
import type { Miss } from '../../scenario/match.ts'

const mostReasons = 5

export function explainMiss({ reasons }: Miss): string {
  if (reasons.length === 0) return 'stuntdouble: no scenario has a rule.'
  const shown = reasons
    .slice(0, mostReasons)
    .map(({ scenario, rule, why }) => `- ${scenario}/${rule}: ${why}`)
  const more = reasons.length - shown.length
  return [
    'stuntdouble: no rule fits this request. The nearest first:',
    ...shown,
    ...(more > 0 ? [`- and ${more} more`] : []),
  ].join('\n')
}
