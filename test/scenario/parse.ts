/** Scenarios for tests, from text that must be right. */
import { formatMistake } from '../../src/core/errors.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import type { Reply, Rule, Scenario } from '../../src/scenario/scenario.ts'

export async function scenarioFrom(text: string, file = 'test.yaml'): Promise<Scenario> {
  const { scenario, mistakes } = await parseScenario(text, file)
  if (scenario) return scenario
  throw new Error(mistakes.map(formatMistake).join('\n'))
}

export async function firstRule(text: string): Promise<Rule> {
  const [rule] = (await scenarioFrom(text)).rules
  if (rule) return rule
  throw new Error('the scenario has no rule')
}

/** The reply that a piece of YAML, indented by six, comes to. */
export const replyFrom = async (yaml: string): Promise<Reply> =>
  (await firstRule(`rules:\n  - reply:${yaml.startsWith('\n') ? '' : ' '}${yaml}`)).reply
