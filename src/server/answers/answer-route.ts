/**
 * Routes that a dialect answers itself: lists, counts, and all that comes back to a reply which the
 * service has kept.
 */
import type { Dialect, Memory, Resumption, RouteContext } from '../../core/dialect.ts'
import { header } from '../../core/http.ts'
import { replyTimeline } from '../../sources/reply.ts'
import { resumeTimeline, stoppable } from '../../sources/resume.ts'
import { framesBefore } from '../../sources/resume-frames.ts'
import { seededRandom } from '../../time/random.ts'
import {
  type Answer,
  type AnswerContext,
  type Asked,
  answered,
  defaultSeed,
  simulated,
} from './answered.ts'

/**
 * @param onlyKept answer only what is about a reply that is kept here; all else is asked of those
 * who come next
 */
export function answerRoute(
  asked: Asked,
  { onlyKept }: { readonly onlyKept: boolean },
): Answer | undefined {
  const { place, question, context } = asked
  const { dialect, route, http } = place
  if (!dialect || !route?.answer) return undefined
  const answer = route.answer.bind(route)
  let wasUsed = false
  const reply = context.kept.ask(dialect, question.session, (kept) => {
    const memory = watched(kept, () => {
      wasUsed = true
    })
    return answer(http, routeContext(http.path, memory, context))
  })
  if (onlyKept && !wasUsed) return undefined
  if ('resume' in reply) return resumed(reply, dialect, asked)
  if ('code' in reply) return simulated(asked, reply, 'route')
  return answered(asked, { timeline: replyTimeline(reply), rule: 'route' })
}

function routeContext(path: string, memory: Memory, { stage, clock }: AnswerContext): RouteContext {
  const [scenario] = stage.scenarios
  return {
    random: seededRandom(`${stage.seed ?? scenario?.seed ?? defaultSeed}/${path}`),
    createdMs: scenario === undefined || scenario.now === 'real' ? clock.wallTime() : scenario.now,
    models: stage.scenarios.find(({ models }) => models)?.models,
    memory,
  }
}

/** A memory that tells when it could help. */
function watched(memory: Memory, onUse: () => void): Memory {
  const recall: Memory['recall'] = (id) => {
    const kept = memory.recall(id)
    if (kept) onUse()
    return kept
  }
  return { ...memory, recall }
}

function resumed(
  { resume, skip, after }: Resumption,
  dialect: Dialect,
  { question, context }: Asked,
): Answer | undefined {
  const kept = context.kept.recall(dialect, resume, question.session)
  if (!kept) return undefined
  const { reply, session, rule, seed, randomName, faults, timeline } = kept
  const { framing } = dialect
  const rest = resumeTimeline({
    timeline,
    framing,
    elapsedMs: question.arrivedMs - kept.arrivedMs,
    skip,
  })
  return {
    timeline: stoppable(rest, () => kept.cancelled),
    dialect,
    reply,
    session,
    rule,
    seed,
    randomName,
    faults: faults ?? [],
    keepers: [kept],
    resumes: {
      exchange: kept.exchange,
      after,
      hasIds: false,
      faults: kept.resume?.faults ?? 'once',
      header: header(reply.request.http.headers, 'x-stuntdouble-fault'),
      before: (count) => (skip ? framesBefore(timeline, framing, { isBefore: skip, count }) : []),
    },
  }
}
