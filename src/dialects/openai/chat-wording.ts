/** Puts what a service has no field for into the words that it has, or leaves it unsaid. */
import type { Event } from '../../core/event.ts'
import type { ChatVariant } from './variant.ts'

/** Of one reply. */
export type Rewording = (event: Event) => readonly Event[]

/** Undefined where the service has a field for everything. */
export function rewordingFor({ stream }: ChatVariant): Rewording | undefined {
  const { reasoning, refusal, call } = stream.deltas
  const steps = [
    ...(refusal === undefined ? [refusalAsText] : []),
    ...(reasoning === 'think-tags' ? [thinkTags()] : []),
    ...(reasoning === 'unsaid' ? [withoutReasoning] : []),
    ...(call === 'unsaid' ? [withoutCalls] : []),
  ]
  return steps.length === 0 ? undefined : inTurn(steps)
}

export const inTurn =
  (steps: readonly Rewording[]): Rewording =>
  (event) =>
    steps.reduce<readonly Event[]>((events, step) => events.flatMap(step), [event])

const refusalAsText: Rewording = (event) => [
  event.type === 'refusal' ? { ...event, type: 'text' } : event,
]

const withoutReasoning: Rewording = (event) => (event.type === 'reasoning' ? [] : [event])

const withoutCalls: Rewording = (event) => {
  if (event.type === 'finish' && event.reason === 'tool-calls')
    return [{ ...event, reason: 'stop' }]
  return event.type.startsWith('tool-') ? [] : [event]
}

export const thoughtEnd = '</think>'

/** Reasoning within the text: `<think>...</think>`, of each choice by itself. */
function thinkTags(): Rewording {
  const thinking = new Set<number>()
  return (event) => {
    const choice = event.choice ?? 0
    if (event.type === 'reasoning') {
      const before = thinking.has(choice) ? '' : '<think>'
      thinking.add(choice)
      return [{ ...event, type: 'text', text: before + event.text }]
    }
    if (!thinking.has(choice) || !endsThought(event)) return [event]
    thinking.delete(choice)
    const where = choice === 0 ? {} : { choice }
    return [{ type: 'text', text: thoughtEnd, ...where }, event]
  }
}

const endsThought = ({ type }: Event): boolean =>
  type === 'text' || type === 'tool-start' || type === 'finish'
