/**
 * HTTP archives (HAR 1.2) as browsers, proxies and test tools write them. Pure.
 * Source: W3C Web Performance, "HTTP Archive (HAR) format"; the extensions of Chrome
 * (`_eventSourceMessages`, `_webSocketMessages`, `_resourceType`, `_error`), Playwright (`_file`)
 * and mitmproxy, as these programs write them.
 *
 * A body is kept decoded in this format, whatever its headers say.
 */
import type { Headers } from '../../core/http.ts'
import { at, isFields, listAt, numberAt, textAt } from './fields.ts'
import { eventSource } from './har-events.ts'
import { exactIn, type Told } from './har-exact.ts'
import {
  type Asked,
  type Exchange,
  type Format,
  type Found,
  found,
  type ImportContext,
  ignored,
  type Look,
  mistake,
  Unreadable,
} from './imported.ts'
import { type JsonPath, JsonPlaces } from './json-place.ts'
import { bytesOfBase64, bytesOfText } from './text-bytes.ts'

export const har: Format = {
  name: 'har',
  title: 'HAR',
  fits: ({ json }) => listAt(json?.value, 'log', 'entries') !== undefined,
  *read(look, context) {
    const entries = listAt(look.json?.value, 'log', 'entries')
    if (!entries) throw new Unreadable({ line: 1, column: 1 }, 'there is no list log.entries here')
    const places = new JsonPlaces(look.text)
    let isOnlyLeftOut = true
    let sockets = 0
    for (const index of inOrder(entries)) {
      for (const one of readEntry(entries[index], { look, context, places, index })) {
        isOnlyLeftOut &&= one.kind === 'ignored'
        if (one.kind === 'ignored' && one.what === webSockets) sockets++
        yield one
      }
    }
    if (isOnlyLeftOut && sockets > 0) {
      const said = 'nothing was imported: its exchanges are WebSocket connections, no HTTP streams'
      yield mistake(places.of(['log', 'entries']), said)
    }
  },
}

interface Entry {
  readonly look: Look
  readonly context: ImportContext
  readonly places: JsonPlaces
  readonly index: number
}

/** As they were asked; the format wants that order, and not every writer keeps it. */
function inOrder(entries: readonly unknown[]): number[] {
  const times = entries.map((entry) => Date.parse(textAt(entry, 'startedDateTime') ?? ''))
  const indices = [...entries.keys()]
  if (times.some(Number.isNaN)) return indices
  return indices.sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0))
}

function* readEntry(entry: unknown, where: Entry): Generator<Found> {
  const exact = exactIn(entry)
  const why = exact ? undefined : leaveOut(entry, where.context)
  if (why !== undefined) return yield ignored(why)
  const strange = strangeKeys(entry)
  try {
    const exchange = exact ? readExact(entry, where, exact) : readExchange(entry, where)
    yield found(exchange)
    for (const key of strange) yield ignored(`the extension ${key}`)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    yield mistake(error.place, `${error.message} (log.entries[${where.index}])`)
  }
}

const knownKeys =
  /^_(?:eventSourceMessages|webSocketMessages|resourceType|error|transferSize|file|stuntdouble)$/

/** Extensions whose content is not looked at. */
const strangeKeys = (entry: unknown): string[] =>
  [entry, at(entry, 'response'), at(entry, 'response', 'content')]
    .flatMap((part) => (isFields(part) ? Object.keys(part) : []))
    .filter((key) => key.startsWith('_') && !knownKeys.test(key))

const webSockets = 'WebSocket connections, which are no HTTP streams'

const pageTypes =
  /^(?:document|stylesheet|script|image|font|media|manifest|texttrack|cspviolationreport|signedexchange)$/
const pageContent =
  /^(?:text\/(?:html|css|javascript)|application\/(?:x-)?javascript|image\/|font\/|video\/|audio\/|application\/font|application\/wasm)/i

/** Why an entry is none that anyone wants to play; undefined where it is one. */
function leaveOut(entry: unknown, { all }: ImportContext): string | undefined {
  const url = textAt(entry, 'request', 'url') ?? ''
  const method = textAt(entry, 'request', 'method')?.toUpperCase()
  const type = textAt(entry, '_resourceType')?.toLowerCase()
  const isSocket = type === 'websocket' || listAt(entry, '_webSocketMessages') !== undefined
  if (isSocket || /^wss?:/.test(url)) return webSockets
  if (!/^https?:/.test(url) && url !== '') return `requests for ${url.split(':')[0]}: URLs`
  if ((numberAt(entry, 'response', 'status') ?? 1) <= 0) return 'requests that were never answered'
  if (all) return undefined
  if (method === 'OPTIONS') return 'preflights (OPTIONS)'
  if (method !== 'GET') return undefined
  const content = textAt(entry, 'response', 'content', 'mimeType') ?? ''
  const isPage = type ? pageTypes.test(type) : pageContent.test(content)
  return isPage
    ? 'parts of a page: documents, scripts, styles, images (--all takes them)'
    : undefined
}

/** What our own export wrote, with all that a recording has. */
function readExact(entry: unknown, where: Entry, { exact, dialect, asked, wire }: Told): Exchange {
  const exchange = readExchange(entry, where)
  const body = wire ?? exchange.answered.body
  const length = exact.chunks.reduce((sum, [, one]) => sum + one, 0)
  if (length !== body.length) {
    const said = 'its chunks are not those of its body any more: borders and times are left out'
    return { ...exchange, words: [...exchange.words, said] }
  }
  return {
    ...exchange,
    asked: exchange.asked && { ...exchange.asked, target: asked },
    answered: { ...exchange.answered, body },
    dialect,
    exact,
    words: [],
  }
}

function readExchange(entry: unknown, where: Entry): Exchange {
  const place = (...path: JsonPath) => where.places.of(['log', 'entries', where.index, ...path])
  if (!isFields(entry)) throw new Unreadable(place(), 'an entry must be an object')
  const status = numberAt(entry, 'response', 'status')
  if (status === undefined) throw new Unreadable(place('response'), 'this entry has no status')
  const startedMs = Date.parse(textAt(entry, 'startedDateTime') ?? '')
  const wallMs = Number.isNaN(startedMs) ? undefined : startedMs
  const kept = keptBody(entry, where, place)
  const { headMs, endMs } = timesOf(entry)
  const streamed = eventSource(listAt(entry, '_eventSourceMessages'), kept.body, wallMs)
  const body = streamed?.body ?? kept.body
  if (!body) {
    throw new Unreadable(place('response', 'content'), 'the body was not saved in this archive')
  }
  const frameMs = streamed?.frameMs
  const lastMs = Math.max(headMs, endMs, frameMs?.at(-1) ?? 0)
  const isTimed = wholeTimes(entry) || frameMs !== undefined
  return {
    place: place(),
    asked: askedOf(entry, where, place),
    answered: {
      status,
      headers: headersOf(at(entry, 'response', 'headers')),
      body,
      timing: isTimed ? { headMs, endMs: lastMs, frameMs } : undefined,
    },
    wallMs,
    words: [...kept.words, ...(streamed?.words ?? [])],
  }
}

type PlaceOf = (...path: JsonPath) => { line: number; column: number }

const phases = ['blocked', 'dns', 'connect', 'send', 'wait'] as const

/** -1 stands for what did not happen; `ssl` is a part of `connect`. */
function timesOf(entry: unknown): { headMs: number; endMs: number } {
  const spent = (phase: string): number => Math.max(0, numberAt(entry, 'timings', phase) ?? 0)
  const headMs = phases.reduce((sum, phase) => sum + spent(phase), 0)
  return { headMs, endMs: headMs + spent('receive') }
}

/** An archive whose times are all 0 has none. */
const wholeTimes = (entry: unknown): boolean =>
  (numberAt(entry, 'timings', 'wait') ?? 0) > 0 || (numberAt(entry, 'timings', 'receive') ?? 0) > 0

function askedOf(entry: unknown, { look, context }: Entry, place: PlaceOf): Asked {
  const url = textAt(entry, 'request', 'url')
  if (url === undefined) throw new Unreadable(place('request'), 'this request has no url')
  const headers = headersOf(at(entry, 'request', 'headers'))
  const authority = headers.find(([name]) => name === ':authority')?.[1]
  return {
    method: textAt(entry, 'request', 'method') ?? 'GET',
    url,
    headers: authority === undefined ? headers : [['host', authority], ...headers],
    body: sentBody(at(entry, 'request', 'postData'), look, context, place),
  }
}

function sentBody(posted: unknown, look: Look, context: ImportContext, place: PlaceOf): Uint8Array {
  const file = textAt(posted, '_file')
  const text = textAt(posted, 'text')
  const pairs = listAt(posted, 'params')
  if (file !== undefined) {
    const bytes = context.beside?.(look.path, file)
    if (bytes) return bytes
    throw new Unreadable(place('request', 'postData'), `there is no file ${file} beside it`)
  }
  if (text !== undefined && text !== '') {
    const isBase64 = textAt(posted, 'encoding') === 'base64'
    const bytes = isBase64 ? bytesOfBase64(text) : bytesOfText(text)
    if (bytes) return bytes
    throw new Unreadable(place('request', 'postData', 'text'), 'this text is no body')
  }
  const form = (pairs ?? []).map((pair): [string, string] => [
    textAt(pair, 'name') ?? '',
    textAt(pair, 'value') ?? '',
  ])
  return Buffer.from(new URLSearchParams(form).toString(), 'utf8')
}

const headersOf = (list: unknown): Headers =>
  (Array.isArray(list) ? list : []).flatMap((one): [string, string][] => {
    const [name, value] = [textAt(one, 'name'), textAt(one, 'value')]
    return name === undefined || value === undefined ? [] : [[name, value]]
  })

interface KeptBody {
  /** Undefined where the archive does not hold it. */
  readonly body: Uint8Array | undefined
  readonly words: readonly string[]
}

function keptBody(entry: unknown, { look, context }: Entry, place: PlaceOf): KeptBody {
  const content = at(entry, 'response', 'content')
  const file = textAt(content, '_file')
  if (file !== undefined) {
    const bytes = context.beside?.(look.path, file)
    if (bytes) return { body: bytes, words: [] }
    throw new Unreadable(place('response', 'content'), `there is no file ${file} beside it`)
  }
  const text = textAt(content, 'text')
  const size = numberAt(content, 'size')
  if (text === undefined) return { body: isEmpty(entry, size) ? noBody : undefined, words: [] }
  if (textAt(content, 'encoding') === 'base64') {
    const body = bytesOfBase64(text)
    if (body) return { body, words: [] }
    throw new Unreadable(place('response', 'content', 'text'), 'this is no base64')
  }
  const encoding = /charset="?([\w-]+)/i.exec(textAt(content, 'mimeType') ?? '')?.[1]
  const body = bytesOfText(text, { encoding, length: size })
  if (!body) throw new Unreadable(place('response', 'content', 'text'), 'half of a character')
  return { body, words: body.length < (size ?? 0) ? shorter(body.length, size) : [] }
}

const noBody: Uint8Array = Buffer.alloc(0)

const shorter = (has: number, size: number | undefined): string[] => [
  `content.size says ${size} bytes, the text has ${has}: it may have been cut`,
]

/** Browsers leave out the text of what has none, and of redirects. */
function isEmpty(entry: unknown, size: number | undefined): boolean {
  const status = numberAt(entry, 'response', 'status') ?? 0
  const hasNone = (status >= 300 && status < 400) || status === 204 || status === 205
  return hasNone || size === 0 || textAt(entry, 'request', 'method')?.toUpperCase() === 'HEAD'
}
