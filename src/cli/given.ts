/** Faults and limits of a command line, judged there, so that a mistake names its option. */
import { formatMistake, StuntdoubleError } from '../core/errors.ts'
import { readFaults } from '../faults/asked.ts'
import { parseLimits } from '../scenario/given-limits.ts'
import { readYaml } from '../scenario/load-yaml.ts'
import type { StartOptions } from '../testing/start.ts'

/** The same options, with limits in full read. */
export function checkGiven(options: StartOptions): StartOptions {
  const problems = [options.fault ?? []].flat().map(readFaults).filter(isProblem)
  if (problems.length > 0) throw usage(problems.map((problem) => `--fault: ${problem}`))
  const limits = [options.limits ?? []].flat().map(inFull)
  if (limits.length === 0) return options
  parseLimits(limits, '--limit')
  return { ...options, limits }
}

const isProblem = (read: ReturnType<typeof readFaults>): read is string => typeof read === 'string'

const usage = (lines: readonly string[]): StuntdoubleError =>
  new StuntdoubleError('usage', lines.join('\n'))

/** JSON is YAML as well. */
function inFull(limit: string | object): string | object {
  if (typeof limit !== 'string' || !/^\s*\{/.test(limit)) return limit
  const yaml = readYaml(limit, '--limit')
  if (!('value' in yaml)) throw usage(yaml.map(formatMistake))
  const { value } = yaml
  return typeof value === 'object' && value !== null ? value : limit
}
