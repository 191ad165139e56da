import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import type { Step, Timeline } from '../../../src/core/timeline.ts'
import { sse } from '../../../src/framing/index.ts'
import type { Resuming } from '../../../src/scenario/scenario.ts'
import { KeptStreams } from '../../../src/server/answers/kept-streams.ts'
import { VirtualClock } from '../../../src/time/clock.ts'
import { jsonRequest } from '../../dialects/wire.ts'

const usual: Resuming = {
  ids: 'counter',
  retryMs: undefined,
  keepMs: 1000,
  mostFrames: undefined,
  unheard: 'goes-on',
  unknown: 'anew',
  faults: 'once',
}

/** Three frames, 100 ms apart. */
const timeline: Timeline = [
  { atMs: 0, do: 'head', status: 200, headers: [] },
  ...[1, 2, 3].map((n): Step => {
    return { atMs: n * 100, do: 'write', bytes: utf8(`id: ${n}\ndata: ${n}\n\n`) }
  }),
  { atMs: 300, do: 'end' },
]

type Question = ReturnType<typeof question>

const question = (path: string) => ({
  http: jsonRequest({ path }, {}),
  arrivedMs: 0,
  session: undefined,
})

function keptAt(path: string, streams: KeptStreams, more: Partial<Resuming> = {}) {
  return keptAs(question(path), streams, more)
}

function keptAs(asked: Question, streams: KeptStreams, more: Partial<Resuming> = {}) {
  const told = { dialect: undefined, reply: undefined, session: 'default', rule: 'a/b', seed: 1 }
  const answer = { ...told, timeline, randomName: 'name', faults: [] }
  return streams.keep(answer, { ...usual, ...more }, { question: asked, framing: sse() })
}

describe('a kept stream', () => {
  it('goes on by the clock, or waits while nobody listens', async () => {
    const clock = new VirtualClock()
    const streams = new KeptStreams(clock)
    const goesOn = keptAt('/a', streams)
    const pauses = keptAt('/b', streams, { unheard: 'pauses' })
    const elapsed = () => [goesOn.elapsedMs, pauses.elapsedMs]
    for (const kept of [goesOn, pauses]) kept.opened(1)
    await clock.advance(150)
    expect(elapsed()).toEqual([150, 150])
    for (const kept of [goesOn, pauses]) kept.over()
    await clock.advance(500)
    expect(elapsed()).toEqual([650, 150])
    for (const kept of [goesOn, pauses]) kept.opened(2)
    await clock.advance(100)
    expect(elapsed()).toEqual([750, 250])
    expect([goesOn.exchange, pauses.placeAfter('1')?.missed]).toEqual([1, 1])
  })

  it('is forgotten when nobody has listened for so long, and not before', async () => {
    const clock = new VirtualClock()
    const streams = new KeptStreams(clock)
    const kept = keptAt('/a', streams)
    kept.opened(1)
    await clock.advance(5000)
    expect(streams.find(question('/a'), '2')?.place).toMatchObject({ left: 1 })
    kept.over()
    await clock.advance(1000)
    expect(streams.find(question('/a'), '2')).toBeDefined()
    await clock.advance(1)
    expect(streams.find(question('/a'), '2')).toBeUndefined()
  })

  it('is one of a thousand at most, and the oldest goes first', () => {
    const streams = new KeptStreams(new VirtualClock())
    for (let n = 0; n <= 1000; n++) keptAt(`/${n}`, streams)
    expect(streams.find(question('/0'), '1')).toBeUndefined()
    expect(streams.find(question('/1'), '1')).toBeDefined()
  })

  it('holds, with all others, no more than 64 MiB of requests, and the oldest goes first', () => {
    const streams = new KeptStreams(new VirtualClock())
    // Zeros that nobody reads: the system gives memory for none of them.
    const large = (path: string): Question => {
      const asked = question(path)
      return { ...asked, http: { ...asked.http, body: Buffer.alloc(32 * 1024 * 1024) } }
    }
    const [first, second, third] = [large('/1'), large('/2'), question('/3')]
    for (const asked of [first, second]) keptAs(asked, streams)
    expect(streams.find(first, '1')).toBeDefined()
    keptAs(third, streams)
    expect(streams.find(first, '1')).toBeUndefined()
    expect(streams.find(second, '1')).toBeDefined()
    expect(streams.find(third, '1')).toBeDefined()
  })
})
