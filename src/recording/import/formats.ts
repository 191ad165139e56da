/**
 * The formats that can be read, and how a file is told to be of one: by its content, since names
 * say nothing. A new format is one file and one line here. Pure.
 */
import { gunzipSync } from 'node:zlib'
import { messageOf } from '../../core/errors.ts'
import { suggestion } from '../../core/suggest.ts'
import { aimock } from './aimock.ts'
import { chunks } from './chunks.ts'
import { curl } from './curl.ts'
import { isFields } from './fields.ts'
import { har } from './har.ts'
import type { Format, Look, SourceFile } from './imported.ts'
import { type Place, Unreadable } from './imported.ts'
import { placeAt } from './json-place.ts'
import { rubyVcr } from './ruby-vcr.ts'
import { undici } from './undici.ts'
import { vcrpy } from './vcrpy.ts'

/** In the order in which they are asked; the last one takes what looks like any payload. */
export const formats: readonly Format[] = [har, rubyVcr, vcrpy, aimock, undici, curl, chunks]

/** Names that people may have for them. */
const otherNames: Readonly<Record<string, string>> = {
  'ai-sdk': 'chunks',
  chrome: 'har',
  mitmproxy: 'har',
  playwright: 'har',
  ruby: 'ruby-vcr',
  vcr: 'ruby-vcr',
}

/** Undefined, with a sentence, where there is none of that name. */
export function formatNamed(name: string): Format | { problem: string } {
  const wanted = Object.hasOwn(otherNames, name) ? otherNames[name] : name
  const known = formats.map((format) => format.name)
  const format = formats.find((one) => one.name === wanted)
  return format ?? { problem: `there is no format "${name}"${suggestion(name, known)}` }
}

/** The whole of it may be compressed, as LangChain keeps its cassettes. */
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

const longestText = 512 * 1024 * 1024

/** Throws `Unreadable` where it cannot be looked at. */
export function lookAt({ path, bytes }: SourceFile): Look {
  const plain = isGzip(bytes) ? unpacked(bytes) : bytes
  if (plain.length >= longestText)
    throw unreadable('it is over 512 MB, too large to be read at once')
  let text: string | undefined
  let json: ReturnType<typeof parseJson> | undefined
  const parsed = (): ReturnType<typeof parseJson> => {
    json ??= parseJson(look.text)
    return json
  }
  const look: Look = {
    path,
    bytes: plain,
    get text() {
      text ??= Buffer.from(plain.buffer, plain.byteOffset, plain.length).toString('utf8')
      return text
    },
    get json() {
      return parsed().json
    },
    get jsonError() {
      return parsed().error
    },
  }
  return look
}

function unpacked(bytes: Uint8Array): Uint8Array {
  try {
    return gunzipSync(bytes, { maxOutputLength: longestText })
  } catch (error) {
    throw unreadable(`it is gzip and cannot be unpacked: ${messageOf(error)}`)
  }
}

const unreadable = (message: string, place: Place = { line: 1, column: 1 }): Unreadable =>
  new Unreadable(place, message)

function parseJson(text: string): { json: { value: unknown } | undefined; error: string } {
  const begun = text.replace(/^\uFEFF/, '')
  if (!/^\s*[[{]/.test(begun.slice(0, 256))) return { json: undefined, error: '' }
  try {
    return { json: { value: JSON.parse(begun) }, error: '' }
  } catch (error) {
    return { json: undefined, error: messageOf(error) }
  }
}

/** The format of a file. Throws `Unreadable`, with what it looks like, where it is none of them. */
export function recognise(look: Look): Format {
  const format = formats.find((one) => one.fits(look))
  if (format) return format
  throw broken(look) ?? unreadable(`${looksLike(look)}; ${reads}`)
}

const reads = `read are ${formats.map(({ name }) => name).join(', ')} (--from names one)`

/** JSON that breaks off is what it would be if it did not. */
function broken({ text, jsonError }: Look): Unreadable | undefined {
  if (jsonError === '' || /^\s*\{[^\n]*\}\s*\n\s*\{/.test(text.slice(0, 65_536))) return undefined
  const at = /position (\d+)/.exec(jsonError)?.[1]
  const offset = at === undefined ? text.length : Number(at)
  const says = jsonError.replace(/ (?:in JSON )?at position.*$/s, '')
  return unreadable(`it begins like JSON and is none: ${says}`, placeAt(text, offset))
}

const mostKeysShown = 6

function looksLike({ text, json, bytes }: Look): string {
  const begins = text.slice(0, 256)
  if (bytes.length === 0) return 'it is empty'
  if (begins.startsWith('PK')) return 'it is a ZIP archive; unpack it first'
  if (/^\{"recording":\d/.test(begins)) return 'it is a recording of ours already; copy it'
  if (begins.includes('\0')) return 'it is binary'
  if (json) return `it is JSON without an exchange in it (${shapeOf(json.value)})`
  if (/^(?:%YAML|---|[\w-]+:\s)/m.test(begins)) return 'it is YAML, and no cassette'
  if (/^\s*[[{]/.test(begins)) return 'its lines are JSON of no known dialect (--dialect names one)'
  return `it begins like no file that is known: ${JSON.stringify(begins.slice(0, 32))}`
}

function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (!isFields(value)) return typeof value
  const keys = Object.keys(value)
  const more = keys.length > mostKeysShown ? ', ...' : ''
  return `its keys are ${keys.slice(0, mostKeysShown).join(', ')}${more}`
}
