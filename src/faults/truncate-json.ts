/** JSON that is cut short within a frame that is whole: the framing reads well, its content does not. */
import { z } from 'zod'
import type { Frame, Framing } from '../core/frame.ts'
import { integer, type Random } from '../core/random.ts'
import type { Step } from '../core/timeline.ts'
import type { FaultKind } from './fault.ts'
import { strict, wholeNumber } from './options.ts'
import { type Place, place } from './place.ts'
import { type FrameTreatment, HeldBack, onWholeFrames, type Tell } from './whole-frames.ts'
import { withoutFraming } from './without-framing.ts'

interface TruncateOptions {
  readonly at: Place
  readonly bytes?: number
}

const name = 'truncate-json'

export const truncateJson: FaultKind<TruncateOptions> = {
  name,
  summary: "Cuts a frame's JSON short, while the frame around it stays whole.",
  schema: strict(
    {
      at: place.describe('The first frame of JSON that begins at or after this place is cut.'),
      bytes: z.exactOptional(
        wholeNumber(1).describe(
          'How many bytes of the JSON are left, at most all but its last; drawn unless said.',
        ),
      ),
    },
    name,
  ),
  create({ at, bytes }, context) {
    const random = context.random.fork('length')
    const framing = () => context.stream.framing
    const fault = onWholeFrames({ name, at }, context, (tell) =>
      truncating(tell, (frame) =>
        truncated(frame, framing(), (most) => drawn(bytes, most, random)),
      ),
    )
    return withoutFraming(fault, context, {
      text: `${name}: plain text holds no JSON; use end, corrupt or drop`,
    })
  },
}

const drawn = (bytes: number | undefined, most: number, random: Random): number =>
  bytes === undefined ? integer(random, 1, most) : Math.min(bytes, most)

function truncating(tell: Tell, cut: (frame: Frame) => Uint8Array | undefined): FrameTreatment {
  const held = new HeldBack()
  let isOver = false
  return {
    get isOver() {
      return isOver
    },
    pass: (step) => held.pass(step),
    idle: (step) => held.idle(step),
    complete(frame, atMs): Step[] {
      const bytes = cut(frame)
      if (!bytes) return held.release()
      isOver = true
      tell(atMs)
      return [...held.discard(atMs), { atMs, do: 'write', bytes }]
    },
    unfinished: () => held.release(),
  }
}

/** Undefined where the frame holds no JSON that could be cut, as a comment or `[DONE]`. */
function truncated(
  frame: Frame,
  framing: Framing,
  lengthOf: (most: number) => number,
): Uint8Array | undefined {
  const { data } = frame
  const start = data === undefined ? undefined : jsonStart(data)
  if (data === undefined || start === undefined) return undefined
  const json = Buffer.from(data.slice(start).trimEnd())
  const left = withinCharacters(json, lengthOf(json.length - 1))
  return framing.withData(frame, data.slice(0, start) + json.toString('utf8', 0, left))
}

/** A character is not cut in two: that is what `slice` and `corrupt` are for. */
function withinCharacters(bytes: Uint8Array, most: number): number {
  let length = most
  while (length > 1 && ((bytes[length] ?? 0) & 0b1100_0000) === 0b1000_0000) length--
  return length
}

/**
 * Where the object, array or string begins, which may stand behind a short name and a colon. Any
 * other value, such as a number, would still be one when it is cut.
 */
function jsonStart(data: string): number | undefined {
  const start = /^\s*(?:[A-Za-z0-9]{1,3}:)?(?=[{["])/.exec(data)?.[0].length
  return start !== undefined && isJson(data.slice(start)) ? start : undefined
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
