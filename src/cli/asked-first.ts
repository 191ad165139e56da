/** What is asked before a live service: scenarios and recordings, told apart by what they are. */
import { readdirSync, statSync } from 'node:fs'

export interface AskedFirst {
  readonly scenarios: readonly string[]
  readonly recordings: readonly string[]
}

/** A folder may hold both; an empty one is for recordings, which are to come. */
export function tellApart(paths: readonly string[]): AskedFirst {
  return {
    scenarios: paths.filter((path) => kindsOf(path).includes('scenario')),
    recordings: paths.filter((path) => kindsOf(path).includes('recording')),
  }
}

type Kind = 'scenario' | 'recording'

/** What is not there is left to those who say so. */
function kindsOf(path: string): Kind[] {
  if (path.endsWith('.jsonl')) return ['recording']
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return ['scenario']
  const names = readdirSync(path)
  const hasScenarios = names.some((name) => /\.ya?ml$/.test(name) && name !== 'settings.yaml')
  const hasRecordings = names.some((name) => name.endsWith('.jsonl')) || !hasScenarios
  return [
    ...(hasScenarios ? (['scenario'] as const) : []),
    ...(hasRecordings ? (['recording'] as const) : []),
  ]
}
