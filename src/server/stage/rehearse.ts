/** What a rule would do, played to nobody: for `show`, without a request and without a socket. */
import { noBytes } from '../../core/bytes.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import { StuntdoubleError } from '../../core/errors.ts'
import { bodyLength, type Timeline } from '../../core/timeline.ts'
import { withFaults } from '../../faults/apply.ts'
import { entryFor } from '../../faults/plan.ts'
import { checkTogether } from '../../faults/wire.ts'
import type { Rule, Scenario } from '../../scenario/scenario.ts'
import { seededRandom } from '../../time/random.ts'
import { ruleTimeline } from '../answers/rule-answer.ts'
import { listenFinite } from '../language.ts'

export interface Rehearsal {
  readonly scenario: Scenario
  readonly rule: Rule
  readonly dialect: Dialect
  /** What the user is taken to have said. */
  readonly user: string
  readonly stream: boolean
  readonly seed: number
}

/** Why nothing can be said of a rule before it is asked; undefined where `rehearse` says it. */
export function whyUnknown({ reply }: Rule): string | undefined {
  if (reply.kind === 'upstream') return 'a live service answers: nobody knows what'
  if (reply.kind === 'replay') return `what was taped for the request, in ${reply.path}`
  return undefined
}

/** Only for a rule that answers by itself. */
export function rehearse(rehearsal: Rehearsal): Timeline {
  const { scenario, rule, dialect, seed } = rehearsal
  const random = seededRandom([seed, scenario.name, 'default', rule.name, 1].join('/'))
  const reply: ReplyContext = {
    request: imaginedRequest(rehearsal),
    random,
    createdMs: scenario.now === 'real' ? 0 : scenario.now,
    models: scenario.models,
  }
  const found = { scenario, rule, captures: {}, hit: 1, session: 'default', turn: 1 }
  const { language, timeline } = listenFinite(
    ruleTimeline(found, { dialect, reply, seed }),
    dialect,
    reply,
  )
  const planned = rule.plan && entryFor(rule.plan, found.hit)
  const faults = [...rule.faults, ...(planned?.faults ?? [])]
  const clash = checkTogether(faults)
  if (clash) throw new StuntdoubleError('not-possible', clash.why)
  return withFaults(timeline, faults, {
    stream: language,
    random: random.fork('faults'),
    bodyLength: () => bodyLength(timeline),
  })
}

/** A request that nobody sent, as far as a reply depends on one. */
export function imaginedRequest({
  dialect,
  user,
  stream,
}: Pick<Rehearsal, 'dialect' | 'user' | 'stream'>): ChatRequest {
  const route = dialect.routes[0]
  const path = route?.path ?? '/'
  const method = route?.method ?? 'POST'
  return {
    dialect: dialect.name,
    http: {
      method,
      url: path,
      path,
      query: new URLSearchParams(),
      headers: [],
      params: {},
      body: noBytes,
    },
    body: {},
    model: undefined,
    messages: [{ role: 'user', text: user }],
    system: undefined,
    user,
    tools: [],
    stream,
    dialogue: undefined,
    choices: 1,
  }
}
