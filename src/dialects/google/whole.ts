/** One whole reply out of the events that would have been streamed. */
import type { ReplyContext } from '../../core/dialect.ts'
import type { Event, Usage } from '../../core/event.ts'
import { generatedText } from '../../core/event.ts'
import { countTokens } from '../grain.ts'
import { inputTokens } from '../shapes/input-tokens.ts'
import type { JsonObject } from '../shapes/json-body.ts'
import { callsOf, finishOf, fold, type Said, textOf } from '../shapes/said.ts'
import { Chunks, citedBy, type Ending, isBlocked } from './chunk.ts'
import type { Candidate, Surface } from './surface.ts'

export function wholeMessage(
  surface: Surface,
  events: Iterable<Event>,
  reply: ReplyContext,
): JsonObject {
  const told = [...events]
  const { choices, usage: given } = fold(told, reply.request.choices)
  const chunks = new Chunks(surface, reply)
  const endings = choices.map(endingOf)
  const [first] = endings
  if (first && endings.every(isBlocked)) {
    const prompt = { inputTokens: inputTokens(reply.request.messages), outputTokens: 0 }
    return chunks.blocked(first, given ?? prompt)
  }
  const candidates = choices.map((said, choice) => ({
    parts: partsOf(said, choice, chunks),
    ...chunks.ending(endingOf(said, choice)),
    ...metadataOf(said),
  }))
  return chunks.message(candidates, given ?? countedUsage(told, reply), true)
}

function endingOf(said: Said, choice: number): Ending {
  const called = callsOf(said).length > 0
  const spoke = called || metadataOf(said) !== undefined || spokenBy(said) !== ''
  return { choice, reason: finishOf(said), spoke, refusal: textOf(said, 'refusal'), called }
}

const spokenBy = (said: Said): string => textOf(said, 'text') + textOf(said, 'reasoning')

function partsOf(said: Said, choice: number, chunks: Chunks): JsonObject[] {
  const parts = said.parts.flatMap((part): JsonObject[] => {
    if (part.kind === 'tool') return [chunks.call(part, choice)]
    if (part.text === '' || part.kind === 'refusal') return []
    return [part.kind === 'text' ? chunks.text(part.text) : chunks.thought(part.text, choice)]
  })
  const signature = chunks.signature(choice)
  const last = parts.at(-1)
  // A thought is not signed itself, and an answer is never without a part.
  if (!last || 'thought' in last) return [...parts, { ...chunks.text(''), ...signature }]
  return [...parts.slice(0, -1), { ...last, ...signature }]
}

function metadataOf({ parts }: Said): Pick<Candidate, 'citations' | 'grounding'> | undefined {
  const cited = parts.flatMap((part) => (part.kind === 'tool' ? [] : part.citations)).map(citedBy)
  if (cited.length === 0) return undefined
  const grounding = cited.findLast((one) => one.grounding !== undefined)?.grounding
  const citations = cited.flatMap((one) => one.citations ?? [])
  return grounding === undefined ? { citations } : { citations, grounding }
}

function countedUsage(events: readonly Event[], { request }: ReplyContext): Usage {
  const tokens = (isThought: boolean): number =>
    countTokens(
      events
        .filter(({ type }) => (type === 'reasoning') === isThought)
        .map(generatedText)
        .join(''),
    )
  const reasoningTokens = tokens(true)
  return {
    inputTokens: inputTokens(request.messages),
    outputTokens: tokens(false) + reasoningTokens,
    ...(reasoningTokens > 0 ? { reasoningTokens } : {}),
  }
}
