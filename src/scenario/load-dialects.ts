/** Dialects described in YAML: the shipped ones, and those that a scenario brings along. */
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Dialect } from '../core/dialect.ts'
import { type Mistake, messageOf } from '../core/errors.ts'
import type { Framing } from '../core/frame.ts'
import { suggestion } from '../core/suggest.ts'
import { compileDialect, resolveDialect, soundDialect } from '../dialects/declared/declared.ts'
import { type DialectDescription, dialectSchema } from '../dialects/declared/schema.ts'
import { builtInDialects } from '../dialects/registry.ts'
import { explainAll } from './explain.ts'
import { framingsOf } from './lint-faults.ts'
import { shippedDescriptions } from './load-shipped.ts'
import { readYaml, type YamlFile } from './load-yaml.ts'
import { type Path, type Problem, within } from './problem.ts'
import type { DialectEntry } from './scenario.ts'
import type { WrittenScenario } from './schema.ts'

interface DescribedDialect {
  readonly dialect: Dialect
  /** With what it extends already in it. */
  readonly description: DialectDescription
}

interface LoadedDialects {
  readonly described: readonly DescribedDialect[]
  readonly mistakes: readonly Mistake[]
  readonly files: readonly string[]
}

type Known = Map<string, DialectDescription>

let shipped: Promise<readonly DescribedDialect[]> | undefined

/** Those that come with this package. That they are sound is tested, not looked at again. */
function shippedDialects(): Promise<readonly DescribedDialect[]> {
  shipped ??= shippedDescriptions().then((all) =>
    all.map((description) => ({ dialect: soundDialect(description), description })),
  )
  return shipped
}

/** Every dialect that exists without any scenario. */
export async function knownDialects(): Promise<readonly Dialect[]> {
  const described = await shippedDialects()
  return [...builtInDialects, ...described.map(({ dialect }) => dialect)]
}

/** Reads one file: a description, or a list of them. What it describes is added to `known`. */
async function loadDialectFile(
  path: string,
  shownAs: string,
  known: Known,
): Promise<LoadedDialects> {
  const files = [path]
  const text = await readFile(path, 'utf8')
  const yaml = readYaml(text, shownAs)
  if (!('value' in yaml)) return { described: [], files, mistakes: yaml }
  const described: DescribedDialect[] = []
  const mistakes: Mistake[] = []
  for (const { path: at, value } of descriptionsIn(yaml)) {
    const result = describe(value, known)
    if (Array.isArray(result)) mistakes.push(...within(at, result).map(yaml.place))
    else described.push(result)
  }
  return { described, mistakes, files }
}

function descriptionsIn({ value }: YamlFile): { path: Path; value: unknown }[] {
  if (!Array.isArray(value)) return [{ path: [], value }]
  return value.map((item, index) => ({ path: [index], value: item }))
}

function describe(value: unknown, known: Known): DescribedDialect | Problem[] {
  const read = dialectSchema.safeParse(value)
  if (!read.success) return explainAll(dialectSchema, read.error.issues, value)
  return compileDescription(read.data, known)
}

function compileDescription(
  written: DialectDescription,
  known: Known,
): DescribedDialect | Problem[] {
  const description = resolveDialect(written, known)
  if ('problems' in description) return description.problems
  const dialect = compileDialect(description)
  if ('problems' in dialect) return dialect.problems
  known.set(dialect.name, description)
  return { dialect, description }
}

/** What a scenario's `dialects:` come to. */
export interface ScenarioDialects {
  readonly entries: readonly DialectEntry[]
  /** Names of the dialects that exist without the scenario. */
  readonly known: readonly string[]
  /** Those of that name. */
  readonly outside: readonly Dialect[]
  /** How those that exist without the scenario frame their streams, by their names. */
  readonly framings: ReadonlyMap<string, readonly Framing[]>
  readonly problems: readonly Problem[]
  /** Mistakes in the files that it names. */
  readonly mistakes: readonly Mistake[]
  readonly files: readonly string[]
}

/** @param folder that of the scenario, as it was given */
export async function loadScenarioDialects(
  written: WrittenScenario['dialects'],
  folder: string,
): Promise<ScenarioDialects> {
  const described = await shippedDialects()
  const known: Known = new Map(
    described.map(({ dialect, description }) => [dialect.name, description]),
  )
  const all = await knownDialects()
  const names = all.map(({ name }) => name)
  const entries: DialectEntry[] = []
  const problems: Problem[] = []
  const mistakes: Mistake[] = []
  const files: string[] = []
  for (const [index, entry] of (written ?? []).entries()) {
    const path = ['dialects', index]
    if (typeof entry !== 'string') {
      const result = compileDescription(entry, known)
      if (Array.isArray(result)) problems.push(...within(path, result))
      else entries.push(declaredEntry(result))
    } else if (/\.ya?ml$/.test(entry)) {
      files.push(resolve(folder, entry))
      const loaded = await tryDialectFile(resolve(folder, entry), join(folder, entry), known)
      if (typeof loaded === 'string') problems.push({ path, message: loaded })
      else {
        mistakes.push(...loaded.mistakes)
        entries.push(...loaded.described.map(declaredEntry))
      }
    } else if (names.includes(entry)) entries.push({ kind: 'known', name: entry })
    else problems.push({ path, message: unknownDialect(entry, names) })
  }
  const framings = framingsOf(all)
  return { entries, known: names, outside: all, framings, problems, mistakes, files }
}

const declaredEntry = ({ dialect }: DescribedDialect): DialectEntry => ({
  kind: 'declared',
  dialect,
})

async function tryDialectFile(
  path: string,
  shownAs: string,
  known: Known,
): Promise<LoadedDialects | string> {
  try {
    return await loadDialectFile(path, shownAs, known)
  } catch (thrown) {
    return `cannot read ${shownAs}: ${messageOf(thrown).replace(/,.*/s, '')}`
  }
}

function unknownDialect(name: string, known: readonly string[]): string {
  if (/[./]/.test(name)) return `"${name}" is no dialect; a file that describes one ends in .yaml`
  return `unknown dialect "${name}"${suggestion(name, known)}`
}
