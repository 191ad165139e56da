/**
 * Scenario files and folders to scenarios. Must never stop at the first mistake: it reports all of
 * them, each with file, line and column.
 */
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, resolve } from 'node:path'
import { type Mistake, messageOf } from '../core/errors.ts'
import { compileScenario, problemsInSoundRules, type Surroundings } from './compile.ts'
import { explainAll } from './explain.ts'
import { loadScenarioDialects, type ScenarioDialects } from './load-dialects.ts'
import { knownScenario, knownYaml } from './load-known.ts'
import { describesPlan, loadScenarioPlans, planFrom, type ScenarioPlans } from './load-plan.ts'
import { describesSettings, parseSettings } from './load-settings.ts'
import { readYaml, type YamlFile } from './load-yaml.ts'
import type { Problem } from './problem.ts'
import type { Scenario } from './scenario.ts'
import { scenarioSchema } from './schema.ts'

export interface LoadedScenarios {
  /** In the order of the paths; those without a mistake. */
  readonly scenarios: Scenario[]
  readonly mistakes: Mistake[]
  /** Everything that was read, for watching; absolute. */
  readonly files: string[]
  /** Files among those given that describe dialects; each is also a mistake. */
  readonly dialectFiles: string[]
  /** Files among those given that are plans of faults: they play nothing. */
  readonly planFiles: string[]
}

export interface ParsedScenario {
  /** It describes a dialect, which is no scenario by itself. */
  readonly isDialect?: true
  /** It is a plan of faults, which is no scenario either. */
  readonly isPlan?: true
  /** Only where there is no mistake. */
  readonly scenario?: Scenario
  readonly mistakes: Mistake[]
  /** Where its name stands, if it has one. */
  readonly namedAt?: Pick<Mistake, 'line' | 'column'>
  /** Files that it led to, such as those of dialects; absolute. */
  readonly files: string[]
}

/** Loads files, and folders with all their scenario files; a `dialects` folder holds none. */
export async function loadScenarios(paths: readonly string[]): Promise<LoadedScenarios> {
  const found = await findFiles(paths)
  const mistakes = [...found.mistakes]
  const scenarios: Scenario[] = []
  const files: string[] = []
  const dialectFiles: string[] = []
  const planFiles: string[] = []
  for (const file of found.files) {
    files.push(resolve(file))
    const parsed = await loadFile(file)
    mistakes.push(...parsed.mistakes)
    if (parsed.isDialect) dialectFiles.push(file)
    if (parsed.isPlan) planFiles.push(file)
    files.push(...parsed.files)
    if (!parsed.scenario) continue
    const twin = scenarios.find(({ name }) => name === parsed.scenario?.name)
    if (twin) mistakes.push({ ...sameName(parsed.scenario, twin), ...parsed.namedAt })
    else scenarios.push(parsed.scenario)
  }
  return { scenarios, mistakes, files: [...new Set(files)], dialectFiles, planFiles }
}

/** States and counts are kept by the scenario's name, so two of one name would share them. */
const sameName = ({ name, file }: Scenario, twin: Scenario): Mistake =>
  atStart(file, `the scenario "${name}" is already in ${twin.file}; give this one another \`name\``)

async function loadFile(file: string): Promise<ParsedScenario> {
  try {
    return await parseScenario(await readFile(file, 'utf8'), file)
  } catch (thrown) {
    return { mistakes: [atStart(file, `cannot be read: ${messageOf(thrown)}`)], files: [] }
  }
}

const atStart = (file: string, message: string): Mistake => ({ file, line: 1, column: 1, message })

async function findFiles(
  paths: readonly string[],
): Promise<{ files: string[]; mistakes: Mistake[] }> {
  const files = new Map<string, string>()
  const mistakes: Mistake[] = []
  for (const path of paths) {
    const found = await filesAt(path)
    if (typeof found === 'string') mistakes.push(atStart(path, found))
    else for (const file of found) if (!files.has(resolve(file))) files.set(resolve(file), file)
  }
  return { files: [...files.values()], mistakes }
}

async function filesAt(path: string): Promise<string[] | string> {
  const entry = await stat(path).catch(() => undefined)
  if (!entry) return 'there is no such file or folder'
  if (!entry.isDirectory()) return [path]
  const files = await filesIn(path)
  return files.length > 0 ? files : 'there is no scenario (*.yaml, *.yml) in this folder'
}

async function filesIn(folder: string): Promise<string[]> {
  const files: string[] = []
  const entries = await readdir(folder, { withFileTypes: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = join(folder, entry.name)
    if (entry.name.startsWith('.')) continue
    if (entry.isDirectory()) {
      if (entry.name !== 'dialects' && entry.name !== 'node_modules')
        files.push(...(await filesIn(path)))
    } else if (/\.ya?ml$/.test(entry.name)) files.push(path)
  }
  return files
}

/** What is read once is not worth compiling a reader for: 29 ms for the demo, with one 44. */
const readOnce = { jitless: true }

/** One scenario from its text; what it refers to is looked for beside `file`. */
export async function parseScenario(text: string, file: string): Promise<ParsedScenario> {
  const known = knownScenario(text)
  const yaml = known ? knownYaml(known, text, file) : readYaml(text, file)
  if (!('value' in yaml)) return { mistakes: [...yaml], files: [] }
  if (describesDialect(yaml.value)) {
    return { isDialect: true, mistakes: [atStart(file, noScenario)], files: [] }
  }
  // Settings have an `after`, too.
  if (describesSettings(file, yaml.value)) {
    return { mistakes: [...parseSettings(text, file).mistakes], files: [] }
  }
  if (describesPlan(yaml.value)) {
    return { isPlan: true, mistakes: [...planFrom(yaml).mistakes], files: [] }
  }
  const written = known
    ? { success: true as const, data: known.written }
    : scenarioSchema.safeParse(yaml.value, readOnce)
  const folder = dirname(resolve(file))
  const beside = (path: string): string => resolve(folder, path)
  const dialects = await loadScenarioDialects(written.data?.dialects, dirname(file))
  const plans = await loadScenarioPlans(written.data, dirname(file))
  const surroundings = surroundingsOf(file, beside, yaml, { dialects, plans })
  const { problems, scenario } = written.success
    ? await compileScenario(written.data, yaml.value, surroundings)
    : {
        problems: [
          ...explainAll(scenarioSchema, written.error.issues, yaml.value),
          ...(await problemsInSoundRules(yaml.value, surroundings)),
        ],
        scenario: undefined,
      }
  const all = [...dialects.problems, ...plans.problems, ...problems]
  const mistakes = [...inOrder(all, yaml), ...dialects.mistakes, ...plans.mistakes]
  const files = [...dialects.files, ...plans.files]
  if (mistakes.length > 0 || !scenario) return { mistakes, files }
  const { line, column } = yaml.place({ path: ['name'], message: '' })
  return { scenario, mistakes, namedAt: { line, column }, files }
}

const noScenario =
  'this file describes a dialect and holds no rules; name it under `dialects` in a scenario'

function describesDialect(value: unknown): boolean {
  const first: unknown = Array.isArray(value) ? value[0] : value
  if (typeof first !== 'object' || first === null || 'rules' in first) return false
  return 'routes' in first || 'extends' in first || ('stream' in first && 'request' in first)
}

/** Every mistake in a file that describes dialects. */
export async function checkDialectFile(file: string): Promise<readonly Mistake[]> {
  const { mistakes } = await loadScenarioDialects([`./${basename(file)}`], dirname(file))
  return mistakes
}

function surroundingsOf(
  file: string,
  beside: (path: string) => string,
  yaml: YamlFile,
  { dialects, plans }: { readonly dialects: ScenarioDialects; readonly plans: ScenarioPlans },
): Surroundings {
  return {
    file,
    defaultName: basename(file, extname(file)),
    resolve: beside,
    exists: existsSync,
    placeOf: (path) => {
      const { line, column } = yaml.place({ path, message: '' })
      return { line, column }
    },
    knownDialects: dialects.known,
    outsideDialects: dialects.outside,
    framings: dialects.framings,
    dialects: dialects.entries,
    plans: plans.plans,
  }
}

/** As they stand in the file; the same is not said twice of one place. */
function inOrder(problems: readonly Problem[], yaml: YamlFile): Mistake[] {
  const mistakes = problems.map(yaml.place)
  const first = mistakes.filter(
    (mistake, index) =>
      mistakes.findIndex(
        (other) =>
          other.line === mistake.line &&
          other.column === mistake.column &&
          other.message === mistake.message,
      ) === index,
  )
  return first.sort((a, b) => a.line - b.line || a.column - b.column)
}
