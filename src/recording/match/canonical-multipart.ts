/**
 * The parts of a multipart body (RFC 2046, RFC 7578), without the boundary between them, which is
 * drawn anew for every request. Pure.
 */

export interface BodyPart {
  readonly name: string | undefined
  readonly filename: string | undefined
  /** The part's own content type. */
  readonly type: string | undefined
  readonly bytes: Uint8Array
}

/** Undefined where the body is no multipart one, or not a whole one. */
export function partsOf(
  body: Uint8Array,
  contentType: string | undefined,
): readonly BodyPart[] | undefined {
  if (contentType !== undefined && !/^multipart\//i.test(contentType.trim())) return undefined
  // One character a byte, so that bytes that are no text survive.
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1')
  const boundary = boundaryOf(contentType) ?? boundaryIn(text)
  if (boundary === undefined) return undefined
  const pieces = `\r\n${text}`.split(`\r\n--${boundary}`)
  const last = pieces.pop()
  if (!last?.startsWith('--') || pieces.length === 0) return undefined
  return pieces.slice(1).map(partOf)
}

const boundaryOf = (contentType: string | undefined): string | undefined => {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType ?? '') ?? []
  return quoted ?? plain
}

/** Where the header was not kept, the body's first line tells. */
const boundaryIn = (text: string): string | undefined =>
  /^--([\w'()+,./:=? -]{1,70})\r\ncontent-disposition:/i.exec(text)?.[1]

function partOf(piece: string): BodyPart {
  const [, head = '', content = ''] = /^[ \t]*\r\n(.*?)\r\n\r\n(.*)$/s.exec(piece) ?? [
    '',
    '',
    piece,
  ]
  const headers = head.split('\r\n').map((line) => line.split(/:\s*(.*)/s, 2))
  const named = (wanted: string): string | undefined =>
    headers.find(([name]) => name?.toLowerCase() === wanted)?.[1]
  const disposition = named('content-disposition') ?? ''
  return {
    name: parameter(disposition, 'name'),
    filename: parameter(disposition, 'filename'),
    type: named('content-type')?.toLowerCase(),
    bytes: Buffer.from(content, 'latin1'),
  }
}

function parameter(disposition: string, name: string): string | undefined {
  const form = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i')
  const [, quoted, plain] = form.exec(disposition) ?? []
  const found = quoted ?? plain
  return found === undefined ? undefined : Buffer.from(found, 'latin1').toString('utf8')
}
