import { describe, expect, it } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import type { Sink, SinkUser } from '../../src/core/sink.ts'
import type { Step } from '../../src/core/timeline.ts'
import { VirtualClock } from '../../src/time/clock.ts'
import { LagHistogram } from '../../src/time/lag.ts'
import { play } from '../../src/time/play.ts'

const write = (atMs: number): Step => ({ atMs, do: 'write', bytes: Buffer.from(`${atMs}`) })
const steps: readonly Step[] = [
  { atMs: 0, do: 'head', status: 200, headers: [] },
  ...[write(0), write(10), write(20), write(30)],
  { atMs: 30, do: 'end' },
]

const meterAfter = (lateAfterMs: number) => ({
  ...{ late: new LagHistogram(), held: new LagHistogram(), lateAfterMs },
})

/** Takes what it is given until it is full, and is full from a number of bursts on. */
class Reader implements Sink {
  user: SinkUser | undefined
  #bursts: number

  constructor(bursts = Number.POSITIVE_INFINITY) {
    this.#bursts = bursts
  }

  send({ ending }: Parameters<Sink['send']>[0]): boolean {
    if (ending) queueMicrotask(() => this.user?.onDone())
    this.#bursts -= 1
    return this.#bursts !== 0
  }
}

describe('a stream that is watched', () => {
  it('notes every chunk that has a time, and is not late where it kept to it', async () => {
    const clock = new VirtualClock()
    const lag = meterAfter(0)
    const { done } = play(steps, new Reader(), { clock, startedMs: 0, lag })
    await clock.runAll()
    expect((await done).late).toBeUndefined()
    expect([lag.late.count, lag.late.maxMs, lag.held.count]).toEqual([3, 0, 0])
  })

  it('is marked where a chunk was later than is allowed, and only then', async () => {
    const clock = new VirtualClock()
    await clock.advance(115)
    const lag = meterAfter(4)
    const { done } = play(steps, new Reader(), { clock, startedMs: 91, lag })
    await clock.runAll()
    // Due at 101, 111 and 121, where it began at 115.
    expect((await done).late).toEqual({ chunks: 1, maxMs: 14, chunk: 1, blockedMs: 0 })
    expect(lag.late.toJSON().buckets).toHaveLength(3)
    expect(lag.late).toMatchObject({ count: 3, sumMs: 18, maxMs: 14 })
    expect(lag.held.count).toBe(0)
  })

  it('says how much of it the process did not come to its timers', async () => {
    const { clock, block } = blockable()
    const lag = meterAfter(20)
    const { done } = play(steps, new Reader(), { clock, startedMs: 0, lag })
    block(60, 18)
    expect((await done).late).toEqual({ chunks: 3, maxMs: 68, chunk: 1, blockedMs: 50 })
  })

  it('is not late by a reader that takes nothing, which is told apart', async () => {
    const clock = new VirtualClock()
    const lag = meterAfter(0)
    const reader = new Reader(2)
    const { done } = play(steps, reader, { clock, startedMs: 0, lag })
    await clock.advance(500)
    reader.user?.onDrain()
    const { late, maxLagMs } = await done
    expect([late, maxLagMs]).toEqual([undefined, 0])
    expect([lag.late.count, lag.late.maxMs]).toEqual([3, 0])
    // Due at 20 and 30.
    expect(lag.held).toMatchObject({ count: 2, maxMs: 480, sumMs: 950 })
  })

  it('is not late by a client that sends its request slowly', async () => {
    const clock = new VirtualClock()
    await clock.advance(25)
    const lag = meterAfter(0)
    const { done } = play(steps, new Reader(), { clock, startedMs: 0, readyMs: 25, lag })
    await clock.runAll()
    expect((await done).late).toBeUndefined()
    expect(lag.held).toMatchObject({ count: 2, sumMs: 20 })
  })

  it('is not late by a pause, whether it catches up behind it or not', async () => {
    for (const catchUp of [true, false]) {
      const clock = new VirtualClock()
      const lag = meterAfter(0)
      const playback = play(steps, new Reader(), { clock, startedMs: 0, lag })
      await clock.advance(12)
      playback.pause()
      await clock.advance(100)
      playback.resume(catchUp)
      await clock.runAll()
      expect((await playback.done).late).toBeUndefined()
      expect([lag.late.count, lag.late.maxMs, lag.held.count]).toEqual([3, 0, catchUp ? 2 : 0])
    }
  })
})

/** A clock whose process is blocked until so late, and then is busy with others for so long. */
function blockable(): { clock: Clock; block: (untilMs: number, busyMs: number) => void } {
  let nowMs = 0
  let wokeMs = 0
  let ring: (() => void) | undefined
  const clock: Clock = {
    now: () => nowMs,
    wallTime: () => nowMs,
    get wokeMs() {
      return wokeMs
    },
    at: (_, run) => {
      ring = run
      return { cancel: () => {} }
    },
  }
  const block = (untilMs: number, busyMs: number): void => {
    wokeMs = untilMs
    nowMs = untilMs + busyMs
    ring?.()
  }
  return { clock, block }
}
