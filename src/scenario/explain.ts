/**
 * Says what is wrong in the words of a scenario: zod's issues become problems, and a union's issue
 * becomes that of the branch that was meant. Must never say "invalid input".
 */
import { z } from 'zod'
import { suggestion } from '../core/suggest.ts'
import { unknownKeysOf } from '../faults/options.ts'
import { type Path, type Problem, shown, valueAt, within } from './problem.ts'
import { expectations } from './schema-basics.ts'
import {
  bare,
  core,
  familiarity,
  kindWords,
  knownKeys,
  type Schema,
  schemasAt,
  wanted,
} from './schema-walk.ts'

type Issue = z.core.$ZodIssue
type UnionIssue = z.core.$ZodIssueInvalidUnion

/** Everything that the schema finds wrong with a value, in the order of the schema. */
export function explainAll(schema: Schema, issues: readonly Issue[], value: unknown): Problem[] {
  return issues
    .filter((issue) => !isAftermath(issue, issues))
    .flatMap((issue) => explain(schema, issue, value))
}

/** Of one value only the first complaint counts: what follows from a wrong kind or key is noise. */
function isAftermath(issue: Issue, issues: readonly Issue[]): boolean {
  if (issue.code === 'unrecognized_keys' || issue.code === 'invalid_type') return false
  const place = issue.path.join('/')
  return issues.some(
    ({ code, path }) =>
      (code === 'unrecognized_keys' || code === 'invalid_type') && path.join('/') === place,
  )
}

function explain(schema: Schema, issue: Issue, value: unknown): Problem[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)))
  const found = valueAt(value, path)
  const schemas = schemasAt(schema, path)
  if (found === undefined && path.length > 0 && issue.code !== 'custom')
    return [missing(schema, path)]
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, knownKeys(schemas)))
    case 'invalid_union':
      return within(path, explainUnion(schemas, issue, found))
    case 'invalid_key':
      return [{ path: path.slice(0, -1), key: String(path.at(-1)), message: keyMessage(path) }]
    default: {
      const message = withSubject(messageFor(issue, schemas, found), path)
      const [key] = unknownKeysOf(issue)
      return [{ path, message, ...(key === undefined ? {} : { key }) }]
    }
  }
}

/** `must be a number` needs its subject, which is the key that it is said of. */
function withSubject(message: string, path: Path): string {
  const key = path.at(-1)
  const lacksSubject = /^(must|is|needs|takes|names) /.test(message)
  return lacksSubject && typeof key === 'string' ? `${key} ${message}` : message
}

const keyMessage = (path: Path): string => `${JSON.stringify(path.at(-1))} cannot be a key here`

const unknownKey = (path: Path, key: string, known: readonly string[]): Problem => ({
  path,
  key,
  message: `unknown key ${JSON.stringify(key)}${known.length > 0 ? suggestion(key, known) : ''}`,
})

function missing(schema: Schema, path: Path): Problem {
  const key = path.at(-1)
  const what = wanted(schemasAt(schema, path))
  return { path: path.slice(0, -1), message: `${JSON.stringify(key)} is missing: ${what}` }
}

/** zod's own English, which says nothing to the author of a scenario. */
const stockMessage = /^(Invalid |Too small|Too big|Unrecognized )/

function messageFor(issue: Issue, schemas: readonly Schema[], found: unknown): string {
  if (!stockMessage.test(issue.message)) return issue.message
  const registered = expectationOf(schemas)
  if (registered) return expectedFound(registered, found)
  switch (issue.code) {
    case 'invalid_type':
      return expectedFound(wordsFor(issue.expected, schemas), found)
    case 'invalid_value':
      return choiceMessage(issue.values.map(String), found)
    case 'too_small':
      return sizeMessage(issue.origin, 'least', issue.minimum, found)
    case 'too_big':
      return sizeMessage(issue.origin, 'most', issue.maximum, found)
    default:
      return expectedFound(wanted(schemas), found)
  }
}

const wordsFor = (expected: string, schemas: readonly Schema[]): string =>
  expected === 'object' ? wanted(schemas) : (kindWords[expected] ?? wanted(schemas))

function expectationOf(schemas: readonly Schema[]): string | undefined {
  for (const schema of schemas) {
    const expected = expectations.get(bare(schema))?.expected
    if (expected) return expected
  }
  return undefined
}

const expectedFound = (expected: string, found: unknown): string =>
  `expected ${expected}, found ${shown(found)}`

function choiceMessage(values: readonly string[], found: unknown): string {
  if (typeof found !== 'string') return expectedFound(`one of ${values.join(', ')}`, found)
  return `unknown value ${shown(found)}${suggestion(found, values)}`
}

function sizeMessage(origin: string, end: string, limit: number | bigint, found: unknown): string {
  if (origin === 'number' || origin === 'int')
    return expectedFound(`a number of at ${end} ${limit}`, found)
  if (end === 'least' && limit === 1) return 'must not be empty'
  const unit = origin === 'array' ? 'items' : 'characters'
  return `expected at ${end} ${limit} ${unit}`
}

/** The problems of the branch that was meant; paths are within the union's own value. */
function explainUnion(schemas: readonly Schema[], issue: UnionIssue, found: unknown): Problem[] {
  const union = schemas
    .map(core)
    .find((schema) => schema instanceof z.ZodUnion && schema.options.length === issue.errors.length)
  if (!(union instanceof z.ZodUnion))
    return [{ path: [], message: expectedFound(wanted(schemas), found) }]
  const candidates = union.options
    .map((option, index) => ({ option, issues: issue.errors[index] ?? [] }))
    .filter(({ option, issues }) => isRightKind(option, issues, found))
    .sort(
      (a, b) =>
        closeness(b.option, found) - closeness(a.option, found) ||
        a.issues.length - b.issues.length,
    )
  const meant = candidates[0]
  if (!meant)
    return [{ path: [], message: expectedFound(expectationOf(schemas) ?? wanted(schemas), found) }]
  if (isMapping(found) && closeness(meant.option, found) === 0) return noFamiliarKey(union, found)
  const registered = expectationOf(schemas)
  if (registered && typeof found !== 'object' && (candidates.length > 1 || !isEnum(meant.option))) {
    return [{ path: [], message: expectedFound(registered, found) }]
  }
  return explainAll(meant.option, meant.issues, found)
}

const isEnum = (schema: Schema): boolean => core(schema) instanceof z.ZodEnum

const isMapping = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const closeness = (option: Schema, found: unknown): number =>
  isMapping(found) ? familiarity(option, found) : 0

/** Whether a branch takes this kind of value at all, so that its complaints are worth saying. */
function isRightKind(option: Schema, issues: readonly Issue[], found: unknown): boolean {
  const inner = core(option)
  if (inner instanceof z.ZodEnum || inner instanceof z.ZodLiteral) return typeof found === 'string'
  return !issues.some(isOtherKind)
}

/** A union takes another kind of value where each of its own branches does. */
function isOtherKind(issue: Issue): boolean {
  if (issue.path.length > 0) return false
  if (issue.code === 'invalid_type') return issue.expected !== 'int'
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return false
  return issue.errors.every((branch) => branch.some(isOtherKind))
}

/** A mapping of which no branch knows a single key: every key is as likely to be meant. */
function noFamiliarKey(union: Schema, found: object): Problem[] {
  const known = knownKeys([union])
  const keys = Object.keys(found)
  if (keys.length === 0)
    return [{ path: [], message: `expected ${wanted([union])}, found an empty mapping` }]
  return keys.map((key) => unknownKey([], key, known))
}
