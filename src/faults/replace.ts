/** Frames in whose place something else comes. */
import { joinBytes } from '../core/bytes.ts'
import type { Frame } from '../core/frame.ts'
import { through } from '../core/push.ts'
import type { Step } from '../core/timeline.ts'
import type { FaultKind } from './fault.ts'
import { type Matter, type MatterPlace, matterBytes, withMatter } from './matter.ts'
import { strict } from './options.ts'
import type { Place } from './place.ts'
import {
  type FrameTreatment,
  frameCount,
  HeldBack,
  onWholeFrames,
  type Tell,
} from './whole-frames.ts'

interface ReplaceOptions {
  readonly at: Place
  readonly count: number
  readonly matter: Matter
}

export const replace: FaultKind<ReplaceOptions> = {
  name: 'replace',
  summary: 'Sends bytes, a comment, an error or an event instead of whole frames.',
  schema: withMatter('replace', frameCount, strict(frameCount, 'replace')),
  create({ at, count, matter }, context) {
    const { stream } = context
    // As with `inject`: on live traffic the framing is not known yet.
    if (context.bodyLength) matterBytes(matter, { kind: 'replace', stream })
    const instead = (frame: Frame, atMs: number) =>
      inPlaceOf(frame, matter, { kind: 'replace', stream, atMs })
    return onWholeFrames({ name: 'replace', at }, context, (tell) =>
      replacing(count, tell, instead),
    )
  },
}

function replacing(
  count: number,
  tell: Tell,
  instead: (frame: Frame, atMs: number) => Uint8Array,
): FrameTreatment {
  const held = new HeldBack()
  let done = 0
  return {
    get isOver() {
      return done === count
    },
    pass: (step) => held.pass(step),
    idle: (step) => held.idle(step),
    complete(frame, atMs): Step[] {
      const besides = held.discard(atMs)
      if (done++ > 0) return besides
      tell(atMs)
      const bytes = instead(frame, atMs)
      return bytes.length === 0 ? besides : [...besides, { atMs, do: 'write', bytes }]
    },
    unfinished: () => held.release(),
  }
}

/** An element of an array takes over the bracket or comma of the one that it replaces. */
function inPlaceOf(frame: Frame, matter: Matter, place: MatterPlace): Uint8Array {
  const { framing } = place.stream
  const bytes = matterBytes(matter, place)
  if (framing.name !== 'json-array' || 'bytes' in matter || frame.data === undefined) return bytes
  const elements = [...through([bytes], framing.decoder())].flatMap(({ data }) =>
    data === undefined ? [] : [data],
  )
  const [first, ...others] = elements
  const head = first === undefined ? undefined : framing.withData(frame, first)
  if (!head) return bytes
  return joinBytes([head, ...others.flatMap((data) => framing.encode({ data })?.bytes ?? [])])
}
