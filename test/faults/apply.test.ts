import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Step } from '../../src/core/timeline.ts'
import { checkLive, withFaults, withFaultsLive } from '../../src/faults/apply.ts'
import { VirtualClock } from '../../src/time/clock.ts'
import { seededRandom } from '../../src/time/random.ts'
import {
  anyFault,
  anyPlace,
  contextFor,
  endingsIn,
  faults,
  head,
  lastOf,
  live,
  livePlace,
  script,
  shown,
  textSteps,
  withoutEmpty,
  write,
} from './toy-stream.ts'

async function playedLive(
  steps: readonly Step[],
  written: unknown[],
  onStep: (step: Step, nowMs: number) => unknown = () => {},
  clock = new VirtualClock(),
): Promise<Step[]> {
  const out: Step[] = []
  const timeline = withFaultsLive(
    live(steps, clock),
    faults(...written),
    contextFor(undefined),
    clock,
  )
  const done = (async () => {
    for await (const step of timeline) {
      out.push(step)
      await onStep(step, clock.now())
    }
  })()
  await clock.runAll()
  await done
  return out
}

describe('faults on a timeline', () => {
  test('keep its laws in any chain: times ascend, one head, one ending, last', () => {
    fc.assert(
      fc.property(script, fc.array(anyFault(anyPlace), { maxLength: 4 }), ({ steps }, written) => {
        const broken = [...withFaults(steps, faults(...written), contextFor(steps))]
        const times = broken.map((step) => step.atMs)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        expect(endingsIn(broken)).toBe(1)
        expect(broken.findIndex((step) => !['head', 'write'].includes(step.do))).toBe(
          broken.length - 1,
        )
        const started = withoutEmpty(broken)
        expect(started.filter((step) => step.do === 'head').length).toBe(
          started.length === 1 ? 0 : 1,
        )
        if (started.length > 1) expect(started[0]?.do).toBe('head')
      }),
      { numRuns: 1000 },
    )
  })

  test('give the same steps for the same seed, however often they are walked', () => {
    fc.assert(
      fc.property(
        script,
        fc.array(anyFault(anyPlace), { maxLength: 3 }),
        fc.boolean(),
        ({ steps }, written, isRare) => {
          const specs = faults(...written).map((spec) => ({
            ...spec,
            probability: isRare ? 0.5 : 1,
          }))
          const timeline = withFaults(steps, specs, contextFor(steps))
          const first = shown(timeline)
          expect(shown(timeline)).toEqual(first)
          expect(shown(withFaults(steps, specs, contextFor(steps)))).toEqual(first)
        },
      ),
      { numRuns: 250 },
    )
  })

  test('pull no step that they do not need', () => {
    let pulled = 0
    const endless = {
      *[Symbol.iterator](): Generator<Step> {
        for (const step of [head, ...textSteps('a', 'b', 'c').slice(1)]) {
          pulled++
          yield step
        }
        throw new Error('pulled too far')
      },
    }
    const specs = faults({ close: { at: { frame: 2 } } })
    expect(lastOf([...withFaults(endless, specs, contextFor(undefined))])).toBe('close')
    expect(pulled).toBe(3)
  })

  test('act by chance as often as asked, the same requests for the same seed', () => {
    const specs = faults({ close: { at: { frame: 1 } }, probability: 0.25 })
    const steps = textSteps('a', 'b')
    const acted = Array.from({ length: 2000 }, (_, i) => {
      const random = seededRandom(`7/${i}`)
      return lastOf([...withFaults(steps, specs, contextFor(steps, { random }))]) === 'close'
    }).filter(Boolean).length
    expect(acted).toBeGreaterThan(430)
    expect(acted).toBeLessThan(570)
  })

  test('draw apart from each other, so that one more leaves the others as they were', () => {
    const steps = textSteps('abcdefgh')
    const corrupt = { corrupt: { at: { byte: 3 }, bytes: 4 } }
    const alone = [...withFaults(steps, faults(corrupt), contextFor(steps))]
    const beside = faults(corrupt, { corrupt: { at: { byte: 12 } } })
    const both = [...withFaults(steps, beside, contextFor(steps))]
    expect(shown(both)[1]?.slice(0, 12)).toBe(shown(alone)[1]?.slice(0, 12))
  })

  test.each([
    [{ reset: { at: { frame: 1 } } }, { atMs: 10, byte: 10 }],
    [{ hang: { at: { time: 25 } } }, { atMs: 25, byte: 20 }],
    [{ delay: 5 }, { atMs: 0, byte: 0 }],
    [{ stall: { for: 5, at: { byte: 3 } } }, { atMs: 10, byte: 3 }],
    ['refuse', { atMs: 0, byte: 0 }],
    [{ slice: { bytes: 4, at: { byte: 8 } } }, { atMs: 20, byte: 10 }],
    [{ merge: { frames: 2 } }, { atMs: 20, byte: 0 }],
    [{ drop: { at: { byte: 3 } } }, { atMs: 20, byte: 10 }],
    [{ duplicate: { at: { frame: 1 } } }, { atMs: 20, byte: 10 }],
    [{ corrupt: { at: { byte: 10 } } }, { atMs: 20, byte: 10 }],
    [{ inject: { at: { frame: 1 }, raw: 'x' } }, { atMs: 10, byte: 10 }],
    [{ reset: { at: { frame: 9 } } }, undefined],
    [{ drop: { at: { byte: 29 } } }, undefined],
    [{ slice: { in: 'crlf' } }, undefined],
  ])('tell once that %j acted, and where', (written, expected) => {
    const steps = textSteps('a', 'b', 'c')
    const told: unknown[] = []
    const onAct = (kind: string, { atMs, byte }: { atMs: number; byte: number }) =>
      told.push({ kind, atMs, byte })
    const specs = faults(written)
    for (const _ of withFaults(steps, specs, contextFor(steps, { onAct })));
    expect(told).toEqual(expected ? [{ kind: specs[0]?.kind, ...expected }] : [])
  })
})

describe('faults on live traffic', () => {
  test('do what they do to the same steps when these are finite', async () => {
    await fc.assert(
      fc.asyncProperty(
        script,
        fc.array(anyFault(livePlace), { minLength: 1, maxLength: 3 }),
        async ({ steps }, written) => {
          const finite = withFaults(steps, faults(...written), contextFor(steps))
          const out = await playedLive(steps, written)
          expect(shown(out)).toEqual(shown(withoutEmpty(finite)))

          // A player takes the next step only when the last one was due.
          const clock = new VirtualClock()
          const untilDue = ({ atMs }: Step) =>
            new Promise<void>((resolve) => clock.at(atMs, resolve))
          const taken = await playedLive(steps, written, untilDue, clock)
          expect(shown(taken)).toEqual(shown(out))
        },
      ),
      { numRuns: 250 },
    )
  })

  test.each([
    ['the next chunk', write(71, 'data: Tb\r\r')],
    ['the end', { atMs: 71, do: 'end' } as const],
  ])('know a border that only %s tells no sooner than live traffic would', async (_what, next) => {
    const steps = [head, write(69, 'data: Ta\r\r'), next]
    const beat = { heartbeats: { every: 0, count: 1, at: { time: 70 } } }
    const finite = [...withFaults(steps, faults(beat), contextFor(steps))]
    expect(shown(finite)).toContain('71 ": beat 1\\n\\n"')
    expect(shown(await playedLive(steps, [beat]))).toEqual(shown(finite))
  })

  test('act at their time although nothing arrives', async () => {
    const silence: Step[] = [head, { atMs: 600_000, do: 'end' }]
    const times: string[] = []
    const written = [{ reset: { at: { time: '90s' } } }]
    await playedLive(silence, written, (step, now) => times.push(`${now} ${step.do}`))
    expect(times).toEqual(['0 head', '90000 reset'])
  })

  test('send what a window joined when the window is over, not with the next chunk', async () => {
    const steps = [...textSteps('a', 'b').slice(0, 3), { atMs: 5000, do: 'end' } as const]
    const times: number[] = []
    await playedLive(steps, [{ merge: { window: 50 } }], (_, now) => times.push(now))
    expect(times).toEqual([0, 60, 5000])
  })

  test.each([
    ['a place in the body', { close: { at: { frame: 1 } } }],
    ['a time at which nothing arrives', { close: { at: { time: 15 } } }],
  ])('stop the upstream when they end the stream at %s', async (_where, written) => {
    const clock = new VirtualClock()
    let returns = 0
    const source = live(textSteps('a', 'b', 'c'), clock)
    const upstream = {
      [Symbol.asyncIterator]: () => ({
        next: () => source.next(),
        return: async () => {
          returns++
          return { value: undefined, done: true as const }
        },
      }),
    }
    const timeline = withFaultsLive(upstream, faults(written), contextFor(undefined), clock)
    const walk = (async () => {
      for await (const step of timeline) if (step.do === 'close') expect(returns).toBe(1)
    })()
    await clock.runAll()
    await walk
    expect(returns).toBe(1)
  })

  test('never ask the upstream where the request is refused', async () => {
    let asked = false
    const upstream = {
      [Symbol.asyncIterator]: () => ({
        next: async (): Promise<IteratorResult<Step>> => {
          asked = true
          return { value: head, done: false }
        },
      }),
    }
    const clock = new VirtualClock()
    const out: Step[] = []
    const timeline = withFaultsLive(upstream, faults('refuse'), contextFor(undefined), clock)
    for await (const step of timeline) out.push(step)
    expect(shown(out)).toEqual(['0 reset code="REFUSED_STREAM"'])
    expect(asked).toBe(false)
  })

  test('let go of a silent upstream at once when the client leaves', async () => {
    const clock = new VirtualClock()
    let stopped = false
    const upstream = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<Step>>(() => {}),
        return: async () => {
          stopped = true
          return { value: undefined, done: true as const }
        },
      }),
    }
    const specs = faults({ close: { at: { time: 50 } } })
    const timeline = withFaultsLive(upstream, specs, contextFor(undefined), clock)
    const walk = timeline[Symbol.asyncIterator]()
    const waiting = walk.next()
    await walk.return?.()
    expect(await waiting).toEqual({ value: undefined, done: true })
    expect(stopped).toBe(true)
  })

  test('pass an upstream failure on, after what was held back before it', async () => {
    async function* failing(): AsyncGenerator<Step> {
      yield* textSteps('a').slice(0, 2)
      throw new Error('socket hang up')
    }
    const clock = new VirtualClock()
    const specs = faults({ merge: { frames: 5 } })
    const out: Step[] = []
    const walk = (async () => {
      const timeline = withFaultsLive(failing(), specs, contextFor(undefined), clock)
      for await (const step of timeline) out.push(step)
    })()
    await expect(walk).rejects.toThrow('socket hang up')
    expect(shown(out)).toEqual(['0 head', '10 "data: Ta\\n\\n"'])
  })

  test.each([
    [{ reset: { at: 'random' } }, /^reset: a fraction or random place needs the length/],
    [{ stall: { for: 1, at: { fraction: 0.5 } } }, /^stall: .*; use a frame, byte, event/],
  ])('say why they cannot act: %j', (written, reason) => {
    const specs = faults({ delay: 5 }, written)
    expect(checkLive(specs)).toMatch(reason)
    expect(() =>
      withFaultsLive(
        live([], new VirtualClock()),
        specs,
        contextFor(undefined),
        new VirtualClock(),
      ),
    ).toThrow(reason)
  })

  test('have nothing against any other place', () => {
    const specs = faults({ reset: { at: { time: 5 } } }, 'refuse', { merge: { frames: 2 } })
    expect(checkLive(specs)).toBeUndefined()
  })
})
