/**
 * Undoes content codings, so that a recording holds what a client reads and its frames can be seen.
 * Tools often keep the header of a coding that they have undone themselves, so that the bytes
 * decide. Must never give a part of a body for the whole.
 */
import zlib from 'node:zlib'
import { wholeText } from '../../core/bytes.ts'
import { messageOf } from '../../core/errors.ts'
import { type Headers, header } from '../../core/http.ts'

export type Decoded =
  | { readonly body: Uint8Array; readonly headers: Headers; readonly words: readonly string[] }
  | { readonly problem: string }

/** A body that grows beyond this is a bomb and no answer. */
const largestPlainBytes = 512 * 1024 * 1024
const limit = { maxOutputLength: largestPlainBytes }

type Decoder = (bytes: Uint8Array) => Uint8Array

interface Coding {
  /** False where the bytes show that it is undone already; undefined where they do not show it. */
  applies(bytes: Uint8Array): boolean | undefined
  readonly decode: Decoder | undefined
}

const beginsWith =
  (...magic: readonly number[]) =>
  (bytes: Uint8Array): boolean =>
    magic.every((byte, index) => bytes[index] === byte)

const isGzip = beginsWith(0x1f, 0x8b)

const isZlib = (bytes: Uint8Array): boolean =>
  ((bytes[0] ?? 0) & 0x0f) === 8 && ((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)) % 31 === 0

const gzip: Coding = { applies: isGzip, decode: (bytes) => zlib.gunzipSync(bytes, limit) }

const codings: Readonly<Record<string, Coding>> = {
  gzip,
  'x-gzip': gzip,
  deflate: {
    applies: (bytes) => isZlib(bytes) || undefined,
    decode: (bytes) =>
      isZlib(bytes) ? zlib.inflateSync(bytes, limit) : zlib.inflateRawSync(bytes, limit),
  },
  br: { applies: () => undefined, decode: (bytes) => zlib.brotliDecompressSync(bytes, limit) },
  zstd: { applies: beginsWith(0x28, 0xb5, 0x2f, 0xfd), decode: zstdDecoder() },
}

/** Node has it from 22.15 on. */
function zstdDecoder(): Decoder | undefined {
  const decode: unknown = Reflect.get(zlib, 'zstdDecompressSync')
  return typeof decode === 'function' ? (bytes) => decode(bytes, limit) : undefined
}

const isTextual = (type: string | undefined): boolean =>
  /^(?:text\/|application\/(?:[\w.+-]*json|x-ndjson))/i.test(type ?? '')

/** The plain body, with the headers that are still true of it. */
export function decodeBody(body: Uint8Array, headers: Headers): Decoded {
  const named = headers
    .filter(([name]) => name.toLowerCase() === 'content-encoding')
    .flatMap(([, value]) => value.toLowerCase().split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity')
  const [only = ''] = named
  if (named.length === 1 && isPlaceholder(only)) return decodeByLooks(body, headers, only)
  if (named.length > 0) return decodeAll(body, headers, named)
  const type = header(headers, 'content-type')
  const isUntold = isGzip(body) && (isTextual(type) || isPlaceholder(type ?? ''))
  if (!isUntold) return { body, headers, words: [] }
  const decoded = decodeAll(body, headers, ['gzip'])
  if ('problem' in decoded) return decoded
  return { ...decoded, words: ['the body was gzip though no header said so: it is decoded'] }
}

/** What people and filters write over values: no name of a coding looks like this. */
const isPlaceholder = (text: string): boolean =>
  /redact|filter|mask|dummy|hidden|scrub|placeholder|x{3}|^[^\w]+$/i.test(text)

/** The coding was masked, and a body tells it by its first bytes, or is plain text. */
function decodeByLooks(body: Uint8Array, headers: Headers, masked: string): Decoded {
  const told = ['gzip', 'zstd'].find((name) => codings[name]?.applies(body))
  if (told === undefined && wholeText(body) === undefined) {
    return { problem: `the body is in a content coding that was masked as "${masked}"` }
  }
  const decoded = decodeAll(body, headers, told === undefined ? [] : [told])
  if ('problem' in decoded) return decoded
  const what = told === undefined ? 'the body is plain text' : `the body was ${told}: it is decoded`
  return { ...decoded, words: [`its content coding was masked as "${masked}"; ${what}`] }
}

function decodeAll(body: Uint8Array, headers: Headers, named: readonly string[]): Decoded {
  let plain = body
  for (const name of [...named].reverse()) {
    const decoded = plain.length === 0 ? plain : decodeOne(plain, name)
    if (typeof decoded === 'string') return { problem: decoded }
    plain = decoded
  }
  const kept = headers.filter(([name]) => !/^content-(?:encoding|length)$/i.test(name))
  return { body: plain, headers: kept, words: [] }
}

function decodeOne(bytes: Uint8Array, name: string): Uint8Array | string {
  const coding = Object.hasOwn(codings, name) ? codings[name] : undefined
  if (!coding) return `the body is in the content coding "${name}", which is not known here`
  const applies = coding.applies(bytes)
  if (applies === false) return bytes
  if (!coding.decode) return `the body is in ${name}, which Node reads from version 22.15 on`
  try {
    return coding.decode(bytes)
  } catch (error) {
    const isPlain = applies === undefined && wholeText(bytes) !== undefined
    return isPlain ? bytes : `the body cannot be decoded from ${name}: ${messageOf(error)}`
  }
}
