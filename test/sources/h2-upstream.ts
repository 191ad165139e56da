/** Upstreams that speak HTTP/2 in frames written by hand, since no library would misbehave so. */
import type { Certificate } from '../support/certificate.ts'
import { type Act, type RawUpstream, rawUpstream } from './raw-upstream.ts'

const stream = 1

function frame(type: number, flags: number, id: number, payload: Uint8Array): Uint8Array {
  const header = Buffer.alloc(9)
  header.writeUIntBE(payload.length, 0, 3)
  header.writeUInt8(type, 3)
  header.writeUInt8(flags, 4)
  header.writeUInt32BE(id, 5)
  return Buffer.concat([header, payload])
}

/** RFC 7541: a literal that is not indexed and not in Huffman's code, with a new name. */
function field(name: string, value: string): Uint8Array {
  const text = (part: string): Uint8Array => {
    const bytes = Buffer.from(part, 'latin1')
    return Buffer.concat([Uint8Array.of(bytes.length), bytes])
  }
  return Buffer.concat([Uint8Array.of(0), text(name), text(value)])
}

const uint32 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

type Fields = readonly (readonly [string, string])[]

export const headers = (fields: Fields, last: 'last' | 'more' = 'more'): Uint8Array =>
  frame(1, last === 'last' ? 0x5 : 0x4, stream, Buffer.concat(fields.map(([n, v]) => field(n, v))))

export const ok = headers([
  [':status', '200'],
  ['content-type', 'text/event-stream'],
])

export const data = (bytes: string | Uint8Array, last: 'last' | 'more' = 'more'): Uint8Array =>
  frame(0, last === 'last' ? 1 : 0, stream, Buffer.from(bytes))

export const paddedData = (text: string, padding: number): Uint8Array =>
  frame(
    ...([0, 0x8, stream] as const),
    Buffer.concat([Uint8Array.of(padding), Buffer.from(text), Buffer.alloc(padding)]),
  )

export const reset = (code: number): Uint8Array => frame(3, 0, stream, uint32(code))

export const goAway = (code: number): Uint8Array =>
  frame(7, 0, 0, Buffer.concat([uint32(stream), uint32(code)]))

export const noError = 0
export const internalError = 2
export const cancel = 8

const settings = frame(4, 0, 0, new Uint8Array(0))
const settingsAck = frame(4, 1, 0, new Uint8Array(0))

/** Without a certificate it speaks HTTP/2 from the first byte on. */
export async function h2Upstream(acts: readonly Act[], server?: Certificate): Promise<RawUpstream> {
  const all = [Buffer.concat([settings, settingsAck]), ...acts]
  return rawUpstream(all, server && { server, protocols: ['h2'] })
}

export const h2cUrl = ({ url }: RawUpstream): string => url.replace('http:', 'h2c:')
