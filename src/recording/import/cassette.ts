/**
 * What cassettes of vcrpy and of Ruby's VCR have in common: a list of interactions, each a request
 * and a response, in YAML or JSON. The two differ in how they write a body and a time. Pure.
 */
import type { Headers } from '../../core/http.ts'
import { header } from '../../core/http.ts'
import { type Answered, type Asked, type Found, found, mistake, Unreadable } from './imported.ts'
import type { Tree } from './yaml-tree.ts'

/** A body, with a word where it is not as it was. */
export interface ReadBody {
  readonly bytes: Uint8Array
  readonly words: readonly string[]
}

export interface Interaction {
  readonly request: Tree
  readonly response: Tree
  readonly wallMs?: number | undefined
}

export type BodyReader = (message: Tree, length: number | undefined) => ReadBody

/** Reads one after the other; a broken one is reported, and the next one read. */
export function* readInteractions(
  interactions: Iterable<Tree>,
  split: (interaction: Tree) => Interaction,
  readBody: BodyReader,
): Generator<Found> {
  for (const interaction of interactions) {
    try {
      yield readInteraction(interaction, split(interaction), readBody)
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error
      yield mistake(error.place, error.message)
    }
  }
}

function readInteraction(
  tree: Tree,
  { request, response, wallMs }: Interaction,
  readBody: BodyReader,
): Found {
  const asked = readRequest(request, readBody)
  const answered = readResponse(response, readBody)
  return found({
    place: tree.place,
    asked: asked.message,
    answered: answered.message,
    wallMs,
    words: [...asked.words.map((word) => `of the request, ${word}`), ...answered.words],
  })
}

function readRequest(tree: Tree, readBody: BodyReader) {
  const url = tree.first('uri', 'url')
  if (!url) throw tree.fail('this request has no uri')
  const headers = readHeaders(tree)
  const { bytes, words } = readBody(tree, lengthIn(headers))
  const method = tree.get('method')?.asText() ?? (bytes.length > 0 ? 'POST' : 'GET')
  const message: Asked = { method, url: url.asText(), headers, body: bytes }
  return { message, words }
}

function readResponse(tree: Tree, readBody: BodyReader) {
  const headers = readHeaders(tree)
  const { bytes, words } = readBody(tree, lengthIn(headers))
  const message: Answered = { status: readStatus(tree), headers, body: bytes }
  return { message, words }
}

/** `{code, message}`, or the number alone, as older cassettes of httpx have it. */
function readStatus(tree: Tree): number {
  const status = tree.first('status', 'status_code', 'statusCode')
  const code = (status?.kind === 'map' ? status.first('code', 'status') : status)?.number()
  if (code !== undefined) return code
  throw (status ?? tree).fail('this response has no status code')
}

function lengthIn(headers: Headers): number | undefined {
  const length = header(headers, 'content-length')
  const isCoded = header(headers, 'content-encoding') !== undefined
  return length === undefined || isCoded ? undefined : Number(length)
}

/** Values are texts, or lists of them, or binary; a map may be wrapped in a Python object. */
function readHeaders(message: Tree): Headers {
  const headers = message.get('headers')
  if (!headers) return []
  if (headers.kind === 'list') return headers.items().flatMap(pair)
  const inner = headers.first('dictitems', 'state', '_store', 'store')
  const map = inner?.kind === 'map' ? inner : headers
  return map.entries().flatMap(([name, value]) => valuesOf(name, value))
}

/** `[name, value]`, or `{name, value}`. */
function pair(item: Tree): [string, string][] {
  if (item.kind === 'map') {
    const [name, value] = [item.get('name'), item.get('value')]
    return name && value ? [[name.asText(), value.asText()]] : []
  }
  const [name, value] = item.items()
  return name && value ? [[name.asText(), value.asText()]] : []
}

/** What requests keeps by its lower-case name is a pair of the name as written and the value. */
function valuesOf(name: string, value: Tree): [string, string][] {
  const values = value.items().filter(({ kind }) => kind !== 'null' && kind !== 'map')
  const [first, second] = values
  const isStored = values.length === 2 && first?.asText().toLowerCase() === name.toLowerCase()
  const own = isStored && second ? [second] : values
  return own.map((one) => [name, one.asText()])
}
