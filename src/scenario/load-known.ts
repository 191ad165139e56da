/**
 * What reading the scenarios that come with this package gives, kept by their text: the bundle holds
 * what `readShipped` gives instead of `shipped`, so that `serve` without a scenario needs neither
 * YAML nor the schema. Must never be asked by a file's name: who changes a file gets what it says.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import { formatMistake } from '../core/errors.ts'
import { readYaml, type YamlFile } from './load-yaml.ts'
import type { Path } from './problem.ts'
import { scenarioSchema, type WrittenScenario } from './schema.ts'

export interface KnownScenario {
  readonly value: unknown
  readonly written: WrittenScenario
  /** Of what is asked for in a scenario without mistakes: 1-based line and column, by path. */
  readonly places: { readonly [path: string]: readonly [line: number, column: number] }
}

/** By text, as JSON, so that each reader has its own. */
const shipped: { readonly [text: string]: string } = {}

export function knownScenario(text: string): KnownScenario | undefined {
  const known = Object.hasOwn(shipped, text) ? shipped[text] : undefined
  return known === undefined ? undefined : JSON.parse(known)
}

/** As a file that was read; of other places than those that are known it is read after all. */
export function knownYaml(known: KnownScenario, text: string, file: string): YamlFile {
  return {
    value: known.value,
    place: (problem) => {
      const isWhole = problem.key === undefined && problem.piece === undefined
      const place = isWhole ? known.places[keyOf(problem.path)] : undefined
      if (!place) return soundYaml(text, file).place(problem)
      return { file, line: place[0], column: place[1], message: problem.message }
    },
  }
}

function soundYaml(text: string, file: string): YamlFile {
  const yaml = readYaml(text, file)
  if ('value' in yaml) return yaml
  throw new Error(yaml.map(formatMistake).join('\n'))
}

const keyOf = (path: Path): string => path.join('/')

/** The scenarios of a folder, for the bundle; those that JSON would change are left out. */
export function readShipped(folder: URL): { readonly [text: string]: string } {
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  const texts = names.map((name) => readFileSync(fileURLToPath(new URL(name, folder)), 'utf8'))
  return Object.fromEntries(texts.flatMap(entryOf))
}

function entryOf(text: string): [text: string, known: string][] {
  const yaml = soundYaml(text, 'a shipped scenario')
  const written = scenarioSchema.parse(yaml.value)
  const count = written.rules?.length ?? 0
  const paths = [['name'], ...Array.from({ length: count }, (_, index) => ['rules', index])]
  const places = Object.fromEntries(paths.map((path) => [keyOf(path), placeOf(path, yaml)]))
  const known: KnownScenario = { value: yaml.value, written, places }
  const json = JSON.stringify(known)
  return isDeepStrictEqual(JSON.parse(json), known) ? [[text, json]] : []
}

function placeOf(path: Path, yaml: YamlFile): [line: number, column: number] {
  const { line, column } = yaml.place({ path, message: '' })
  return [line, column]
}
