/**
 * Fixtures of aimock (`{fixtures: [{match, response}]}`), written by hand or by its recorder. They
 * hold what was said and not the bytes, so that each is written by our dialect, and asks with what
 * its `match` looks for. Pure. What a recording cannot hold is said, not guessed.
 * Source: the types of @copilotkit/aimock 1.43.
 */
import type { ApiErrorCode } from '../../core/api-error.ts'
import { apiErrorStatus } from '../../core/api-error.ts'
import { utf8 } from '../../core/bytes.ts'
import type { Dialect } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import { jsonReply } from '../../core/http.ts'
import { cutText } from '../../dialects/grain.ts'
import { at, isFields, listAt, numberAt, textAt } from './fields.ts'
import { errorOf, imaginedReply, streamOf } from './imagined.ts'
import {
  type Answered,
  type Asked,
  type Format,
  type Found,
  found,
  type ImportContext,
  ignored,
  mistake,
  type Place,
  Unreadable,
} from './imported.ts'
import { JsonPlaces } from './json-place.ts'
import { plausibleRequest } from './plausible-request.ts'

const usualDialect = 'openai-chat'

export const aimock: Format = {
  name: 'aimock',
  title: 'fixtures of aimock',
  fits: ({ json }) => {
    const fixtures = listAt(json?.value, 'fixtures')
    return fixtures?.every((one) => isFields(at(one, 'match'))) === true
  },
  *read(look, context) {
    const places = new JsonPlaces(look.text)
    for (const [index, fixture] of (listAt(look.json?.value, 'fixtures') ?? []).entries()) {
      const place = places.of(['fixtures', index])
      yield* readFixture(fixture, index, { place, context })
    }
  },
}

interface Where {
  readonly place: Place
  readonly context: ImportContext
}

function* readFixture(
  fixture: unknown,
  index: number,
  { place, context }: Where,
): Generator<Found> {
  const kind = kindOf(fixture)
  if (typeof kind === 'object') return yield ignored(kind.ignored)
  const wanted = context.dialect ?? usualDialect
  const dialect = context.dialects.find(({ name }) => name === wanted)
  if (!dialect) return yield mistake(place, `there is no dialect "${wanted}"`)
  const dropped = droppedKeys(fixture)
  if (dropped.length > 0) yield ignored(`of the fixtures: ${dropped.join(', ')}`)
  try {
    const asked = askedOf(fixture, dialect, index)
    yield found({
      place,
      asked,
      answered: answeredOf(fixture, { kind, dialect, asked, index }),
      dialect: dialect.name,
      words: ['a fixture has no bytes: they are written in this dialect'],
    })
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    yield mistake(place, error.message)
  }
}

type Kind = 'said' | 'error' | 'json'

const otherKinds: Readonly<Record<string, string>> = {
  embedding: 'embeddings',
  image: 'images',
  images: 'images',
  audio: 'audio',
  transcription: 'transcriptions',
  video: 'videos',
  live: 'live sessions',
}

function kindOf(fixture: unknown): Kind | { readonly ignored: string } {
  const response = at(fixture, 'response')
  if (!isFields(response)) return { ignored: 'fixtures whose response is no object' }
  for (const [key, name] of Object.entries(otherKinds)) {
    if (key in response) return { ignored: `fixtures that answer with ${name}` }
  }
  if (isFields(response['error'])) return 'error'
  if ('json' in response) return 'json'
  return 'said'
}

/** What a fixture says and a recording of one exchange has no place for. */
const matchKeys = new Set(['userMessage', 'systemMessage', 'inputText', 'model', 'endpoint'])
const soundKeys = new Set(['match', 'response', 'recordedTimings', 'metadata'])

function droppedKeys(fixture: unknown): string[] {
  const others = Object.keys(Object(fixture)).filter((key) => !soundKeys.has(key))
  const matched = Object.keys(Object(at(fixture, 'match'))).filter((key) => !matchKeys.has(key))
  const said = ['id', 'created', 'usage', 'systemFingerprint', 'webSearches', 'redactedThinking']
  const response = Object.keys(Object(at(fixture, 'response'))).filter((key) => said.includes(key))
  return [
    ...others,
    ...matched.map((key) => `match.${key}`),
    ...response.map((key) => `response.${key}`),
  ]
}

/** What is looked for within a message is taken for the message. */
function askedOf(fixture: unknown, dialect: Dialect, index: number): Asked {
  const match = at(fixture, 'match')
  const system = at(match, 'systemMessage')
  const parts = Array.isArray(system) ? system.filter((one) => typeof one === 'string') : [system]
  const user = textAt(match, 'userMessage') ?? textAt(match, 'inputText')
  const model = textAt(match, 'model') ?? textAt(fixture, 'response', 'model')
  return plausibleRequest(dialect, {
    user: user ?? `fixture ${index + 1}`,
    system: typeof parts[0] === 'string' ? parts.join('\n') : undefined,
    model,
    stream: true,
  })
}

interface Answering {
  readonly kind: Kind
  readonly dialect: Dialect
  readonly asked: Asked
  readonly index: number
}

function answeredOf(fixture: unknown, { kind, dialect, asked, index }: Answering): Answered {
  const response = at(fixture, 'response')
  const reply = imaginedReply(dialect, asked, `aimock/${index}`)
  if (kind === 'json') {
    const { status, headers, body } = jsonReply(
      numberAt(response, 'status') ?? 200,
      at(response, 'json'),
    )
    return { status, headers, body: bytesOf(body) }
  }
  if (kind === 'error') {
    const { status, headers, body } = errorOf(dialect, reply, simulated(response))
    return { status, headers, body: bytesOf(body) }
  }
  const frames = streamOf(dialect, reply, eventsOf(response, dialect))
  return {
    status: 200,
    headers: dialect.streamHeaders(reply),
    body: Buffer.concat(frames.map(({ bytes }) => bytes)),
    timing: recordedTiming(fixture),
  }
}

const bytesOf = (body: string | Uint8Array): Uint8Array =>
  typeof body === 'string' ? utf8(body) : body

function simulated(response: unknown) {
  const status = numberAt(response, 'status') ?? 500
  const message = textAt(response, 'error', 'message')
  const retryAfter = numberAt(response, 'retryAfter')
  return {
    code: codeOf(status),
    status,
    ...(message === undefined ? {} : { message }),
    ...(retryAfter === undefined ? {} : { retryAfterMs: retryAfter * 1000 }),
  }
}

function codeOf(status: number): ApiErrorCode {
  const codes = Object.entries(apiErrorStatus).filter(([, known]) => known === status)
  const [name] = codes.at(status === 503 ? -1 : 0) ?? []
  return isCode(name) ? name : status < 500 ? 'invalid-request' : 'server-error'
}

const isCode = (name: string | undefined): name is ApiErrorCode =>
  name !== undefined && Object.hasOwn(apiErrorStatus, name)

/** Blocks in their order; without them, what was thought, then the text, then the calls. */
function eventsOf(response: unknown, { grain }: Dialect): Event[] {
  const blocks = listAt(response, 'blocks')
  const reasoning = cutText(textAt(response, 'reasoning') ?? '', grain)
  const events: Event[] = [{ type: 'start' }]
  for (const text of reasoning) events.push({ type: 'reasoning', text })
  let calls = 0
  const say = (text: string): void => {
    for (const piece of cutText(text, grain)) events.push({ type: 'text', text: piece })
  }
  const call = (written: unknown): void => {
    events.push(...callEvents(written, calls++))
  }
  for (const block of blocks ?? []) {
    if (textAt(block, 'type') === 'text') say(textAt(block, 'text') ?? '')
    else call(block)
  }
  if (!blocks) {
    say(asText(at(response, 'content')))
    for (const written of listAt(response, 'toolCalls') ?? []) call(written)
  }
  if (calls === 0 && !blocks && at(response, 'content') === undefined && reasoning.length === 0) {
    const keys = Object.keys(Object(response)).join(', ') || 'nothing'
    throw new Unreadable({ line: 1, column: 1 }, `this response says nothing known (${keys})`)
  }
  const reason = textAt(response, 'finishReason') ?? (calls > 0 ? 'tool-calls' : 'stop')
  return [...events, { type: 'finish', reason: reasons[reason] ?? reason }]
}

/** Fixtures write OpenAI's words. */
const reasons: Readonly<Record<string, string>> = {
  tool_calls: 'tool-calls',
  content_filter: 'content-filter',
}

/** Authors may write a value where a text of JSON is meant. */
const asText = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : value === undefined || value === null
      ? ''
      : JSON.stringify(value)

function callEvents(written: unknown, index: number): Event[] {
  const name = textAt(written, 'name')
  if (name === undefined) {
    throw new Unreadable({ line: 1, column: 1 }, 'a tool call must have a name')
  }
  const id = textAt(written, 'id')
  return [
    { type: 'tool-start', index, name, ...(id === undefined ? {} : { id }) },
    { type: 'tool-arguments', index, text: asText(at(written, 'arguments')) || '{}' },
    { type: 'tool-end', index },
  ]
}

/** Times of the frames that were taped; they hold where our stream has as many. */
function recordedTiming(fixture: unknown): Answered['timing'] {
  const timings: unknown = at(fixture, 'recordedTimings')
  const gaps = listAt(timings, 'interChunkDelaysMs')
  const ttftMs = numberAt(timings, 'ttftMs')
  if (!gaps || ttftMs === undefined) return undefined
  const frameMs = [ttftMs]
  for (const gap of gaps) {
    if (typeof gap !== 'number' || gap < 0) return undefined
    frameMs.push((frameMs.at(-1) ?? 0) + gap)
  }
  return { headMs: 0, endMs: frameMs.at(-1) ?? 0, frameMs }
}
