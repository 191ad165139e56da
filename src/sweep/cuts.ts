/** Streams that end too early: after every frame and within every frame, in every way. */
import { type Ending, endings } from '../core/timeline.ts'
import type { Layout } from './layout.ts'
import type { Expected, Family, Idea } from './variant.ts'

export function cuts(layout: Layout): Family[] {
  return [
    ...endings.map((ending) => ({ name: `cut/${ending}`, ideas: betweenFrames(ending, layout) })),
    ...endings.map((ending) => ({
      name: `cut-inside/${ending}`,
      ideas: insideFrames(ending, layout),
    })),
    {
      name: 'no-answer',
      ideas: [
        { place: 'reset', fault: ['refuse'], expect: 'error' },
        { place: 'close', fault: [{ refuse: { by: 'close' } }], expect: 'error' },
        { place: 'hang', fault: [{ hang: { at: { time: 0 } } }], expect: 'error' },
      ],
    },
  ]
}

function betweenFrames(ending: Ending, layout: Layout): Idea[] {
  const { frames } = layout
  return Array.from({ length: frames.length + 1 }, (_, frame) => ({
    place: `frame-${frame}`,
    size: frame,
    fault: [{ [ending]: { at: { frame } } }],
    expect: whenCut(ending, frame, layout),
  }))
}

/** In the middle of each, so that neither its start nor its end is whole. */
function insideFrames(ending: Ending, layout: Layout): Idea[] {
  return layout.frames.flatMap(({ start, end }, frame) => {
    const byte = Math.floor((start + end) / 2)
    if (byte <= start) return []
    const expect = whenCut(ending, frame, layout)
    return [
      { place: `frame-${frame}`, size: frame, fault: [{ [ending]: { at: { byte } } }], expect },
    ]
  })
}

/** Behind the last frame that tells of the output nobody can say whether anything is missing. */
function whenCut(ending: Ending, whole: number, { frames, tailFrames }: Layout): Expected {
  if (whole < frames.length - tailFrames) return 'error'
  return ending === 'end' && whole === frames.length ? 'same' : 'either'
}
