import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Clock } from '../../src/core/clock.ts'
import { AlarmHeap } from '../../src/time/alarm-heap.ts'
import { RealClock, VirtualClock } from '../../src/time/clock.ts'

/** Sets an alarm for each deadline and notes at which time it rang. */
function noteRings(clock: Clock, deadlinesMs: readonly number[]): string[] {
  const rings: string[] = []
  for (const [i, deadlineMs] of deadlinesMs.entries()) {
    clock.at(deadlineMs, () => rings.push(`${i} at ${clock.now()}`))
  }
  return rings
}

describe('AlarmHeap', () => {
  it('rings what is due in the order of a stable sort, without what was cancelled', () => {
    const alarms = fc.array(
      fc.record({ deadlineMs: fc.integer({ min: 0, max: 20 }), cancelled: fc.boolean() }),
      { maxLength: 60 },
    )
    fc.assert(
      fc.property(alarms, fc.integer({ min: -1, max: 21 }), (set, limitMs) => {
        const heap = new AlarmHeap()
        const rung: number[] = []
        const handles = set.map(({ deadlineMs }, i) => heap.add(deadlineMs, () => rung.push(i)))
        for (const [i, { cancelled }] of set.entries()) if (cancelled) handles[i]?.cancel()
        const wanted = set
          .map(({ deadlineMs, cancelled }, i) => ({ deadlineMs, cancelled, i }))
          .filter(({ cancelled }) => !cancelled)
          .sort((a, b) => a.deadlineMs - b.deadlineMs)
        const [due, later] = [
          wanted.filter(({ deadlineMs }) => deadlineMs <= limitMs),
          wanted.filter(({ deadlineMs }) => deadlineMs > limitMs),
        ]
        expect(heap.earliest()).toBe(wanted[0]?.deadlineMs)
        heap.ringUntil(() => limitMs)
        expect(rung).toEqual(due.map(({ i }) => i))
        expect(heap.earliest()).toBe(later[0]?.deadlineMs)
        heap.ringUntil(() => 100)
        expect(rung).toEqual(wanted.map(({ i }) => i))
        expect(heap.earliest()).toBeUndefined()
      }),
    )
  })
})

describe('VirtualClock', () => {
  it('rings alarms by their deadlines, and those of one deadline in the order they were set', async () => {
    const clock = new VirtualClock()
    const rings = noteRings(clock, [30, 10, 20, 10, 30])
    await clock.advance(30)
    expect(rings).toEqual(['1 at 10', '3 at 10', '2 at 20', '0 at 30', '4 at 30'])
  })

  it('rings nothing before its time, and nothing within the call that sets it', async () => {
    const clock = new VirtualClock()
    await clock.advance(10)
    const rings = noteRings(clock, [11, 10, 3])
    expect(rings).toEqual([])
    await clock.advance(0)
    expect(rings).toEqual(['2 at 10', '1 at 10'])
    await clock.advance(0.5)
    expect(rings).toHaveLength(2)
  })

  it('does not ring what was cancelled, even by an alarm of the same deadline', async () => {
    const clock = new VirtualClock()
    const rings: string[] = []
    const first = clock.at(5, () => rings.push('first'))
    clock.at(5, () => third.cancel())
    const third = clock.at(5, () => rings.push('third'))
    first.cancel()
    await clock.advance(10)
    expect(rings).toEqual([])
  })

  it('rings each alarm that another one sets at its own time', async () => {
    const clock = new VirtualClock()
    const rings: number[] = []
    const again = (): void => {
      rings.push(clock.now())
      if (rings.length < 4) clock.at(clock.now() + 7, again)
    }
    clock.at(7, again)
    await clock.advance(100)
    expect(rings).toEqual([7, 14, 21, 28])
    expect(clock.now()).toBe(100)
  })

  it('settles promises between two alarms', async () => {
    const clock = new VirtualClock()
    const rings: number[] = []
    clock.at(10, async () => {
      await Promise.resolve()
      clock.at(15, () => rings.push(clock.now()))
    })
    clock.at(20, () => rings.push(clock.now()))
    await clock.advance(20)
    expect(rings).toEqual([15, 20])
  })

  it('tells the time of day as far as it was advanced', async () => {
    const clock = new VirtualClock(Date.UTC(2026, 4, 1))
    expect(clock.wallTime()).toBe(Date.UTC(2026, 4, 1))
    await clock.advance(90_000)
    expect(new Date(clock.wallTime()).toISOString()).toBe('2026-05-01T00:01:30.000Z')
  })

  it('runs until no alarm is left', async () => {
    const clock = new VirtualClock()
    clock.at(600_000, () => clock.at(1_200_000, () => {}))
    await clock.runAll()
    expect(clock.now()).toBe(1_200_000)
  })

  it('passes a stall of ten minutes in milliseconds', async () => {
    const clock = new VirtualClock()
    const rings = noteRings(clock, [600_000])
    const startedMs = performance.now()
    await clock.advance(600_000)
    expect(rings).toEqual(['0 at 600000'])
    expect(performance.now() - startedMs).toBeLessThan(1000)
  })
})

describe('RealClock', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  it('rings in order, never within at(), and never more than half a millisecond early', async () => {
    const clock = new RealClock()
    const startedMs = clock.now()
    const deadlinesMs = [12, 3.3, -5, 12, 3.7, 0, 25.9].map((ms) => startedMs + ms)
    const rung: { index: number; earlyMs: number }[] = []
    await new Promise<void>((resolve) => {
      for (const [index, deadlineMs] of deadlinesMs.entries()) {
        clock.at(deadlineMs, () => {
          rung.push({ index, earlyMs: deadlineMs - clock.now() })
          if (rung.length === deadlinesMs.length) resolve()
        })
      }
      clock.at(startedMs + 2, () => expect.unreachable('it was cancelled')).cancel()
      expect(rung).toEqual([])
    })
    expect(rung.map(({ index }) => index)).toEqual([2, 5, 1, 4, 0, 3, 6])
    expect(Math.max(...rung.map(({ earlyMs }) => earlyMs))).toBeLessThan(0.5)
  })

  it('lets others have their turn where more is due than there is time for', async () => {
    const clock = new RealClock()
    let rings = 0
    const othersCame = new Promise<number>((resolve) => {
      const busy = (): void => {
        if (rings === 0) setImmediate(() => resolve(rings))
        const untilMs = performance.now() + 1
        while (performance.now() < untilMs);
        rings += 1
        if (rings < 100) clock.at(clock.now() + 1, busy)
      }
      // While one of them is busy for a millisecond, the others become due.
      for (let each = 0; each < 3; each += 1) clock.at(clock.now(), busy)
    })
    const seen = await othersCame
    rings = 100
    expect(seen).toBeLessThan(20)
  })

  it('keeps no timer for alarms that were all cancelled, and arms one again for the next', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const clock = new RealClock()
      for (const alarm of [clock.at(5, () => {}), clock.at(9, () => {})]) alarm.cancel()
      expect(vi.getTimerCount()).toBe(0)
      const rings = noteRings(clock, [20])
      vi.advanceTimersByTime(30)
      expect(rings).toHaveLength(1)
    } finally {
      vi.useRealTimers()
    }
  })

  it('goes on ringing where one alarm throws', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const clock = new RealClock()
      const rings = noteRings(clock, [5, 5])
      clock.at(4, () => {
        throw new Error('broken')
      })
      expect(() => vi.advanceTimersByTime(4)).toThrow('broken')
      vi.advanceTimersByTime(2)
      expect(rings).toHaveLength(2)
    } finally {
      vi.useRealTimers()
    }
  })

  it.each([
    ['a thousand streams', 1000],
    ['waits of years, which Node would take for none', 2 ** 40],
  ])('arms one timer for %s', (_, waitMs) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      const armed = vi.spyOn(globalThis, 'setTimeout')
      const clock = new RealClock()
      const rings = noteRings(
        clock,
        Array.from({ length: 1000 }, (_each, i) => waitMs + i),
      )
      expect(armed.mock.calls.map(([, ms]) => ms)).toEqual([Math.min(waitMs, 2 ** 31 - 1)])
      vi.advanceTimersByTime(999)
      expect(rings).toEqual([])
      expect(armed).toHaveBeenCalledTimes(1)
    } finally {
      vi.useRealTimers()
    }
  })
})
