/**
 * Templates in replies: parsed when a scenario is loaded, rendered when a rule answers. A reply
 * without templates is handed back untouched.
 */

import type { ApiError } from '../core/api-error.ts'
import type { ChatRequest } from '../core/chat-request.ts'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import type { Headers } from '../core/http.ts'
import type { Random } from '../core/random.ts'
import { fakeScope } from './fake.ts'
import { type Problem, within } from './problem.ts'
import type { Reply, ScriptStep } from './scenario.ts'
import { isTemplate, type ParsedTemplate, parseTemplate } from './template-engine.ts'
import type { Groups } from './value-test.ts'

/** What templates read. */
export interface TemplateScope {
  readonly request: ChatRequest
  /** The groups of the rule's regular expressions. */
  readonly captures: Readonly<Record<string, string>>
  readonly turn: number
  readonly session: string
  readonly hit: number
  readonly seed: number
  /** Invented data is drawn from it; give each reply a source of its own. */
  readonly random: Random
}

interface Prepared {
  readonly templates: ReadonlyMap<string, ParsedTemplate>
  /** The body of an `http` reply that was written as data, rendered before it becomes JSON. */
  readonly jsonBody: unknown
}

/** Beside the replies rather than in them: a reply stays plain data. */
const preparedReplies = new WeakMap<Reply, Prepared>()

/**
 * Parses every template in a reply. `written` is the reply as it stands in the file, for the paths
 * of the problems.
 */
export async function prepareReply(
  reply: Reply,
  written: unknown,
  groups: Groups,
): Promise<Problem[]> {
  if (!hasTemplates(reply)) return []
  const templates = new Map<string, ParsedTemplate>()
  const problems: Problem[] = []
  for (const { path, text } of textsIn(written)) {
    if (!isTemplate(text)) continue
    const { template, problems: found } = await parseTemplate(text, groups)
    problems.push(...within(path, found))
    if (template) templates.set(text, template)
  }
  if (templates.size > 0) preparedReplies.set(reply, { templates, jsonBody: jsonBodyOf(written) })
  return problems
}

/** What was taped, or is still to be said, is nobody's template. */
const hasTemplates = ({ kind }: Reply): boolean =>
  kind === 'script' || kind === 'error' || kind === 'http'

function* textsIn(
  value: unknown,
  path: readonly (string | number)[] = [],
): Generator<{ path: readonly (string | number)[]; text: string }> {
  if (typeof value === 'string') yield { path, text: value }
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* textsIn(item, [...path, index])
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key])
  }
}

function jsonBodyOf(written: unknown): unknown {
  if (typeof written !== 'object' || written === null || !('body' in written)) return undefined
  return typeof written.body === 'string' ? undefined : written.body
}

/** Whether a reply is another for each request; one that is not needs no `renderReply`. */
export const isTemplated = (reply: Reply): boolean => preparedReplies.has(reply)

/** The reply with every template in it filled in. */
export function renderReply(reply: Reply, scope: TemplateScope): Reply {
  const prepared = preparedReplies.get(reply)
  if (!prepared) return reply
  const variables = variablesOf(scope)
  const render = (text: string): string => {
    const template = prepared.templates.get(text)
    return template ? template.render(variables) : text
  }
  try {
    return rendered(reply, render, prepared.jsonBody)
  } catch (thrown) {
    throw new StuntdoubleError('bad-scenario', `A template failed: ${messageOf(thrown)}`, {
      cause: thrown,
    })
  }
}

type Render = (text: string) => string

function rendered(reply: Reply, render: Render, jsonBody: unknown): Reply {
  switch (reply.kind) {
    case 'script':
      return { ...reply, steps: reply.steps.map((step) => renderStep(step, render)) }
    case 'error':
      return { ...reply, error: renderError(reply.error, render) }
    case 'http': {
      const body = typeof reply.body === 'string' ? render(reply.body) : reply.body
      return {
        ...reply,
        headers: renderHeaders(reply.headers, render),
        body: jsonBody === undefined ? body : JSON.stringify(renderValue(jsonBody, render)),
      }
    }
    default:
      return reply
  }
}

function renderStep(step: ScriptStep, render: Render): ScriptStep {
  switch (step.do) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return {
        ...step,
        text: typeof step.text === 'string' ? render(step.text) : step.text.map(render),
      }
    case 'tool': {
      const id = step.id === undefined ? {} : { id: render(step.id) }
      return {
        ...step,
        ...id,
        name: render(step.name),
        arguments: renderValue(step.arguments, render),
      }
    }
    case 'citation':
      return { ...step, citation: renderValue(step.citation, render) }
    case 'comment':
      return { ...step, text: render(step.text) }
    case 'raw':
      return {
        ...step,
        parts: step.parts.map((part) => (typeof part === 'string' ? render(part) : part)),
      }
    case 'error':
      return { ...step, error: renderError(step.error, render) }
    case 'finish':
      return { ...step, reason: render(step.reason) }
    default:
      return step
  }
}

function renderError(error: ApiError, render: Render): ApiError {
  return {
    ...error,
    ...(error.message === undefined ? {} : { message: render(error.message) }),
    ...(error.param === undefined ? {} : { param: render(error.param) }),
    ...(error.headers === undefined ? {} : { headers: renderHeaders(error.headers, render) }),
    ...(error.body === undefined ? {} : { body: renderValue(error.body, render) }),
  }
}

/** A line break that a request smuggled into a header would end it; a space stands for it. */
const renderHeaders = (headers: Headers, render: Render): Headers =>
  headers.map(([name, value]) => [name, render(value).replace(/[\r\n\0]+/g, ' ')])

function renderValue(value: unknown, render: Render): unknown {
  if (typeof value === 'string') return render(value)
  if (Array.isArray(value)) return value.map((item) => renderValue(item, render))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, renderValue(item, render)]),
  )
}

/** What is costly to put together is put together when a template first asks for it. */
function variablesOf({ request, captures, random, ...rest }: TemplateScope): object {
  const { turn, session, hit, seed } = rest
  const { model, user, system, messages } = request
  const asked = once(() => requestVariables(request))
  const invented = once(() => fakeScope(random))
  return {
    get request() {
      return asked()
    },
    get fake() {
      return invented()
    },
    match: captures,
    model,
    user,
    system,
    messages,
    turn,
    session,
    hit,
    seed,
  }
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function requestVariables(request: ChatRequest): object {
  const { http, model, user, system, messages, tools, stream, dialect, body } = request
  const { method, path, url, params } = http
  const query = Object.fromEntries(http.query)
  const headers = Object.fromEntries(
    http.headers.map(([name, value]) => [name.toLowerCase(), value]),
  )
  const sent = { method, path, url, params, query, headers, body }
  return { ...sent, model, user, system, messages, tools, stream, dialect }
}
