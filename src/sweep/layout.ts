/** Where a reply can be broken: its frames, its bytes, and what each frame means. */
import type { Event } from '../core/event.ts'
import type { Frame, Framing } from '../core/frame.ts'
import { header } from '../core/http.ts'
import type { Step, Timeline } from '../core/timeline.ts'
import type { StreamLanguage } from '../faults/fault.ts'
import { FrameWalk } from '../faults/places.ts'

export interface LaidFrame {
  readonly frame: Frame
  readonly start: number
  readonly end: number
  /** It means nothing to a client: a comment, a heartbeat, an empty frame. */
  readonly isIdle: boolean
}

export interface Layout {
  readonly framing: Framing
  readonly language: StreamLanguage
  readonly status: number
  readonly contentType: string | undefined
  /** An answer in one piece declares its length. */
  readonly hasLength: boolean
  readonly bodyBytes: number
  readonly frames: readonly LaidFrame[]
  /** Frames after the last that tells any of the output; a stream cut there may well be whole. */
  readonly tailFrames: number
  /** Offsets in the body at which a chunk ends. */
  readonly borders: ReadonlySet<number>
  /** How the reply itself ends. */
  readonly ending: Step['do']
}

export function layoutOf(timeline: Timeline, language: StreamLanguage): Layout {
  const walk = new FrameWalk(language)
  const decoder = language.decoder()
  const placed: (LaidFrame & { readonly tells: boolean })[] = []
  const borders = new Set<number>()
  let bodyBytes = 0
  let head: Extract<Step, { do: 'head' }> | undefined
  let ending: Step['do'] = 'end'
  const note = (found: ReturnType<FrameWalk['push']>): void => {
    for (const { frame, start, end } of found) {
      const events = decoder.push(frame)
      const isIdle = frame.data === undefined && frame.comment !== undefined
      placed.push({ frame, start, end, isIdle, tells: events.some(tellsOutput) })
    }
  }
  for (const step of timeline) {
    if (step.do === 'head') head = step
    else if (step.do !== 'write') ending = step.do
    else {
      bodyBytes += step.bytes.length
      borders.add(bodyBytes)
      note(walk.push(step.bytes))
    }
  }
  note(walk.end())
  const last = placed.findLastIndex(({ tells }) => tells)
  return {
    framing: language.framing,
    language,
    status: head?.status ?? 0,
    contentType: head && header(head.headers, 'content-type'),
    hasLength: head !== undefined && header(head.headers, 'content-length') !== undefined,
    bodyBytes,
    frames: placed.map(({ frame, start, end, isIdle }) => ({ frame, start, end, isIdle })),
    tailFrames: placed.length - 1 - last,
    borders,
    ending,
  }
}

/** With `finish` a client knows that it has everything; what follows are figures and terminators. */
function tellsOutput({ type }: Event): boolean {
  return type !== 'comment' && type !== 'usage' && type !== 'raw' && type !== 'start'
}
