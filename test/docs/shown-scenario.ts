/** What `show --dialect chatapi` prints for a scenario, without a process for each. */
import { formatMistake } from '../../src/core/errors.ts'
import { renderTimeline } from '../../src/recording/look/show.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import { knownDialects } from '../../src/scenario/load-dialects.ts'
import { rehearse } from '../../src/server/stage/rehearse.ts'

export async function shownScenario(text: string | undefined): Promise<string> {
  const { scenario, mistakes } = await parseScenario(text ?? '', 'page.yaml')
  const dialect = (await knownDialects()).find(({ name }) => name === 'chatapi')
  if (!scenario || !dialect) throw new Error(mistakes.map(formatMistake).join('\n'))
  return scenario.rules
    .flatMap((rule) => {
      const { seed } = scenario
      return [
        ...renderTimeline(rehearse({ scenario, rule, dialect, user: 'Hello', stream: true, seed })),
        '',
      ]
    })
    .join('\n')
}
