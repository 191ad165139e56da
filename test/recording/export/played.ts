/**
 * A scenario as text, loaded and played for a taped request without a server: what a client would
 * be sent. Throws where it does not load.
 */
import type { ChatRequest } from '../../../src/core/chat-request.ts'
import type { Dialect } from '../../../src/core/dialect.ts'
import { bodyLength, type Step } from '../../../src/core/timeline.ts'
import { withFaults } from '../../../src/faults/apply.ts'
import type { Asked } from '../../../src/recording/export/asked.ts'
import { parseScenario } from '../../../src/scenario/load.ts'
import { isMiss, match } from '../../../src/scenario/match.ts'
import type { Scenario } from '../../../src/scenario/scenario.ts'
import { SessionStates } from '../../../src/scenario/state.ts'
import { plainDialect, plainRequest } from '../../../src/server/answers/plain.ts'
import { ruleTimeline } from '../../../src/server/answers/rule-answer.ts'
import { listenFinite } from '../../../src/server/language.ts'
import { seededRandom } from '../../../src/time/random.ts'

export async function loaded(text: string): Promise<Scenario> {
  const { scenario, mistakes } = await parseScenario(text, 'exported.yaml')
  if (!scenario) throw new Error(mistakes.map(({ line, message }) => `${line}: ${message}`).join())
  return scenario
}

export interface Played {
  /** Undefined where no rule fits. */
  readonly rule: string | undefined
  readonly steps: readonly Step[]
}

/** One client's requests, one after the other. */
export function player(scenario: Scenario): (asked: Asked, dialect?: Dialect) => Played {
  const states = new SessionStates()
  return (asked, given) => {
    const isChat = asked.kind === 'chat'
    const dialect = (isChat ? given : undefined) ?? plainDialect
    const request: ChatRequest = isChat ? asked.chat : plainRequest(asked.http, given)
    const found = match([scenario], request, 'default', states, { onlyWithPath: !isChat })
    if (isMiss(found)) return { rule: undefined, steps: [] }
    const random = seededRandom(found.rule.name)
    const reply = { request, random, createdMs: 0, models: undefined }
    const played = ruleTimeline(found, { dialect, reply, seed: 1 })
    const { language, timeline } = listenFinite(played, dialect, reply)
    const broken = withFaults(timeline, found.rule.faults, {
      stream: language,
      random: random.fork('faults'),
      bodyLength: () => bodyLength(timeline),
    })
    return { rule: found.rule.name, steps: taken(broken) }
  }
}

/** Silence has no end. */
function taken(timeline: Iterable<Step>): Step[] {
  const steps: Step[] = []
  for (const step of timeline) {
    steps.push(step)
    if (step.do === 'hang') break
  }
  return steps
}
