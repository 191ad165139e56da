/** Replies that are whole and late: a right client waits, or says that it will not. */
import type { Layout } from './layout.ts'
import type { Family, Idea } from './variant.ts'

export interface SlowOptions {
  /** How long a silence lasts. */
  readonly silence: string
}

export function slow(layout: Layout, { silence }: SlowOptions): Family[] {
  const places = [
    ...new Set([0, 1, Math.floor(layout.frames.length / 2), layout.frames.length - 1]),
  ]
  return [
    { name: 'stall', ideas: places.filter((frame) => frame >= 0).map(stallAt(silence)) },
    { name: 'slow-head', ideas: [{ fault: [{ delay: { for: silence } }], expect: 'same' }] },
    { name: 'throttle', ideas: [throttled(layout)] },
    { name: 'jitter', ideas: [{ fault: [{ jitter: { by: '50ms' } }], expect: 'same' }] },
    { name: 'heartbeats', ideas: [3, 1000].map(flood) },
  ]
}

const stallAt =
  (silence: string) =>
  (frame: number): Idea => ({
    place: `frame-${frame}`,
    size: frame,
    fault: [{ stall: { for: silence, at: { frame } } }],
    expect: 'same',
  })

/** So slow that the whole of it takes two seconds. */
const throttled = ({ bodyBytes }: Layout): Idea => ({
  fault: [{ throttle: { bytesPerSecond: Math.max(1, Math.ceil(bodyBytes / 2)) } }],
  expect: 'same',
})

const flood = (count: number): Idea => ({
  place: `${count}`,
  size: count,
  fault: [{ heartbeats: { every: '1ms', count, at: { frame: 0 } } }],
  expect: 'same',
})
