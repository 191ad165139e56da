/**
 * The one owner of liquidjs: parses templates and says what in them is unknown. The engine is
 * loaded when the first template is met, since most scenarios have none. Templates must never reach
 * a file, the time or unseeded chance, so the tags and filters that do are taken out.
 */
import type { Liquid, Template } from 'liquidjs'
import { messageOf } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { fakeNames, loadFaker } from './fake.ts'
import type { Problem } from './problem.ts'
import type { Groups } from './value-test.ts'

export interface ParsedTemplate {
  render(scope: object): string
}

/** A path of keys into the scope; a part that is computed is undefined. */
interface Variable {
  readonly keys: readonly (string | number | undefined)[]
  /** Where in the template it stands. */
  readonly offset: number
}

interface Engine {
  parse(text: string): { template: ParsedTemplate; variables: Variable[] }
  readonly filters: readonly string[]
  readonly tags: readonly string[]
}

export const isTemplate = (text: string): boolean => text.includes('{{') || text.includes('{%')

const withFiles = ['include', 'render', 'layout', 'block']
const withTimeOrChance = [
  'sample',
  'date',
  'date_to_xmlschema',
  'date_to_rfc822',
  'date_to_string',
  'date_to_long_string',
]

/** Bounds for a template that runs away. */
const memoryLimit = 10_000_000
const renderLimitMs = 1000

let loading: Promise<Engine> | undefined

const loadEngine = (): Promise<Engine> => {
  loading ??= createEngine()
  return loading
}

async function createEngine(): Promise<Engine> {
  const { Liquid, analyzeSync } = await import('liquidjs')
  const liquid = new Liquid({
    strictFilters: true,
    ownPropertyOnly: true,
    templates: {},
    memoryLimit,
    renderLimit: renderLimitMs,
    outputEscape: outputText,
    // Only of use to filters that are taken out; to ask the machine for its own takes 36 ms.
    locale: 'en-US',
  })
  for (const tag of withFiles) delete liquid.tags[tag]
  for (const filter of withTimeOrChance) delete liquid.filters[filter]
  return {
    parse(text) {
      const parsed = liquid.parse(text)
      const { globals } = analyzeSync(parsed, { partials: false })
      const variables = Object.values(globals).flatMap((found) =>
        found.map(({ segments, location }) => ({
          keys: segments.map((key) => (typeof key === 'object' ? undefined : key)),
          offset: offsetOf(text, location.row, location.col),
        })),
      )
      return { template: rendering(liquid, parsed), variables }
    },
    filters: Object.keys(liquid.filters).sort(),
    tags: Object.keys(liquid.tags)
      .filter((tag) => /^[a-z]/.test(tag))
      .sort(),
  }
}

const rendering = (liquid: Liquid, parsed: Template[]): ParsedTemplate => ({
  render: (scope) => String(liquid.renderSync(parsed, scope)),
})

/** Lists and mappings are written as JSON, which is what a request held. */
function outputText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function offsetOf(text: string, row: number, column: number): number {
  let offset = 0
  for (let line = 1; line < row; line++) offset = text.indexOf('\n', offset) + 1
  return offset + column - 1
}

/** Parses one text; `undefined` and problems (with an empty path) where it is wrong. */
export async function parseTemplate(
  text: string,
  groups: Groups,
): Promise<{ template: ParsedTemplate | undefined; problems: Problem[] }> {
  const engine = await loadEngine()
  try {
    const { template, variables } = engine.parse(text)
    if (variables.some(({ keys }) => keys[0] === 'fake')) await loadFaker()
    const problems = variables.flatMap((variable) => {
      const message = unknownVariable(variable, groups)
      return message ? [{ path: [], message, piece: pieceAt(text, variable.offset, pathForm) }] : []
    })
    return { template, problems }
  } catch (thrown) {
    return { template: undefined, problems: [syntaxProblem(thrown, text, engine)] }
  }
}

const requestKeys = [
  'method',
  'path',
  'url',
  'query',
  'params',
  'headers',
  'body',
  'model',
  'user',
  'system',
  'messages',
  'tools',
  'stream',
  'dialect',
]

/** The names that a template may begin with. */
export const rootNames = [
  'request',
  'match',
  'model',
  'user',
  'system',
  'messages',
  'turn',
  'session',
  'hit',
  'seed',
  'fake',
]

function unknownVariable({ keys }: Variable, groups: Groups): string | undefined {
  const [root, key] = keys
  if (root === undefined) return undefined
  if (typeof root !== 'string' || !rootNames.includes(root)) {
    return `unknown variable "${root}"${suggestion(String(root), rootNames)}`
  }
  if (key === undefined) return undefined
  if (root === 'fake') return unknownKey('fake', key, fakeNames)
  if (root === 'request') return unknownKey('request', key, requestKeys)
  return root === 'match' ? unknownGroup(key, groups) : undefined
}

const unknownKey = (
  root: string,
  key: string | number,
  known: readonly string[],
): string | undefined =>
  known.includes(String(key))
    ? undefined
    : `unknown variable "${root}.${key}"${suggestion(String(key), known)}`

function unknownGroup(key: string | number, { names, count }: Groups): string | undefined {
  if (count === 0) return `"match.${key}" is never set: \`when\` has no \`matches\``
  if (/^\d+$/.test(String(key))) {
    return Number(key) < count
      ? undefined
      : `there is no group ${key}: \`matches\` has ${count - 1}`
  }
  if (names.includes(String(key))) return undefined
  const known = names.length > 0 ? suggestion(String(key), names) : '; name it with (?<name>...)'
  return `\`matches\` has no group "${key}"${known}`
}

const pathForm = /^[\w.[\]"'-]+/
const wordForm = /^\w+/

/** A piece of a template, and how many like it come before. */
function pieceAt(text: string, offset: number, form: RegExp): NonNullable<Problem['piece']> {
  const piece = form.exec(text.slice(offset))?.[0] ?? text.slice(offset, offset + 2)
  return { text: piece, nth: text.slice(0, offset).split(piece).length - 1 }
}

function syntaxProblem(thrown: unknown, text: string, engine: Engine): Problem {
  const message =
    messageOf(thrown)
      .split('\n')[0]
      ?.replace(/, line:\d+, col:\d+.*$/, '') ?? ''
  const filter = /^undefined filter: (\S+)/.exec(message)?.[1]
  if (filter !== undefined) {
    return {
      path: [],
      message: `unknown filter "${filter}"${suggestion(filter, engine.filters)}`,
      piece: pieceAt(
        text,
        Math.max(0, text.search(new RegExp(`\\|\\s*${filter}\\b`))),
        /^\|\s*\w+/,
      ),
    }
  }
  const tag = /^tag "(\S+)" not found/.exec(message)?.[1]
  if (tag !== undefined) {
    const offset = text.search(new RegExp(`(?<=\\{%-?\\s*)${tag}\\b`))
    return {
      path: [],
      message: `unknown tag "${tag}"${suggestion(tag, engine.tags)}`,
      piece: pieceAt(text, Math.max(0, offset), wordForm),
    }
  }
  return { path: [], message: `template: ${message}` }
}
