/**
 * Snapshots of undici's `SnapshotAgent`: a list of requests, each with the answers it got in turn.
 * Pure. Source: undici 7, `lib/mock/snapshot-recorder.js`.
 */
import type { Headers } from '../../core/http.ts'
import { at, type Fields, isFields, listAt, numberAt, textAt } from './fields.ts'
import {
  type Exchange,
  type Format,
  type Found,
  found,
  ignored,
  mistake,
  Unreadable,
} from './imported.ts'
import { type JsonPath, JsonPlaces } from './json-place.ts'
import { bytesOfBase64, bytesOfText } from './text-bytes.ts'

export const undici: Format = {
  name: 'undici',
  title: 'snapshots of undici',
  fits: ({ json }) => {
    const snapshots = snapshotsIn(json?.value)
    return snapshots.length > 0 && snapshots.every(({ value }) => isSnapshot(value))
  },
  *read(look) {
    const places = new JsonPlaces(look.text)
    for (const one of snapshotsIn(look.json?.value)) yield* readSnapshot(one, places)
  },
}

interface Snapshot {
  readonly value: unknown
  readonly path: JsonPath
}

/** A list of `{hash, snapshot}`; before that, an object of snapshots by their hashes. */
function snapshotsIn(value: unknown): Snapshot[] {
  if (Array.isArray(value)) {
    return value.map((one, index) => ({ value: at(one, 'snapshot'), path: [index, 'snapshot'] }))
  }
  if (!isFields(value)) return []
  return Object.entries(value).map(([hash, one]) => ({ value: one, path: [hash] }))
}

const isSnapshot = (value: unknown): boolean =>
  textAt(value, 'request', 'url') !== undefined &&
  (listAt(value, 'responses') !== undefined || isFields(at(value, 'response')))

function* readSnapshot({ value, path }: Snapshot, places: JsonPlaces): Generator<Found> {
  const place = (...more: JsonPath) => places.of([...path, ...more])
  if (!isSnapshot(value)) {
    yield mistake(place(), 'a snapshot needs a request with its url, and responses')
    return
  }
  const responses = listAt(value, 'responses')
  for (const [index, response] of (responses ?? [at(value, 'response')]).entries()) {
    const at: JsonPath = responses ? ['responses', index] : ['response']
    try {
      if (hasMembers(response, 'trailers')) yield ignored('trailers')
      yield found(readExchange(value, response, (...more) => place(...at, ...more)))
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      yield mistake(error.place, error.message)
    }
  }
}

const hasMembers = (value: unknown, name: string): boolean =>
  Object.keys(Object(at(value, name))).length > 0

function readExchange(
  snapshot: unknown,
  response: unknown,
  place: (...path: JsonPath) => { line: number; column: number },
): Exchange {
  const status = numberAt(response, 'statusCode')
  if (status === undefined) throw new Unreadable(place(), 'this response has no statusCode')
  const body = bytesOfBase64(textAt(response, 'body') ?? '')
  if (!body) throw new Unreadable(place('body'), 'this is no base64')
  const wallMs = Date.parse(textAt(snapshot, 'timestamp') ?? '')
  return {
    place: place(),
    asked: {
      method: textAt(snapshot, 'request', 'method') ?? 'GET',
      url: textAt(snapshot, 'request', 'url') ?? '',
      headers: headersOf(at(snapshot, 'request', 'headers')),
      body: bytesOfText(textAt(snapshot, 'request', 'body') ?? '') ?? Buffer.alloc(0),
    },
    answered: { status, headers: headersOf(at(response, 'headers')), body },
    wallMs: Number.isNaN(wallMs) ? undefined : wallMs,
    words: [],
  }
}

/** A value is a text, or a list of them where a name came several times. */
const headersOf = (value: unknown): Headers =>
  Object.entries(isFields(value) ? value : ({} satisfies Fields)).flatMap(([name, one]) =>
    (Array.isArray(one) ? one : [one]).map((text): [string, string] => [name, String(text)]),
  )
