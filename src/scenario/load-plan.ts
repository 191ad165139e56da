/**
 * Plans of faults in files of their own, and as YAML again. Must never stop at the first mistake: it
 * reports all of them, each with file, line and column.
 */
import { readFile } from 'node:fs/promises'
import { isAbsolute, join, resolve } from 'node:path'
import { stringify } from 'yaml'
import { type Mistake, messageOf } from '../core/errors.ts'
import { isMapping } from '../faults/options.ts'
import { type FaultPlan, planSchema } from '../faults/plan.ts'
import { faultNames, faultSchema } from '../faults/registry.ts'
import { writtenOf } from '../faults/written.ts'
import { explainAll } from './explain.ts'
import { readYaml, type YamlFile } from './load-yaml.ts'
import type { Path, Problem } from './problem.ts'
import type { WrittenScenario } from './schema.ts'

export interface LoadedPlan {
  /** Only where there is no mistake. */
  readonly plan?: FaultPlan
  readonly mistakes: readonly Mistake[]
}

export async function loadPlan(file: string): Promise<LoadedPlan> {
  try {
    return parsePlan(await readFile(file, 'utf8'), file)
  } catch (thrown) {
    const message = `cannot be read: ${messageOf(thrown)}`
    return { mistakes: [{ file, line: 1, column: 1, message }] }
  }
}

export function parsePlan(text: string, file: string): LoadedPlan {
  const yaml = readYaml(text, file)
  return 'value' in yaml ? planFrom(yaml) : { mistakes: yaml }
}

export function planFrom({ value, place }: YamlFile): LoadedPlan {
  const written = planSchema.safeParse(value)
  if (written.success) return { plan: written.data, mistakes: [] }
  const mistakes = explainAll(planSchema, written.error.issues, value).map(place)
  return { mistakes: mistakes.sort((a, b) => a.line - b.line || a.column - b.column) }
}

/** Whether a file is a plan, and not a scenario; whoever wrote one may have forgotten its requests. */
export function describesPlan(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(isEntry)
  if (!isMapping(value) || 'rules' in value) return false
  const keys = Object.keys(value)
  const isRest = keys.includes('after') && keys.every((key) => key === 'after' || key === 'name')
  return keys.includes('requests') || isRest
}

/** A list may be meant as rules, too. */
function isEntry(item: unknown): boolean {
  if (Array.isArray(item)) return item.some(isEntry)
  if (typeof item === 'string') return item === 'clean' || faultSchema.safeParse(item).success
  return isMapping(item) && Object.keys(item).some((key) => faultNames.includes(key))
}

/** The same plan, written; read again it says the same. */
export function planYaml({ name, after, requests }: FaultPlan, comment?: string): string {
  const plan = {
    ...(name === undefined ? {} : { name }),
    ...(after === 'clean' ? {} : { after }),
    requests: requests.map((faults) => {
      const [first, ...more] = faults.map(writtenOf)
      if (first === undefined) return 'clean'
      return more.length === 0 ? first : [first, ...more]
    }),
  }
  const lines = comment === undefined ? [] : comment.split('\n').map((line) => `# ${line}\n`)
  return lines.join('') + stringify(plan, { lineWidth: 100, aliasDuplicateObjects: false })
}

/** The plans that a scenario names files of. */
export interface ScenarioPlans {
  /** By the path as it is written. */
  readonly plans: ReadonlyMap<string, FaultPlan>
  readonly problems: readonly Problem[]
  /** Mistakes in the files that it names. */
  readonly mistakes: readonly Mistake[]
  /** Absolute. */
  readonly files: readonly string[]
}

/** @param folder where the scenario is, as it was given */
export async function loadScenarioPlans(
  written: WrittenScenario | undefined,
  folder: string,
): Promise<ScenarioPlans> {
  const plans = new Map<string, FaultPlan>()
  const problems: Problem[] = []
  const mistakes: Mistake[] = []
  const files: string[] = []
  for (const { path, file } of namedFiles(written)) {
    if (plans.has(file)) continue
    const place = isAbsolute(file) ? file : join(folder, file)
    files.push(resolve(place))
    const text = await readFile(place, 'utf8').catch(() => undefined)
    if (text === undefined) problems.push({ path, message: `there is no plan at ${place}` })
    else {
      const loaded = parsePlan(text, place)
      mistakes.push(...loaded.mistakes)
      if (loaded.plan) plans.set(file, loaded.plan)
    }
  }
  return { plans, problems, mistakes, files }
}

function namedFiles(written: WrittenScenario | undefined): { path: Path; file: string }[] {
  const rules = written?.rules ?? []
  const all = [
    { path: ['plan'], file: written?.plan },
    ...rules.map(({ plan }, index) => ({ path: ['rules', index, 'plan'], file: plan })),
  ]
  return all.flatMap(({ path, file }) => (typeof file === 'string' ? [{ path, file }] : []))
}
