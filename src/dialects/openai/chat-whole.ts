/** One whole completion out of the events that would have been streamed. */
import type { ReplyContext } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import { type Slots, writeJson } from '../shapes/json-template.ts'
import { callsOf, finishOf, fold, type Said, textOf } from '../shapes/said.ts'
import {
  type ChatPlan,
  callText,
  finishWord,
  identity,
  idGiver,
  logprobsOf,
  logprobsRandom,
  sourceSlots,
  usageText,
} from './chat-plan.ts'

/** As JSON text. */
export function wholeCompletion(
  plan: ChatPlan,
  events: readonly Event[],
  reply: ReplyContext,
): string {
  const said = reworded(plan, events, reply)
  const { choices, usage } = fold(said, reply.request.choices)
  const logprobs = logprobsByChoice(said, reply)
  const shared = identity(plan, reply)
  const texts = choices.map((choice, index) =>
    writeJson(plan.whole.choice, {
      ...shared,
      ...choiceSlots(plan, choice, logprobs?.get(index)),
      index: String(index),
    }),
  )
  return writeJson(plan.whole.reply, {
    ...shared,
    choices: `[${texts.join(',')}]`,
    usage: usage && usageText(plan, usage),
    ...sourceSlots(citationsIn(events)),
  })
}

const citationsIn = (events: readonly Event[]): unknown[] =>
  events.flatMap((event) => (event.type === 'citation' ? [event.citation] : []))

/** In the words of the service, each call with its id. */
function reworded(plan: ChatPlan, events: readonly Event[], reply: ReplyContext): Event[] {
  const giveId = idGiver(plan, reply)
  const reword = plan.reword(reply)
  return events
    .map((event) => (event.type === 'tool-start' ? { ...event, id: giveId(event.id) } : event))
    .flatMap((event) => reword?.(event) ?? [event])
}

function choiceSlots(plan: ChatPlan, said: Said, logprobs: readonly unknown[] | undefined): Slots {
  const [text, refusal] = [textOf(said, 'text'), textOf(said, 'refusal')]
  const reasoning = textOf(said, 'reasoning')
  const calls = callsOf(said).map((call) => callText(plan.whole.call, call))
  const isSilent = text === '' && (calls.length > 0 || refusal !== '')
  const message = writeJson(plan.whole.message, {
    content: isSilent ? undefined : JSON.stringify(text),
    text: JSON.stringify(text),
    reasoning: reasoning === '' ? undefined : JSON.stringify(reasoning),
    refusal: refusal === '' ? undefined : JSON.stringify(refusal),
    calls: calls.length === 0 ? undefined : `[${calls.join(',')}]`,
    callList: `[${calls.join(',')}]`,
  })
  return {
    message,
    logprobs: logprobs && JSON.stringify({ content: logprobs, refusal: null }),
    finish: JSON.stringify(finishWord(finishOf(said))),
  }
}

/** Undefined where nobody asked for them; empty for a choice without text. */
function logprobsByChoice(
  events: readonly Event[],
  reply: ReplyContext,
): { get(choice: number): readonly unknown[] } | undefined {
  const random = logprobsRandom(reply)
  if (!random) return undefined
  const entries = new Map<number, unknown[]>()
  for (const event of events) {
    if (event.type !== 'text') continue
    const choice = event.choice ?? 0
    entries.set(choice, [...(entries.get(choice) ?? []), ...logprobsOf(event.text, random)])
  }
  return { get: (choice) => entries.get(choice) ?? [] }
}
