/**
 * Recordings as one HTTP Archive 1.2, an entry a line. What HAR has no field for stands in
 * `_stuntdouble`, so that our own import gets every chunk, time and ending back; of a stream of
 * server-sent events the messages stand in `_eventSourceMessages`, as Chrome writes them.
 * Must never hold a body that is not compressed. Source: the HAR 1.2 specification.
 */
import { joinBytes, wholeText } from '../../core/bytes.ts'
import { type Headers, header } from '../../core/http.ts'
import { version } from '../../core/version.ts'
import { framingFor } from '../../framing/index.ts'
import { type RecordedRequest, type Recording, roundMs } from '../format.ts'
import { framesOf } from '../look/statistics.ts'
import { plainRequest } from '../redact/plain-body.ts'
import type { Exported, Exporter } from './exporter.ts'
import { statusText } from './status-text.ts'
import { base64Pieces, codingOf, type Survey, surveyOf, textPieces } from './survey.ts'

export const har: Exporter = {
  name: 'har',
  title: 'HTTP Archive 1.2',
  *write(exported) {
    const creator = JSON.stringify({ name: 'stuntdouble', version })
    yield `{"log":{"version":"1.2","creator":${creator},"entries":[`
    let count = 0
    for (const one of exported) {
      yield count++ === 0 ? '\n' : ',\n'
      yield* entry(one)
    }
    yield '\n]}}\n'
  },
}

function* entry({ recording }: Exported): Generator<string> {
  const survey = surveyOf(recording)
  const { head, endMs } = survey
  const waitMs = roundMs(head?.atMs ?? endMs)
  const times = { send: 0, wait: waitMs, receive: roundMs(endMs - waitMs) }
  const connection = { blocked: -1, dns: -1, connect: -1, ssl: -1 }
  yield opened({
    startedDateTime: recording.at,
    time: roundMs(endMs),
    request: requestOf(recording.request),
    cache: {},
    timings: { ...connection, ...times },
  })
  yield* response(recording, survey)
  yield* messages(recording, survey)
  yield* extension(recording, survey)
  yield '}'
}

/** An object that goes on. */
const opened = (value: object): string => JSON.stringify(value).slice(0, -1)

/** Text within a JSON string. */
const within = (text: string): string => JSON.stringify(text).slice(1, -1)

const pairs = (headers: Headers): object[] => headers.map(([name, value]) => ({ name, value }))

function requestOf(request: RecordedRequest): object {
  const { method, url, headers, body, base64 } = request
  const mimeType = header(headers, 'content-type') ?? ''
  const hasBody = body !== undefined || base64 !== undefined
  return {
    method,
    url,
    httpVersion: 'HTTP/1.1',
    cookies: [],
    headers: pairs(headers),
    queryString: queryOf(url),
    ...(hasBody ? { postData: { mimeType, text: body ?? '', ...encoded(base64) } } : {}),
    headersSize: -1,
    bodySize: bodyBytes(request),
  }
}

/** HAR has no place for a request whose body is no text; other tools write it like this, too. */
const encoded = (base64: string | undefined): object =>
  base64 === undefined ? {} : { text: base64, encoding: 'base64' }

const bodyBytes = ({ body = '', base64 }: RecordedRequest): number =>
  base64 === undefined ? Buffer.byteLength(body, 'utf8') : Buffer.from(base64, 'base64').length

function queryOf(url: string): object[] {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? ''
  return [...new URLSearchParams(query)].map(([name, value]) => ({ name, value }))
}

/** A response that never came has the status 0, as in browsers. */
function* response(recording: Recording, survey: Survey): Generator<string> {
  const { head } = survey
  const headers = head?.headers ?? []
  const status = head?.status ?? 0
  const opening = { status, statusText: statusText(status), httpVersion: 'HTTP/1.1', cookies: [] }
  yield `,"response":${opened({ ...opening, headers: pairs(headers) })},"content":`
  yield* content(recording, survey)
  const redirectURL = header(headers, 'location') ?? ''
  const rest = { redirectURL, headersSize: -1, bodySize: survey.bytes, _error: errorOf(recording) }
  yield `,${JSON.stringify(rest).slice(1)}`
}

function* content(recording: Recording, survey: Survey): Generator<string> {
  const mimeType = (survey.head && header(survey.head.headers, 'content-type')) ?? ''
  const plain = decompressed(recording, survey)
  if (plain) {
    const text = wholeText(plain)
    const compression = plain.length - survey.bytes
    const held = text === undefined ? base64Of(plain) : { text }
    yield JSON.stringify({ size: plain.length, compression, mimeType, ...held })
    return
  }
  yield `${opened({ size: survey.bytes, mimeType })},"text":"`
  if (survey.isText) {
    for (const piece of textPieces(recording.timeline())) yield within(piece)
    yield '"}'
  } else {
    yield* base64Pieces(recording.timeline())
    yield '","encoding":"base64"}'
  }
}

const base64Of = (bytes: Uint8Array): object => ({
  text: Buffer.from(bytes).toString('base64'),
  encoding: 'base64',
})

/** Readers take the content for what it was before a service compressed it. */
function decompressed(recording: Recording, survey: Survey): Uint8Array | undefined {
  const coding = codingOf(survey)
  if (coding === undefined || survey.bytes === 0) return undefined
  const parts: Uint8Array[] = []
  for (const step of recording.timeline()) if (step.do === 'write') parts.push(step.bytes)
  const headers: Headers = [['content-encoding', coding]]
  const { body } = plainRequest({ ...nowhere, headers, body: joinBytes(parts) })
  return body.length > 0 ? body : undefined
}

const nowhere = { method: 'GET', url: '/', path: '/', query: new URLSearchParams(), params: {} }

/** In the words of Chrome. */
function errorOf({ ending, failed }: Recording): string | undefined {
  if (failed !== undefined) return failed
  if (ending === 'end') return undefined
  if (ending === 'reset') return 'net::ERR_CONNECTION_RESET'
  return ending === 'client-left' ? 'net::ERR_ABORTED' : 'net::ERR_INCOMPLETE_CHUNKED_ENCODING'
}

function* messages(recording: Recording, { head }: Survey): Generator<string> {
  if (!head || framingFor(header(head.headers, 'content-type')).name !== 'sse') return
  const startMs = Date.parse(recording.at)
  let count = 0
  yield ',"_eventSourceMessages":['
  for (const { atMs, frame } of framesOf(recording.timeline())) {
    const { data, event = 'message', id = '', incomplete } = frame.frame ?? {}
    if (data === undefined || incomplete) continue
    const time = Math.round((startMs + atMs) * 1000) / 1e6
    const message = JSON.stringify({ time, eventName: event, eventId: id, data })
    yield `${count++ === 0 ? '' : ','}${message}`
  }
  yield ']'
}

/** What is not said elsewhere. `chunks` are `[atMs, bytes]`, the bytes those of the wire. */
function* extension(recording: Recording, survey: Survey): Generator<string> {
  const { by, at, dialect, note, lost, request, ending, failed } = recording
  const about = { by, at, dialect, note, ...(lost.length > 0 ? { lost } : {}) }
  yield `,"_stuntdouble":${opened({ about, asked: request.asked, headMs: survey.head?.atMs })}`
  yield ',"chunks":['
  let count = 0
  for (const step of recording.timeline()) {
    if (step.do !== 'write') continue
    yield `${count++ === 0 ? '' : ','}[${roundMs(step.atMs)},${step.bytes.length}]`
  }
  yield ']'
  if (decompressed(recording, survey)) {
    yield ',"wire":"'
    yield* base64Pieces(recording.timeline())
    yield '"'
  }
  const over = { endMs: roundMs(survey.endMs), end: ending, failed }
  yield `,${JSON.stringify(over).slice(1)}`
}
