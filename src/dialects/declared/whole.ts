/** The answer in one piece: written from events, and read back from a body that was received. */
import type { ApiError } from '../../core/api-error.ts'
import { wholeText } from '../../core/bytes.ts'
import type { ReplyContext } from '../../core/dialect.ts'
import type { Event, Usage } from '../../core/event.ts'
import type { HttpReply, HttpRequest } from '../../core/http.ts'
import { reasonOf, usageEvents } from './decode.ts'
import { estimateUsage, type StreamPlan, tokenCount } from './encode.ts'
import { readJson } from './json.ts'
import { accepts } from './request.ts'
import type { WholeForm } from './schema.ts'
import { jsonTemplate, type Lookup, render, type Template, textTemplate } from './template.ts'
import { at } from './values.ts'

/** The placeholders of whole answers. */
export const wholeNames: readonly string[] = [
  'text',
  'reasoning',
  'refusal',
  'finish',
  'toolCalls',
  'citations',
]

interface CompiledForm {
  readonly accept: string | undefined
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Template
  readonly toolCall: Template
}

export interface WholePlan {
  reply(events: Iterable<Event>, reply: ReplyContext): HttpReply | ApiError
  read(body: Uint8Array): Event[]
}

const defaultToolCall = { id: '{{ toolId }}', name: '{{ name }}', arguments: '{{ arguments }}' }

export function planWhole(forms: readonly WholeForm[], plan: StreamPlan): WholePlan {
  const compiled = forms.map((form) => compileForm(form, plan))
  return {
    reply: (events, reply) => {
      const said = fold(events)
      if (said.error) return said.error
      const form = chooseForm(compiled, reply.request.http)
      const text = render(form.body.pieces, wholeLookup(said, form, plan, reply))
      return { status: 200, headers: form.headers, body: text }
    },
    read: (body) => readWhole(body, compiled, plan),
  }
}

function compileForm(form: WholeForm, { style }: StreamPlan): CompiledForm {
  const usualType = form.text === undefined ? 'application/json' : 'text/plain; charset=utf-8'
  return {
    accept: form.accept,
    headers: [
      ['content-type', form.contentType ?? usualType],
      ...Object.entries(form.headers ?? {}),
    ],
    body:
      form.text === undefined
        ? jsonTemplate(form.json ?? { text: '{{ text }}' }, style)
        : textTemplate(form.text),
    toolCall: jsonTemplate(form.toolCall ?? defaultToolCall, style),
  }
}

/** A dialect without any form still answers: with the text. */
const plainForm: CompiledForm = {
  accept: undefined,
  headers: [['content-type', 'text/plain; charset=utf-8']],
  body: textTemplate('{{ text }}'),
  toolCall: textTemplate(''),
}

function chooseForm(forms: readonly CompiledForm[], http: HttpRequest): CompiledForm {
  const asked = forms.find(({ accept }) => accept !== undefined && accepts(http, accept))
  return asked ?? forms.find(({ accept }) => accept === undefined) ?? forms[0] ?? plainForm
}

interface Call {
  readonly index: number
  readonly name: string
  readonly id: string | undefined
  arguments: string
}

interface Said {
  text: string
  reasoning: string
  refusal: string
  readonly calls: Call[]
  readonly citations: unknown[]
  usage: Usage | undefined
  reason: string | undefined
  error: ApiError | undefined
}

/** All that the events say, added up. */
function fold(events: Iterable<Event>): Said {
  const said: Said = {
    text: '',
    reasoning: '',
    refusal: '',
    calls: [],
    citations: [],
    usage: undefined,
    reason: undefined,
    error: undefined,
  }
  for (const event of events) if ((event.choice ?? 0) === 0) addTo(said, event)
  return said
}

function addTo(said: Said, event: Event): void {
  switch (event.type) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      said[event.type] += event.text
      break
    case 'tool-start':
      said.calls.push({ index: event.index, name: event.name, id: event.id, arguments: '' })
      break
    case 'tool-arguments': {
      const call = said.calls.findLast(({ index }) => index === event.index)
      if (call) call.arguments += event.text
      break
    }
    case 'citation':
      said.citations.push(event.citation)
      break
    case 'usage':
      said.usage = event.usage
      break
    case 'error':
      said.error ??= event.error
      break
    case 'finish':
      said.reason = event.reason
  }
}

function wholeLookup(
  said: Said,
  form: CompiledForm,
  plan: StreamPlan,
  reply: ReplyContext,
): Lookup {
  const values = plan.values.of(reply)
  const generated = [said.reasoning, said.text, said.refusal, ...said.calls.map((c) => c.arguments)]
  const usage = said.usage ?? estimateUsage(reply, generated.join(''))
  const reason = said.reason ?? (said.calls.length > 0 ? 'tool-calls' : 'stop')
  const own: Readonly<Record<string, () => unknown>> = {
    text: () => (said.text === '' && said.calls.length > 0 ? null : said.text),
    reasoning: () => said.reasoning || null,
    refusal: () => said.refusal || null,
    finish: () => plan.finishWords.get(reason) ?? reason,
    citations: () => said.citations,
    toolCalls: () =>
      said.calls.length === 0
        ? null
        : said.calls.map((call) => readJson(renderCall(call, form, values.toolId))),
    now: () => Math.floor(reply.createdMs / 1000),
  }
  return (expression) => {
    const { name } = expression
    const value = Object.hasOwn(own, name) ? own[name]?.() : undefined
    return value ?? tokenCount(name, usage) ?? values.lookup(expression) ?? values.draw(expression)
  }
}

function renderCall(call: Call, { toolCall }: CompiledForm, freshId: () => string): string {
  const values: Readonly<Record<string, unknown>> = {
    index: call.index,
    name: call.name,
    arguments: call.arguments,
    toolId: call.id ?? freshId(),
  }
  return render(toolCall.pieces, ({ name }) => values[name])
}

const lenient = { nulls: false, keys: false }

/**
 * The JSON forms come first, then errors. Plain text is taken for an answer only where the
 * description has such a form and the body is no JSON: whoever asks must know that it was a 200.
 */
function readWhole(body: Uint8Array, forms: readonly CompiledForm[], plan: StreamPlan): Event[] {
  const text = wholeText(body)
  if (text === undefined || text === '') return []
  const value = readJson(text)
  if (value === undefined) return readPlain(text, forms)
  for (const form of forms) {
    if (form.body.form !== 'json') continue
    const found = form.body.match(value, lenient)
    const events = found ? wholeEvents(found, form, plan) : []
    if (events.length > 0) return events
  }
  const found = plan.errors.body.match(value, lenient)
  const error = found && plan.errors.read(found)
  return error ? [{ type: 'error', error }] : []
}

function readPlain(text: string, forms: readonly CompiledForm[]): Event[] {
  for (const form of forms) {
    if (form.body.form !== 'text') continue
    const said = form.body.match(text, lenient)?.get('text')
    if (typeof said !== 'string') continue
    return [...textEvents('text', said), { type: 'finish', reason: 'stop' }]
  }
  return []
}

function wholeEvents(
  found: ReadonlyMap<string, unknown>,
  form: CompiledForm,
  plan: StreamPlan,
): Event[] {
  const calls = callEvents(found.get('toolCalls'), form)
  if (typeof found.get('text') !== 'string' && calls.length === 0) return []
  const word = found.get('finish')
  const usual = calls.length > 0 ? 'tool-calls' : 'stop'
  const citations = found.get('citations')
  return [
    ...textEvents('reasoning', found.get('reasoning')),
    ...textEvents('text', found.get('text')),
    ...textEvents('refusal', found.get('refusal')),
    ...calls,
    ...(Array.isArray(citations) ? citations : []).map(
      (citation): Event => ({ type: 'citation', citation }),
    ),
    ...(usageEvents(found) ?? []),
    { type: 'finish', reason: typeof word === 'string' ? reasonOf(plan, word) : usual },
  ]
}

const textEvents = (type: 'text' | 'reasoning' | 'refusal', text: unknown): Event[] =>
  typeof text === 'string' && text !== '' ? [{ type, text }] : []

function callEvents(calls: unknown, { toolCall }: CompiledForm): Event[] {
  return (Array.isArray(calls) ? calls : []).flatMap((call: unknown, position): Event[] => {
    const found = toolCall.match(call, lenient)
    const [name, id, text] = [found?.get('name'), found?.get('toolId'), found?.get('arguments')]
    if (typeof name !== 'string') return []
    const index = at({ index: found?.get('index') ?? position }, ['index'])
    const number = typeof index === 'number' ? index : position
    return [
      { type: 'tool-start', index: number, name, ...(typeof id === 'string' ? { id } : {}) },
      ...(typeof text === 'string' && text !== ''
        ? [{ type: 'tool-arguments', index: number, text } as const]
        : []),
      { type: 'tool-end', index: number },
    ]
  })
}
