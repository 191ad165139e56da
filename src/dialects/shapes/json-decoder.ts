/**
 * Reads frames whose data is a JSON object each: the half of a decoder that all formats share. What
 * cannot be named stays raw with its bytes.
 */
import type { Event } from '../../core/event.ts'
import type { Frame } from '../../core/frame.ts'
import type { Push } from '../../core/push.ts'
import { type JsonObject, parseObject } from './json-body.ts'

export interface JsonReader {
  /**
   * What a message says; an empty list where it is understood and says nothing, undefined where it
   * cannot be named.
   */
  read(message: JsonObject, frame: Frame): readonly Event[] | undefined
  /** The stream is over: what was held back. */
  end?(): readonly Event[]
  /** Data that is no JSON but ends the stream, such as `[DONE]`. */
  readonly terminator?: string
}

export function jsonDecoder(reader: JsonReader): Push<Frame, Event> {
  const end = (): Event[] => [...(reader.end?.() ?? [])]
  return {
    end,
    push(frame) {
      const raw: Event = { type: 'raw', bytes: frame.bytes }
      if (frame.incomplete) return [raw]
      if (frame.data === undefined) {
        return frame.comment === undefined ? [raw] : [{ type: 'comment', text: frame.comment }]
      }
      if (reader.terminator !== undefined && frame.data.trim() === reader.terminator) return end()
      const message = parseObject(frame.data)
      const events = message && reader.read(message, frame)
      return events ? [...events] : [raw]
    },
  }
}
