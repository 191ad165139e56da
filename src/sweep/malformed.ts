/** Frames that are wrong, one at a time and each at each place. */
import { looseText, wholeText } from '../core/bytes.ts'
import type { Message } from '../core/frame.ts'
import type { WrittenFault } from '../faults/fault.ts'
import type { LaidFrame, Layout } from './layout.ts'
import type { Expected, Family, Idea } from './variant.ts'

export function malformed(layout: Layout): Family[] {
  return [
    ...changedFrames(layout),
    ...lostFrames(layout),
    ...addedFrames(layout),
    ...aroundTheEnd(layout),
  ].filter(({ ideas }) => ideas.length > 0)
}

type OfFrame = (frame: number, laid: LaidFrame) => WrittenFault

/** One idea for each frame that has a meaning to lose. */
function eachFrame(layout: Layout, expect: Expected, fault: OfFrame): Idea[] {
  return layout.frames.map((laid, frame) => ({
    place: `frame-${frame}`,
    size: frame,
    fault: [fault(frame, laid)],
    expect: laid.isIdle ? 'either' : expect,
  }))
}

function changedFrames(layout: Layout): Family[] {
  const json = layout.frames.flatMap(({ frame }, at) => (isJson(frame.data) ? [at] : []))
  const notJson = written(layout, { data: '{"text": "not J' })
  const html = written(layout, { data: '<html><body>502 Bad Gateway</body></html>' })
  const replaced = (raw: WrittenFault | undefined): Idea[] =>
    raw === undefined ? [] : json.map((frame) => atFrame(frame, 'replace', raw, 'error'))
  return [
    {
      name: 'truncate-json',
      ideas: json.map((frame) => atFrame(frame, 'truncate-json', {}, 'error')),
    },
    { name: 'replace/not-json', ideas: replaced(notJson) },
    { name: 'replace/html', ideas: replaced(html) },
    // What a byte is turned into may be another text that is as good as the one before.
    { name: 'corrupt/first-byte', ideas: eachFrame(layout, 'either', corruptAt(0)) },
    { name: 'corrupt/middle', ideas: eachFrame(layout, 'either', corruptAt(0.5)) },
  ]
}

const corruptAt =
  (part: number): OfFrame =>
  (_frame, { start, end }) => ({
    corrupt: { at: { byte: start + Math.floor((end - start) * part) } },
  })

function lostFrames(layout: Layout): Family[] {
  const { frames } = layout
  return [
    {
      name: 'drop',
      ideas: harmlessWhereIdle(layout, (frame) => ({ drop: { at: { frame } } })),
    },
    {
      name: 'duplicate',
      ideas: harmlessWhereIdle(layout, (frame) => ({ duplicate: { at: { frame } } })),
    },
    {
      name: 'swap',
      ideas: frames.slice(0, -1).map((laid, frame) => ({
        place: `frame-${frame}`,
        size: frame,
        fault: [{ swap: { at: { frame } } }],
        expect: laid.isIdle || frames[frame + 1]?.isIdle ? 'same' : 'either',
      })),
    },
  ]
}

/** Comments may be lost or doubled; of other frames most formats give no way to tell. */
const harmlessWhereIdle = (layout: Layout, fault: OfFrame): Idea[] =>
  layout.frames.map((laid, frame) => ({
    place: `frame-${frame}`,
    size: frame,
    fault: [fault(frame, laid)],
    expect: laid.isIdle ? 'same' : 'either',
  }))

function addedFrames(layout: Layout): Family[] {
  const unknown = { type: 'stuntdouble.unknown', note: 'nobody knows this event' }
  const event = { event: unknown.type, data: JSON.stringify(unknown) }
  const isNamed = layout.frames.some(({ frame }) => frame.event !== undefined)
  const blank = blankFrames[layout.framing.name]
  const families: [name: string, matter: WrittenFault | undefined, expect: Expected][] = [
    ['inject/comment', comment(layout), 'same'],
    ['inject/blank', blank === undefined ? undefined : { raw: blank }, 'same'],
    ['inject/empty-data', written(layout, { data: '' }), 'either'],
    ['inject/unknown-event', written(layout, event), isNamed ? 'same' : 'either'],
    ['inject/garbage', { base64: 'AP/+fwo=' }, 'either'],
  ]
  return [
    ...families.map(([name, matter, expect]) => ({
      name,
      ideas: matter === undefined ? [] : eachBorder(layout, matter, () => expect),
    })),
    {
      name: 'inject/error',
      ideas: hasErrors(layout) ? eachBorder(layout, overloaded, (n) => whenError(n, layout)) : [],
    },
  ]
}

const overloaded = { error: { code: 'overloaded' } }

/** Between frames, and before the first; after the last it is data behind the terminator. */
const eachBorder = (
  { frames }: Layout,
  matter: WrittenFault,
  expect: (frame: number) => Expected,
): Idea[] => frames.map((_, frame) => atFrame(frame, 'inject', matter, expect(frame)))

const whenError = (frame: number, { frames, tailFrames }: Layout): Expected =>
  frame < frames.length - tailFrames ? 'error' : 'either'

function aroundTheEnd(layout: Layout): Family[] {
  const more = layout.frames.find(({ isIdle }) => !isIdle)
  const again = more && bytesAsFault(more.frame.bytes)
  const added = comment(layout)
  const after: Idea[] = [
    ...(again === undefined ? [] : [afterEnd('frame', again, 'either')]),
    ...(added === undefined ? [] : [afterEnd('comment', added, 'same')]),
    afterEnd('garbage', { base64: 'AP/+fwo=' }, 'either'),
  ]
  return [
    { name: 'no-terminator', ideas: [{ fault: ['no-terminator'], expect: 'either' }] },
    { name: 'after-terminator', ideas: after },
  ]
}

const afterEnd = (place: string, matter: WrittenFault, expect: Expected): Idea => ({
  place,
  fault: [{ 'after-terminator': matter }],
  expect,
})

function atFrame(frame: number, kind: string, matter: WrittenFault, expect: Expected): Idea {
  const options = typeof matter === 'string' ? {} : matter
  return {
    place: `frame-${frame}`,
    size: frame,
    fault: [{ [kind]: { at: { frame }, ...options } }],
    expect,
  }
}

/** A terminator such as `[DONE]` only looks like it. */
function isJson(data: string | undefined): boolean {
  if (data === undefined || !/^\s*[{[]/.test(data)) return false
  try {
    JSON.parse(data)
    return true
  } catch {
    return false
  }
}

/** What framings skip between two frames. */
const blankFrames: Readonly<Record<string, string>> = { sse: '\n\n', ndjson: '\n' }

/** A message as this framing writes it, as an option of `inject` or `replace`. */
function written({ framing }: Layout, message: Message): WrittenFault | undefined {
  const frame = framing.encode(message)
  // What a framing has no bytes for, such as no data where there is one frame only, cannot be put in.
  return frame && frame.bytes.length > 0 ? bytesAsFault(frame.bytes) : undefined
}

const comment = (layout: Layout): WrittenFault | undefined =>
  layout.framing.encode({ comment: 'keep-alive' }) && { comment: 'keep-alive' }

const bytesAsFault = (bytes: Uint8Array): WrittenFault =>
  wholeText(bytes) === undefined
    ? { base64: Buffer.from(bytes).toString('base64') }
    : { raw: looseText(bytes) }

const hasErrors = ({ language }: Layout): boolean =>
  language.encode({ type: 'error', error: { code: 'overloaded' } }) !== undefined
