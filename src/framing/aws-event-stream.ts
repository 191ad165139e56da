/**
 * AWS event streams (`application/vnd.amazon.eventstream`): binary messages with named headers and
 * two checksums. Must never lose a byte, nor believe a length that its checksum does not vouch for.
 * Source: Smithy, "Amazon Event Stream Specification"; CRC-32 is that of zlib.
 *
 *     u32 total length | u32 length of headers | u32 CRC of these 8 bytes
 *     headers | payload | u32 CRC of all before it
 */
import { crc32 } from 'node:zlib'
import { looseText, utf8 } from '../core/bytes.ts'
import type { Frame, Framing, Message } from '../core/frame.ts'
import type { Push } from '../core/push.ts'

const preludeLength = 12
const checksumLength = 4
const leastLength = preludeLength + checksumLength

export function awsEventStream(): Framing {
  return {
    name: 'aws-event-stream',
    contentType: 'application/vnd.amazon.eventstream',
    encode,
    withData,
    decoder: () => new MessageDecoder(),
  }
}

/**
 * `event` becomes the header `:event-type` of an ordinary event with a JSON payload, unless the
 * message brings headers of its own. There is no form for a comment alone.
 */
function encode(message: Message): Frame | undefined {
  const { data, event } = message
  if (data === undefined && event === undefined && !message.headers) return undefined
  const headers = message.headers ?? {
    ':event-type': event ?? 'chunk',
    ':content-type': 'application/json',
    ':message-type': 'event',
  }
  const payload = utf8(data ?? '')
  const head = Buffer.concat(Object.entries(headers).map(encodeHeader))
  return { ...message, headers, bytes: sealed(head, payload) }
}

/** A whole message around headers and payload. */
function sealed(head: Uint8Array, payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(leastLength + head.length + payload.length)
  bytes.writeUInt32BE(bytes.length, 0)
  bytes.writeUInt32BE(head.length, 4)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8)
  bytes.set(head, preludeLength)
  bytes.set(payload, preludeLength + head.length)
  const end = bytes.length - checksumLength
  bytes.writeUInt32BE(crc32(bytes.subarray(0, end)), end)
  return bytes
}

/** The headers stay byte for byte, whatever their types; lengths and checksums are made anew. */
function withData({ bytes, headers }: Frame, data: string): Uint8Array | undefined {
  if (!headers) return undefined
  const old = Buffer.from(bytes)
  const payloadAt = preludeLength + old.readUInt32BE(4)
  return sealed(old.subarray(preludeLength, payloadAt), utf8(data))
}

const stringType = 7

function encodeHeader([name, value]: readonly [string, string]): Buffer {
  const nameBytes = Buffer.from(name)
  const valueBytes = Buffer.from(value)
  const bytes = Buffer.alloc(4 + nameBytes.length + valueBytes.length)
  bytes.writeUInt8(nameBytes.length, 0)
  nameBytes.copy(bytes, 1)
  bytes.writeUInt8(stringType, 1 + nameBytes.length)
  bytes.writeUInt16BE(valueBytes.length, 2 + nameBytes.length)
  valueBytes.copy(bytes, 4 + nameBytes.length)
  return bytes
}

/** What cannot be read any more comes in pieces of this size, so that cuts make no difference. */
const lostLength = 1024

class MessageDecoder implements Push<Uint8Array, Frame> {
  #held: Buffer = Buffer.alloc(0)
  /** A length that nobody vouches for says nothing about where the next message begins. */
  #lost = false

  push(bytes: Uint8Array): Frame[] {
    this.#held = this.#held.length === 0 ? Buffer.from(bytes) : Buffer.concat([this.#held, bytes])
    const frames: Frame[] = []
    for (let frame = this.#next(); frame; frame = this.#next()) frames.push(frame)
    return frames
  }

  end(): Frame[] {
    const { length } = this.#held
    return length === 0 ? [] : [{ bytes: this.#take(length), incomplete: true }]
  }

  #next(): Frame | undefined {
    if (!this.#lost && this.#held.length >= preludeLength) {
      const length = lengthOf(this.#held)
      if (length === undefined) this.#lost = true
      else return this.#held.length < length ? undefined : readMessage(this.#take(length))
    }
    return this.#lost && this.#held.length >= lostLength
      ? { bytes: this.#take(lostLength) }
      : undefined
  }

  #take(length: number): Buffer {
    const bytes = this.#held.subarray(0, length)
    this.#held = this.#held.subarray(length)
    return bytes
  }
}

/** Of the whole message; undefined where the prelude is not one. */
function lengthOf(bytes: Buffer): number | undefined {
  if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8)) return undefined
  const total = bytes.readUInt32BE(0)
  return total >= leastLength + bytes.readUInt32BE(4) ? total : undefined
}

/** A message whose checksum is wrong is bytes and nothing else; the next one stands where it says. */
function readMessage(bytes: Buffer): Frame {
  const end = bytes.length - checksumLength
  if (crc32(bytes.subarray(0, end)) !== bytes.readUInt32BE(end)) return { bytes }
  const payloadAt = preludeLength + bytes.readUInt32BE(4)
  const headers = readHeaders(bytes.subarray(preludeLength, payloadAt))
  if (!headers) return { bytes }
  const event = headers[':event-type'] ?? headers[':exception-type'] ?? headers[':error-code']
  const data = looseText(bytes.subarray(payloadAt, end))
  return { bytes, data, headers, ...(event === undefined ? {} : { event }) }
}

/** Values of every type as text; undefined where the headers are not well formed. */
function readHeaders(bytes: Buffer): Record<string, string> | undefined {
  const headers: Record<string, string> = {}
  let at = 0
  while (at < bytes.length) {
    const nameEnd = at + 1 + bytes.readUInt8(at)
    if (nameEnd >= bytes.length) return undefined
    const name = bytes.toString('utf8', at + 1, nameEnd)
    const read = valueReaders[bytes.readUInt8(nameEnd)]
    const value = read?.(bytes.subarray(nameEnd + 1))
    if (!value) return undefined
    headers[name] = value.text
    at = nameEnd + 1 + value.length
  }
  return headers
}

interface HeaderValue {
  readonly text: string
  readonly length: number
}

type ValueReader = (bytes: Buffer) => HeaderValue | undefined

const fixed =
  (length: number, read: (bytes: Buffer) => unknown): ValueReader =>
  (bytes) =>
    bytes.length < length ? undefined : { text: String(read(bytes)), length }

const sized =
  (read: (bytes: Buffer) => string): ValueReader =>
  (bytes) => {
    if (bytes.length < 2) return undefined
    const length = 2 + bytes.readUInt16BE(0)
    return bytes.length < length ? undefined : { text: read(bytes.subarray(2, length)), length }
  }

/** By the number of their type: two booleans, four sizes of integer, bytes, text, time, UUID. */
const valueReaders: readonly ValueReader[] = [
  () => ({ text: 'true', length: 0 }),
  () => ({ text: 'false', length: 0 }),
  fixed(1, (bytes) => bytes.readInt8(0)),
  fixed(2, (bytes) => bytes.readInt16BE(0)),
  fixed(4, (bytes) => bytes.readInt32BE(0)),
  fixed(8, (bytes) => bytes.readBigInt64BE(0)),
  sized((bytes) => bytes.toString('base64')),
  sized((bytes) => looseText(bytes)),
  fixed(8, (bytes) => timeText(bytes.readBigInt64BE(0))),
  fixed(16, (bytes) => uuidText(bytes.toString('hex', 0, 16))),
]

/** The largest time that a date can hold, in milliseconds from 1970. */
const mostMs = 8_640_000_000_000_000n

const timeText = (ms: bigint): string =>
  ms > mostMs || ms < -mostMs ? String(ms) : new Date(Number(ms)).toISOString()

const uuidText = (hex: string): string =>
  hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
