/** Where the borders of an answer are put that has lost its own: at its frames. Pure. */
import { looseText } from '../../core/bytes.ts'
import type { Dialect } from '../../core/dialect.ts'
import type { Frame, Framing } from '../../core/frame.ts'
import { awsEventStream, framingFor, ndjson, sse } from '../../framing/index.ts'

const typeOf = (contentType: string): string =>
  contentType.split(';')[0]?.trim().toLowerCase() ?? ''

/** How much of a body without a content type is looked at. */
const lookedAtBytes = 4096

/** The framing that a body is in: by its content type and the dialect, or else by its looks. */
export function framingOf(
  dialect: Dialect | undefined,
  contentType: string | undefined,
  body: Uint8Array,
): Framing {
  const own = dialect ? [dialect.framing, ...(dialect.otherFramings ?? [])] : []
  if (contentType === undefined) {
    const seen = framingByLooks(body)
    return own.find(({ name }) => name === seen?.name) ?? seen ?? framingFor(undefined)
  }
  const fits = own.find((one) => typeOf(one.contentType) === typeOf(contentType))
  return fits ?? framingFor(contentType)
}

/** That of a body that nothing is known of; undefined where it could be anything. */
export function framingByLooks(body: Uint8Array): Framing | undefined {
  const text = looseText(body.subarray(0, lookedAtBytes))
  if (/^\uFEFF?(?:(?:data|event|id|retry):|:)/.test(text)) return sse()
  if (awsEventStream().decoder().push(body)[0]?.event !== undefined) return awsEventStream()
  if (/^\s*\{/.test(text) && ndjson().decoder().push(body).filter(isWhole).length > 1) {
    return ndjson()
  }
  if (/^\s*\[/.test(text)) return framingFor('application/json')
  return undefined
}

function isWhole({ data }: Frame): boolean {
  if (data === undefined) return false
  try {
    return typeof JSON.parse(data) === 'object'
  } catch {
    return false
  }
}

/** The frames of a whole body; joined they are the body, or there is one frame that is all of it. */
export function framesOf(body: Uint8Array, framing: Framing): readonly Frame[] {
  if (body.length === 0) return []
  const decoder = framing.decoder()
  const frames = [...decoder.push(body), ...decoder.end()].filter(({ bytes }) => bytes.length > 0)
  const isSame = Buffer.concat(frames.map(({ bytes }) => bytes)).equals(body)
  return isSame ? frames : [{ bytes: body }]
}
