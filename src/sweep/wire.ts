/** Heads that do not fit their body, and bytes that are not the HTTP they should be. */
import type { WrittenFault } from '../faults/fault.ts'
import type { Layout } from './layout.ts'
import type { Expected, Family, Idea } from './variant.ts'

export function wire(layout: Layout): Family[] {
  const { frames } = layout
  const middle = Math.floor(frames.length / 2)
  const places = [...new Set([0, middle, Math.max(0, frames.length - 1)])]
  return [
    {
      name: 'head',
      ideas: [
        idea('html-type', { head: { headers: { 'content-type': 'text/html' } } }, 'either'),
        idea('json-type', { head: { headers: { 'content-type': 'application/json' } } }, 'either'),
        idea('no-type', { head: { headers: { 'content-type': null } } }, 'either'),
      ],
    },
    { name: 'garbage', ideas: atFrames(places, 'garbage') },
    { name: 'short-chunk', ideas: atFrames(places, 'short-chunk') },
    { name: 'wrong-length', ideas: lengths(layout) },
    {
      name: 'bad-gzip',
      ideas: (['plain', 'checksum', 'truncated'] as const).map((how) =>
        idea(how, { 'bad-gzip': { how } }, 'error'),
      ),
    },
  ]
}

/** Half of the body and no more, or more than there is. */
function lengths({ bodyBytes }: Layout): Idea[] {
  const half = Math.floor(bodyBytes / 2)
  const long = idea('long', { 'wrong-length': { by: 10 } }, 'error')
  return half === 0 ? [long] : [idea('short', { 'wrong-length': { by: -half } }, 'error'), long]
}

const idea = (place: string, fault: WrittenFault, expect: Expected): Idea => ({
  place,
  fault: [fault],
  expect,
})

const atFrames = (places: readonly number[], kind: string): Idea[] =>
  places.map((frame) => ({
    place: `frame-${frame}`,
    size: frame,
    fault: [{ [kind]: { at: { frame } } }],
    expect: 'error',
  }))
