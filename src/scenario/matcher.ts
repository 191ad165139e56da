/**
 * `when`, compiled: one test for each field that is named. Pure; the session's state and turn are
 * handed in with the request.
 */
import { compile as compileJsonPath } from 'json-p3'
import type { ChatRequest } from '../core/chat-request.ts'
import { messageOf } from '../core/errors.ts'
import { type Problem, shown, within } from './problem.ts'
import type { WrittenMatcher, WrittenRange, WrittenWhen } from './schema-matcher.ts'
import {
  type Captures,
  compileValueTest,
  type Groups,
  joinGroups,
  nearness,
  type ValueTest,
  type ValueTestOptions,
} from './value-test.ts'

/** What a rule looks at: the request, and where the session stands. */
export interface Subject {
  readonly request: ChatRequest
  readonly session: string
  readonly state: string
  readonly turn: number
}

/** How a field does not fit. */
interface Misfit {
  readonly why: string
  /** From 0, nothing alike, towards 1. */
  readonly nearness: number
}

interface FieldTest {
  /** As it stands in `when`, e.g. `header x-tenant`. */
  readonly field: string
  fits(subject: Subject, captures: Captures): boolean
  /** Only called where it does not fit. */
  explain(subject: Subject): Misfit
}

export interface Matcher {
  /** Empty where every request fits. */
  readonly tests: readonly FieldTest[]
  /** Whether `when` names a path, and so may answer where no dialect listens. */
  readonly namesPath: boolean
  readonly groups: Groups
}

/** True where every field fits; captures are added then and only then of use. */
export function fits(matcher: Matcher, subject: Subject, captures: Captures): boolean {
  for (const test of matcher.tests) if (!test.fits(subject, captures)) return false
  return true
}

interface Draft {
  readonly tests: FieldTest[]
  readonly groups: Groups[]
  readonly problems: Problem[]
}

type Read = (subject: Subject) => readonly unknown[]

const optional = (value: unknown): readonly unknown[] => (value === undefined ? [] : [value])

const textFields: Readonly<Record<string, Read>> = {
  dialect: ({ request }) => [request.dialect],
  method: ({ request }) => [request.http.method],
  path: ({ request }) => [request.http.path],
  model: ({ request }) => optional(request.model),
  user: ({ request }) => optional(request.user),
  system: ({ request }) => optional(request.system),
  last: ({ request }) => optional(request.messages.at(-1)?.role),
  tools: ({ request }) => request.tools,
  session: ({ session }) => [session],
  state: ({ state }) => [state],
}

const optionsByField: Readonly<Record<string, ValueTestOptions>> = {
  method: { ignoreCase: true },
  path: { segments: true },
}

/** Compiles `when`; paths of the problems are within it. */
export function compileMatcher(written: WrittenWhen): { matcher: Matcher; problems: Problem[] } {
  const draft: Draft = { tests: [], groups: [], problems: [] }
  for (const [field, read] of Object.entries(textFields)) {
    const matcher = matcherOf(written, field)
    if (matcher === undefined) continue
    addValueTest(draft, {
      field,
      path: [field],
      matcher,
      read,
      options: optionsByField[field] ?? {},
    })
  }
  addCounts(draft, written)
  addHeaders(draft, written)
  addBody(draft, written)
  const matcher = {
    tests: draft.tests,
    namesPath: written.path !== undefined,
    groups: joinGroups(draft.groups),
  }
  return { matcher, problems: draft.problems }
}

function matcherOf(written: WrittenWhen, field: string): WrittenMatcher | undefined {
  switch (field) {
    case 'dialect':
    case 'method':
    case 'path':
    case 'model':
    case 'user':
    case 'system':
    case 'last':
    case 'tools':
    case 'session':
    case 'state':
      return written[field]
    default:
      return undefined
  }
}

interface ValueField {
  readonly field: string
  readonly path: readonly string[]
  readonly matcher: WrittenMatcher
  readonly read: Read
  readonly options: ValueTestOptions
}

function addValueTest(draft: Draft, { field, path, matcher, read, options }: ValueField): void {
  const problems: Problem[] = []
  const test = compileValueTest(matcher, options, problems)
  draft.problems.push(...within(path, problems))
  draft.groups.push(test.groups)
  draft.tests.push({
    field,
    fits: (subject, captures) => test.fits(read(subject), captures),
    explain: (subject) => misfit(field, test, read(subject)),
  })
}

function misfit(field: string, test: ValueTest, found: readonly unknown[]): Misfit {
  const what = found.length === 0 ? 'nothing' : found.map(shown).join(', ')
  return { why: `${field}: expected ${test.wants}, found ${what}`, nearness: nearness(test, found) }
}

function addHeaders(draft: Draft, { header }: WrittenWhen): void {
  for (const [name, matcher] of Object.entries(header ?? {})) {
    const wanted = name.toLowerCase()
    const read: Read = ({ request }) =>
      request.http.headers.flatMap(([key, value]) => (key.toLowerCase() === wanted ? [value] : []))
    addValueTest(draft, {
      field: `header ${name}`,
      path: ['header', name],
      matcher,
      read,
      options: {},
    })
  }
}

function addBody(draft: Draft, { body }: WrittenWhen): void {
  for (const [path, matcher] of Object.entries(body ?? {})) {
    const read = jsonPathReader(path)
    if (typeof read === 'string') {
      draft.problems.push({ path: ['body'], key: path, message: read })
      continue
    }
    const field = { field: `body ${path}`, path: ['body', path], matcher, read }
    addValueTest(draft, { ...field, options: { json: true } })
  }
}

function jsonPathReader(path: string): Read | string {
  try {
    const query = compileJsonPath(path)
    return ({ request }) => (isJson(request.body) ? query.query(request.body).values() : [])
  } catch (thrown) {
    const reason = messageOf(thrown).replace(/ \('.*'.*\)$/s, '')
    return `not a JSONPath such as $.metadata.role_id: ${reason}`
  }
}

/** JSONPath looks into lists and mappings only; a bare value has nothing inside. */
const isJson = (body: unknown): body is Record<string, never> | never[] =>
  typeof body === 'object' && body !== null

function addCounts(draft: Draft, written: WrittenWhen): void {
  const { messages, turn, stream } = written
  if (stream !== undefined) {
    draft.tests.push(
      plainTest(
        'stream',
        String(stream),
        ({ request }) => request.stream === stream,
        ({ request }) => request.stream,
      ),
    )
  }
  if (turn !== undefined) {
    const { test, wants } = numberTest(turn)
    draft.tests.push(
      plainTest(
        'turn',
        wants,
        (subject) => test(subject.turn),
        ({ turn: found }) => found,
      ),
    )
  }
  if (messages === undefined) return
  if (Array.isArray(messages)) addMessages(draft, messages)
  else {
    const { test, wants } = numberTest(messages)
    const read = ({ request }: Subject): number => request.messages.length
    draft.tests.push(plainTest('messages', wants, (subject) => test(read(subject)), read))
  }
}

function plainTest(
  field: string,
  wants: string,
  test: (subject: Subject) => boolean,
  read: (subject: Subject) => unknown,
): FieldTest {
  return {
    field,
    fits: test,
    explain: (subject) => ({
      why: `${field}: expected ${wants}, found ${String(read(subject))}`,
      nearness: 0.5,
    }),
  }
}

function numberTest(wanted: number | number[] | WrittenRange): {
  test: (found: number) => boolean
  wants: string
} {
  if (typeof wanted === 'number') return { test: (n) => n === wanted, wants: String(wanted) }
  if (Array.isArray(wanted)) {
    return { test: (n) => wanted.includes(n), wants: `one of ${wanted.join(', ')}` }
  }
  const { min = 0, max = Number.POSITIVE_INFINITY } = wanted
  const wants = [
    ...(wanted.min === undefined ? [] : [`at least ${min}`]),
    ...(wanted.max === undefined ? [] : [`at most ${max}`]),
  ]
  return { test: (n) => n >= min && n <= max, wants: wants.join(' and ') }
}

interface MessageTest {
  readonly role: ValueTest | undefined
  readonly text: ValueTest | undefined
}

type WrittenMessages = Extract<WrittenWhen['messages'], readonly unknown[]>

/** Each message that is listed must occur, in this order; others may stand between. */
function addMessages(draft: Draft, written: WrittenMessages): void {
  const tests = written.map((message, index): MessageTest => {
    const part = (name: 'role' | 'text'): ValueTest | undefined => {
      const matcher = message[name]
      if (matcher === undefined) return undefined
      const problems: Problem[] = []
      const test = compileValueTest(matcher, {}, problems)
      draft.problems.push(...within(['messages', index, name], problems))
      draft.groups.push(test.groups)
      return test
    }
    return { role: part('role'), text: part('text') }
  })
  draft.tests.push({
    field: 'messages',
    fits: ({ request }, captures) => foundInOrder(tests, request, captures) === tests.length,
    explain: ({ request }) => explainMessages(tests, request),
  })
}

/** How many of the listed messages were found. */
function foundInOrder(
  tests: readonly MessageTest[],
  request: ChatRequest,
  captures: Captures,
): number {
  let next = 0
  for (const { role, text } of request.messages) {
    const test = tests[next]
    if (!test) break
    if (test.role && !test.role.fits([role], captures)) continue
    if (test.text && !test.text.fits([text], captures)) continue
    next++
  }
  return next
}

function explainMessages(tests: readonly MessageTest[], request: ChatRequest): Misfit {
  const found = foundInOrder(tests, request, {})
  const { role, text } = tests[found] ?? {}
  const place = `one that is number ${found + 1} of ${tests.length}`
  const wants = [...(role ? [`role ${role.wants}`] : []), ...(text ? [`text ${text.wants}`] : [])]
  return {
    why: `messages: expected ${place}, with ${wants.join(' and ') || 'anything'}, found none`,
    nearness: found / tests.length,
  }
}
