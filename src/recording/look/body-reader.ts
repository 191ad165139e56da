/**
 * Reads the body of an answer, as it arrives, into frames and into what they mean, by the content
 * type of its head. Pure. Must never hold more than a frame of a stream.
 */
import type { Dialect } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Frame, Framing } from '../../core/frame.ts'
import { header } from '../../core/http.ts'
import type { Push } from '../../core/push.ts'
import type { HeadStep } from '../../core/timeline.ts'
import { framingFor } from '../../framing/index.ts'

/** What of a dialect reading needs. */
export type Reader = Pick<Dialect, 'framing' | 'otherFramings' | 'decoder' | 'decodeWhole'>

/** A frame, and the events that it brought; the last of a body may bring events without a frame. */
export interface ReadFrame {
  readonly frame: Frame | undefined
  readonly events: readonly Event[]
}

export interface BodyReader extends Push<Uint8Array, ReadFrame> {
  readonly framing: Framing
  /** Says something frame by frame; otherwise it is read when it is whole. */
  readonly isStream: boolean
}

/** A larger answer in one piece is counted and not decoded. */
const largestWholeBytes = 64 * 1024 * 1024

/** Without a dialect there are frames, and no events. */
export function bodyReader(head: HeadStep | undefined, dialect?: Reader): BodyReader {
  const contentType = head && header(head.headers, 'content-type')
  const own = dialect && ownFraming(dialect, contentType)
  const framing = own ?? framingFor(contentType)
  const isStream = framing.name !== 'json'
  if (own && dialect && isStream) {
    return { framing, isStream, ...streamed(framing.decoder(), dialect.decoder()) }
  }
  if (dialect) return { framing, isStream, ...whole(framing, dialect) }
  return { framing, isStream, ...framesOnly(framing.decoder()) }
}

/** The framing of the dialect's own that has this content type; its usual one where that is lost. */
function ownFraming(dialect: Reader, contentType: string | undefined): Framing | undefined {
  const framings = [dialect.framing, ...(dialect.otherFramings ?? [])]
  if (contentType === undefined) return framings[0]
  return framings.find((one) => typeOf(one.contentType) === typeOf(contentType))
}

const typeOf = (contentType: string): string | undefined =>
  contentType.split(';')[0]?.trim().toLowerCase()

function streamed(
  frames: Push<Uint8Array, Frame>,
  events: Push<Frame, Event>,
): Push<Uint8Array, ReadFrame> {
  const read = (frame: Frame): ReadFrame => ({ frame, events: events.push(frame) })
  return {
    push: (bytes) => frames.push(bytes).map(read),
    end() {
      const last = frames.end().map(read)
      const rest = events.end()
      return rest.length === 0 ? last : [...last, { frame: undefined, events: rest }]
    },
  }
}

function framesOnly(frames: Push<Uint8Array, Frame>): Push<Uint8Array, ReadFrame> {
  const read = (frame: Frame): ReadFrame => ({ frame, events: [] })
  return { push: (bytes) => frames.push(bytes).map(read), end: () => frames.end().map(read) }
}

/** Frames as they come, and the events of the whole body once it is complete. */
function whole(framing: Framing, { decodeWhole }: Reader): Push<Uint8Array, ReadFrame> {
  const frames = framesOnly(framing.decoder())
  let parts: Uint8Array[] | undefined = []
  let bytesHeld = 0
  return {
    push(bytes) {
      bytesHeld += bytes.length
      if (bytesHeld > largestWholeBytes) parts = undefined
      parts?.push(bytes)
      return bytesHeld > largestWholeBytes && framing.name === 'json' ? [] : frames.push(bytes)
    },
    end() {
      const events = parts && parts.length > 0 ? decodeWhole(Buffer.concat(parts)) : []
      return [...frames.end(), { frame: undefined, events }]
    },
  }
}
