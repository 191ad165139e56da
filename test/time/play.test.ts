import { describe, expect, it } from 'vitest'
import type { Burst, Sink, SinkUser } from '../../src/core/sink.ts'
import type { Ending, LiveTimeline, Step, Timeline } from '../../src/core/timeline.ts'
import { VirtualClock } from '../../src/time/clock.ts'
import { type Outcome, type Playback, type PlayOptions, play } from '../../src/time/play.ts'

const head = (atMs: number): Step => ({ atMs, do: 'head', status: 200, headers: [] })
const write = (atMs: number, text: string): Step => ({
  atMs,
  do: 'write',
  bytes: Buffer.from(text),
})
const ending = (atMs: number, how: Ending = 'end'): Step => ({ atMs, do: how })

/** Shows what it is sent, and when: `5: 200 [a] [b] end`. */
class FakeSink implements Sink {
  user: SinkUser | undefined
  readonly sent: string[] = []
  isFull = false
  readonly #clock: VirtualClock

  constructor(clock: VirtualClock) {
    this.#clock = clock
  }

  send(burst: Burst): boolean {
    const parts = [
      ...(burst.head ? [`${burst.head.status}`] : []),
      ...burst.chunks.map(shownChunk),
      ...(burst.ending ? [burst.ending] : []),
    ]
    this.sent.push(`${this.#clock.now()}: ${parts.join(' ')}`)
    if (burst.ending && burst.ending !== 'hang') queueMicrotask(() => this.user?.onDone())
    return !this.isFull
  }

  drain(): void {
    this.isFull = false
    this.user?.onDrain()
  }
}

const shownChunk = (bytes: Uint8Array): string =>
  bytes.length > 20 ? `[${bytes.length} bytes]` : `[${Buffer.from(bytes)}]`

interface Played {
  readonly clock: VirtualClock
  readonly sink: FakeSink
  readonly playback: Playback
  /** Undefined while the playback goes on. */
  outcome(): Outcome | undefined
}

function playing(timeline: Timeline | LiveTimeline, options: Partial<PlayOptions> = {}): Played {
  const clock = new VirtualClock()
  const sink = new FakeSink(clock)
  const playback = play(timeline, sink, { clock, startedMs: 0, ...options })
  let outcome: Outcome | undefined
  void playback.done.then((reached) => {
    outcome = reached
  })
  return { clock, sink, playback, outcome: () => outcome }
}

async function played(timeline: Timeline | LiveTimeline): Promise<Played> {
  const all = playing(timeline)
  await all.clock.runAll()
  return all
}

/** A timeline that tells how many steps were pulled and whether it was closed. */
function watched(steps: (n: number) => Step): Timeline & { pulled: number; closed: boolean } {
  const timeline = {
    pulled: 0,
    closed: false,
    *[Symbol.iterator](): Generator<Step> {
      try {
        for (;;) yield steps(timeline.pulled++)
      } finally {
        timeline.closed = true
      }
    },
  }
  return timeline
}

/** A live timeline that is fed by hand. */
function live(
  hands: 'promised' | 'at hand' = 'promised',
): LiveTimeline & { give(...steps: Step[]): void; fail(error: Error): void } {
  const waiting: { resolve(next: IteratorResult<Step>): void; reject(error: Error): void }[] = []
  const given: Step[] = []
  return {
    give(...steps) {
      given.push(...steps)
      while (waiting[0] && given[0]) {
        waiting.shift()?.resolve({ done: false, value: given[0] })
        given.shift()
      }
    },
    fail: (error) => waiting.shift()?.reject(error),
    [Symbol.asyncIterator]: () => ({
      next: () => {
        const value = given.shift()
        if (value) return Promise.resolve({ done: false, value })
        return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
      },
      ...(hands === 'at hand' ? { take: () => given.shift() } : {}),
    }),
  }
}

describe('play', () => {
  it('sends each step at its own time', async () => {
    const { sink, outcome } = await played([head(3), write(10, 'a'), write(25, 'b'), ending(30)])
    expect(sink.sent).toEqual(['3: 200', '10: [a]', '25: [b]', '30: end'])
    expect(outcome()).toEqual({
      ended: 'end',
      bytes: 2,
      chunks: 2,
      durationMs: 30,
      pausedMs: 0,
      maxLagMs: 0,
    })
  })

  it('sends the last of 200 steps of 5 ms at 1000 ms exactly', async () => {
    const steps = Array.from({ length: 200 }, (_, i) => write((i + 1) * 5, 'x'))
    const { sink, outcome } = await played([head(0), ...steps, ending(1005)])
    expect(sink.sent.slice(1, 201)).toEqual(steps.map(({ atMs }) => `${atMs}: [x]`))
    expect(outcome()).toMatchObject({ durationMs: 1005, chunks: 200, maxLagMs: 0 })
  })

  it('counts from the arrival of the request, catches up what is late and tells how late', async () => {
    const clock = new VirtualClock()
    await clock.advance(112)
    const sink = new FakeSink(clock)
    const steps = [head(5), write(10, 'a'), write(12, 'b'), write(20, 'c'), ending(20)]
    const { done } = play(steps, sink, { clock, startedMs: 100 })
    await clock.runAll()
    expect(sink.sent).toEqual(['112: 200 [a] [b]', '120: [c] end'])
    expect(await done).toMatchObject({ durationMs: 20, maxLagMs: 7 })
  })

  it('sends what is due together in one burst with its chunk borders', async () => {
    const { sink } = await played([
      head(0),
      write(0, 'a'),
      write(0, 'bc'),
      write(5, 'd'),
      write(5, 'e'),
      ending(5),
    ])
    expect(sink.sent).toEqual(['0: 200 [a] [bc]', '5: [d] [e] end'])
  })

  it('sends a burst of more than 64 KiB in parts', async () => {
    const chunk = 'x'.repeat(30_000)
    const steps = Array.from({ length: 7 }, () => write(0, chunk))
    const { sink, outcome } = await played([head(0), ...steps, ending(0)])
    const three = '[30000 bytes] [30000 bytes] [30000 bytes]'
    expect(sink.sent).toEqual([`0: 200 ${three}`, `0: ${three}`, '0: [30000 bytes] end'])
    expect(outcome()).toMatchObject({ bytes: 210_000, chunks: 7 })
  })

  it('sends no empty chunk, which would end the body', async () => {
    const { sink, outcome } = await played([head(0), write(5, ''), write(9, 'a'), write(9, '')])
    expect(sink.sent).toEqual(['0: 200', '9: [a] end'])
    expect(outcome()).toMatchObject({ chunks: 1 })
  })

  it('ends cleanly where the timeline names no ending', async () => {
    const { sink, outcome } = await played([head(0), write(4, 'a')])
    expect(sink.sent.at(-1)).toBe('4: [a] end')
    expect(outcome()?.ended).toBe('end')
  })

  it.each<Ending>(['end', 'close', 'reset'])('ends by %s and reports it', async (how) => {
    const timeline = watched((n) => [head(0), write(2, 'a'), ending(7, how)][n] ?? write(8, 'no'))
    const { sink, outcome } = await played(timeline)
    expect(sink.sent).toEqual(['0: 200', '2: [a]', `7: ${how}`])
    expect(outcome()).toMatchObject({ ended: how, durationMs: 7 })
    expect(timeline).toMatchObject({ pulled: 3, closed: true })
  })

  it('hangs in silence until the client leaves', async () => {
    const hangs: boolean[] = []
    const { clock, sink, playback, outcome } = playing(
      [head(0), write(5, 'a'), ending(9, 'hang')],
      {
        observer: {
          onSent() {},
          onPause() {},
          onHang: () => hangs.push(playback.hanging),
        },
      },
    )
    expect(playback.hanging).toBe(false)
    await clock.advance(600_000)
    expect(sink.sent.at(-1)).toBe('9: hang')
    expect(outcome()).toBeUndefined()
    expect(hangs).toEqual([true])
    sink.user?.onLeave()
    await clock.advance(0)
    expect(outcome()).toMatchObject({ ended: 'client-left', durationMs: 600_000 })
  })

  it('says that it has begun once a status line is on its way', async () => {
    const { clock, playback } = playing([head(10), ending(20)])
    await clock.advance(9)
    expect(playback.begun).toBe(false)
    await clock.advance(1)
    expect(playback.begun).toBe(true)
  })
})

describe('play and its source', () => {
  it('holds one step of a timeline without end', async () => {
    const timeline = watched((n) => write(n * 10, 'x'))
    const { clock, sink, playback } = playing(timeline)
    await clock.advance(35)
    expect(sink.sent).toEqual(['0: [x]', '10: [x]', '20: [x]', '30: [x]'])
    expect(timeline.pulled).toBe(5)
    playback.stop()
  })

  it.each([
    ['the client leaves', ({ sink }: Played) => sink.user?.onLeave(), 'client-left'],
    ['it is stopped', ({ playback }: Played) => playback.stop(), 'stopped'],
  ])('stops at once where %s', async (_, interrupt, ended) => {
    const timeline = watched((n) => write(n * 10, 'x'))
    const all = playing(timeline)
    await all.clock.advance(25)
    interrupt(all)
    expect(timeline.closed).toBe(true)
    await all.clock.runAll()
    expect(all.clock.now()).toBe(25)
    expect(all.sink.sent).toHaveLength(3)
    expect(all.outcome()).toMatchObject({ ended, bytes: 3, durationMs: 25 })
    interrupt(all)
    expect(timeline.pulled).toBe(4)
  })

  it('sends what was due before a source failed, and hands on the error', async () => {
    const error = new Error('out of film')
    const steps = {
      *[Symbol.iterator](): Generator<Step> {
        yield head(0)
        yield write(5, 'a')
        yield write(5, 'b')
        throw error
      },
    }
    const { sink, outcome } = await played(steps)
    expect(sink.sent).toEqual(['0: 200', '5: [a] [b]'])
    expect(outcome()).toMatchObject({ ended: 'failed', error, chunks: 2, durationMs: 5 })
  })
})

describe('play under back-pressure', () => {
  it('pulls nothing more until the sink has drained', async () => {
    const timeline = watched((n) => write(n, 'x'))
    const { clock, sink, playback } = playing(timeline)
    await clock.advance(3)
    sink.isFull = true
    await clock.advance(1)
    const { pulled } = timeline
    await clock.advance(100)
    expect(sink.sent.at(-1)).toBe('4: [x]')
    expect(timeline.pulled).toBe(pulled)
    sink.drain()
    expect(sink.sent.at(-1)).toMatch(/^104: (\[x\] ?){100}$/)
    playback.stop()
  })

  it('sends one part of what is due to a sink that is full from the start', async () => {
    const steps = Array.from({ length: 5 }, () => write(0, 'x'.repeat(70_000)))
    const clock = new VirtualClock()
    const sink = new FakeSink(clock)
    sink.isFull = true
    const { done } = play([head(0), ...steps], sink, { clock, startedMs: 0 })
    expect(sink.sent).toEqual(['0: 200 [70000 bytes]'])
    sink.drain()
    expect(sink.sent).toHaveLength(6)
    expect(await done).toMatchObject({ ended: 'end', bytes: 350_000 })
  })

  it('keeps later steps to their times when it drains before the next one is due', async () => {
    const steps = [10, 20, 30, 40].map((atMs) => write(atMs, `${atMs}`))
    const { clock, sink } = playing([head(0), ...steps, ending(50)])
    for (const drainedMs of [5, 15, 25]) {
      await clock.advance(drainedMs - clock.now())
      sink.drain()
      sink.drain()
    }
    await clock.runAll()
    expect(sink.sent).toEqual(['0: 200', '10: [10]', '20: [20]', '30: [30]', '40: [40]', '50: end'])
  })

  it('plays a step that came due while the sink was full once, when it drains', async () => {
    const { clock, sink } = playing([head(0), write(10, 'a'), write(20, 'b'), ending(30)])
    await clock.advance(9)
    sink.isFull = true
    await clock.advance(16)
    expect(sink.sent).toEqual(['0: 200', '10: [a]'])
    sink.drain()
    await clock.runAll()
    expect(sink.sent).toEqual(['0: 200', '10: [a]', '25: [b]', '30: end'])
  })

  it('stops where the client leaves while the sink is full', async () => {
    const timeline = watched((n) => write(n, 'x'))
    const { clock, sink, outcome } = playing(timeline)
    sink.isFull = true
    await clock.advance(5)
    sink.user?.onLeave()
    sink.drain()
    await clock.runAll()
    expect(sink.sent).toHaveLength(2)
    expect(outcome()?.ended).toBe('client-left')
  })
})

describe('play of a live timeline', () => {
  it('sends what has come at once, without waiting for more', async () => {
    const timeline = live()
    const { clock, sink, outcome } = playing(timeline)
    timeline.give(head(4), write(4, 'a'))
    await clock.advance(4)
    timeline.give(write(6, 'b'), write(6, 'c'))
    await clock.advance(6)
    timeline.give(ending(10, 'close'))
    await clock.advance(0)
    expect(sink.sent.join(', ')).toMatch(/^4: 200, 4: \[a\], 6: \[b\], 6: \[c\], 10: close$/)
    expect(outcome()?.ended).toBe('close')
  })

  it('sends in one burst what has come together, each chunk by itself', async () => {
    const timeline = live('at hand')
    const { clock, sink, outcome } = playing(timeline)
    await clock.advance(4)
    timeline.give(head(4), write(4, 'a'), write(4, 'b'))
    await clock.advance(4)
    timeline.give(write(6, 'c'), write(6, 'd'), ending(6))
    await clock.advance(0)
    expect(sink.sent).toEqual(['4: 200 [a] [b]', '8: [c] [d] end'])
    expect(outcome()).toMatchObject({ ended: 'end', chunks: 4 })
  })

  it('waits for a step that has come before its time', async () => {
    const timeline = live()
    const { clock, sink } = playing(timeline)
    timeline.give(head(0), write(30, 'late'))
    await clock.advance(29)
    expect(sink.sent).toEqual(['0: 200'])
    await clock.advance(1)
    expect(sink.sent).toEqual(['0: 200', '30: [late]'])
  })

  it('loses no step and asks for one at a time, however often it drains', async () => {
    const timeline = live()
    const { clock, sink, outcome } = playing(timeline)
    timeline.give(head(0))
    await clock.advance(0)
    sink.drain()
    sink.drain()
    timeline.give(write(10, 'a'), write(20, 'b'), write(30, 'c'), ending(30))
    await clock.runAll()
    expect(sink.sent).toEqual(['0: 200', '10: [a]', '20: [b]', '30: [c]', '30: end'])
    expect(outcome()).toMatchObject({ ended: 'end', chunks: 3 })
  })

  it('reports the error of a source that fails', async () => {
    const timeline = live()
    const { clock, sink, outcome } = playing(timeline)
    timeline.give(head(0), write(0, 'a'))
    await clock.advance(2)
    timeline.fail(new Error('unplugged'))
    await clock.advance(0)
    expect(sink.sent).toEqual(['0: 200', '0: [a]'])
    expect(outcome()).toMatchObject({ ended: 'failed', error: new Error('unplugged') })
  })

  it('closes the source where the client leaves, and sends nothing that comes later', async () => {
    let closed = false
    const { [Symbol.asyncIterator]: steps, ...hand } = live()
    const timeline: LiveTimeline = {
      [Symbol.asyncIterator]: () => ({
        ...steps(),
        return: async () => {
          closed = true
          return { done: true, value: undefined }
        },
      }),
    }
    const { clock, sink, outcome } = playing(timeline)
    hand.give(head(0))
    await clock.advance(1)
    sink.user?.onLeave()
    hand.give(write(1, 'a'))
    await clock.advance(5)
    expect(closed).toBe(true)
    expect(sink.sent).toEqual(['0: 200'])
    expect(outcome()).toMatchObject({ ended: 'client-left', durationMs: 1 })
  })

  it('ends cleanly where the source is over', async () => {
    const timeline: LiveTimeline = {
      async *[Symbol.asyncIterator]() {
        yield head(0)
        yield write(2, 'a')
      },
    }
    const { sink, outcome } = await played(timeline)
    expect(sink.sent).toEqual(['0: 200', '2: [a]', '2: end'])
    expect(outcome()?.ended).toBe('end')
  })
})

it('lets others have their turn while a client takes everything at once', async () => {
  const mebibyte = 1024 * 1024
  const timeline = watched((n) =>
    n === 0 ? head(0) : n <= 64 ? write(0, 'x'.repeat(mebibyte / 8)) : ending(0),
  )
  const { sink, playback } = playing(timeline)
  let pulledByTheirTurn = 0
  setImmediate(() => {
    pulledByTheirTurn = timeline.pulled
  })
  const { bytes, ended } = await playback.done
  expect({ bytes, ended }).toEqual({ bytes: 8 * mebibyte, ended: 'end' })
  expect(pulledByTheirTurn).toBeLessThan(10)
  expect(sink.sent.at(-1)).toBe('0: end')
})

describe('a playback that is paused', () => {
  const steps = (): Step[] => [head(0), write(10, 'a'), write(20, 'b'), write(30, 'c'), ending(40)]

  it('shifts what is left by the time that it was paused', async () => {
    const { clock, sink, playback, outcome } = playing(steps())
    await clock.advance(15)
    playback.pause()
    await clock.advance(100)
    playback.resume()
    await clock.runAll()
    expect(sink.sent).toEqual(['0: 200', '10: [a]', '120: [b]', '130: [c]', '140: end'])
    expect(outcome()).toMatchObject({ durationMs: 140, pausedMs: 100, maxLagMs: 0 })
  })

  it('catches up where it is asked to', async () => {
    const { clock, sink, playback } = playing(steps())
    await clock.advance(15)
    playback.pause()
    await clock.advance(10)
    playback.resume(true)
    await clock.runAll()
    expect(sink.sent).toEqual(['0: 200', '10: [a]', '25: [b]', '30: [c]', '40: end'])
  })

  it('plays up to its gate without waiting, and goes on from there', async () => {
    const { clock, sink, playback } = playing(steps(), { paused: true })
    let left = 2
    playback.gate = (step) => (step.do === 'write' && --left === 0 ? step.bytes.length : undefined)
    await clock.advance(5)
    expect(sink.sent).toEqual([])
    playback.hurry()
    expect(sink.sent).toEqual(['5: 200 [a] [b]'])
    await clock.advance(1)
    playback.resume()
    await clock.runAll()
    expect(sink.sent).toEqual(['5: 200 [a] [b]', '16: [c]', '26: end'])
  })

  it('takes bytes and an ending, and waits for a sink that is full', async () => {
    const { clock, sink, playback, outcome } = playing(steps())
    sink.isFull = true
    await clock.advance(12)
    playback.pause()
    playback.push(Buffer.from('x'))
    sink.drain()
    await clock.advance(50)
    playback.end('reset')
    await clock.runAll()
    expect(sink.sent).toEqual(['0: 200', '10: [a]', '12: [x]', '62: reset'])
    expect(outcome()).toMatchObject({ ended: 'reset', bytes: 2, pausedMs: 50 })
  })

  it('pulls nothing more from a live source', async () => {
    let pulled = 0
    const source = {
      async *[Symbol.asyncIterator]() {
        for (const step of steps()) {
          pulled += 1
          yield step
        }
      },
    }
    const { clock, playback } = playing(source)
    await clock.advance(15)
    playback.pause()
    const before = pulled
    await clock.advance(100)
    expect(pulled).toBe(before)
    playback.end('close')
    await clock.runAll()
    expect(pulled).toBe(before)
  })
})
