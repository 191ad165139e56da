import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { StuntdoubleError } from '../../../src/core/errors.ts'
import type { Limit } from '../../../src/core/limits.ts'
import type { Candidate, TakeAsk } from '../../../src/scenario/state.ts'
import { SharedMemory } from '../../../src/server/shared/shared-memory.ts'
import { VirtualClock } from '../../../src/time/clock.ts'
import { workersOf } from './pipe.ts'

const candidate: fc.Arbitrary<Candidate> = fc.record(
  {
    key: fc.constantFrom('a', 'b', 'c'),
    scenario: fc.constantFrom('one', 'two'),
    times: fc.integer({ min: 1, max: 3 }),
    from: fc.subarray(['start', 'next'], { minLength: 1 }),
    to: fc.constantFrom('start', 'next'),
    tape: fc.record({
      source: fc.constant('tapes'),
      takes: fc.subarray(['1', '2', '3'], { minLength: 1 }),
      after: fc.constantFrom('repeat-last', 'loop', 'error'),
      usedUp: fc.constantFrom('answers', 'next', 'stop'),
    }),
  },
  { requiredKeys: ['key', 'scenario'] },
)

const takeAsk: fc.Arbitrary<TakeAsk> = fc.record(
  {
    session: fc.constantFrom('s', 't'),
    dialogue: fc.constantFrom('d', 'e'),
    given: fc.record({ turn: fc.integer({ min: 1, max: 2 }) }, { requiredKeys: [] }),
    candidates: fc.array(candidate, { maxLength: 4 }),
  },
  { requiredKeys: ['session', 'candidates'] },
)

describe('steps of several processes', () => {
  it('are the same as those of one, in the order in which they were taken', async () => {
    const steps = fc.array(fc.record({ worker: fc.nat(2), ask: takeAsk }), { maxLength: 30 })
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const { workers } = workersOf(3, new VirtualClock())
        const alone = new SharedMemory(new VirtualClock())
        for (const { worker, ask } of all) {
          expect(await workers[worker]?.state.take(ask)).toEqual(alone.take(ask))
        }
      }),
      { numRuns: 40 },
    )
  })

  it('never take one of `times` twice, however they interleave', async () => {
    const asked = fc.array(fc.nat(2), { maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(asked, fc.integer({ min: 1, max: 20 }), async (from, times) => {
        const { workers } = workersOf(3, new VirtualClock())
        const candidates = [{ key: 'r', scenario: 'a', times }]
        const taken = await Promise.all(
          from.map((worker) => workers[worker]?.state.take({ session: 's', candidates })),
        )
        const hits = taken.flatMap((one) => (one && 'hit' in one ? [one.hit] : []))
        const wanted = Math.min(times, from.length)
        expect(hits.sort((a, b) => a - b)).toEqual(
          Array.from({ length: wanted }, (_, index) => index + 1),
        )
      }),
      { numRuns: 40 },
    )
  })

  it('are in one turn what they are one after the other, however many ask for the same', async () => {
    const [first, second, ...rest] = [
      { key: 'a', scenario: 'one' },
      { key: 'b', scenario: 'one', times: 2 },
      { key: 'c', scenario: 'one', to: 'next' },
    ].map((one): readonly Candidate[] => [one])
    const asks: fc.Arbitrary<TakeAsk> = fc.record(
      {
        session: fc.constantFrom('s', 't'),
        dialogue: fc.constantFrom('d', 'e'),
        given: fc.record({ states: fc.constant([['one', 'start']] as const) }),
        candidates: fc.constantFrom(first ?? [], second ?? [], ...rest),
      },
      { requiredKeys: ['session', 'candidates'] },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(asks, { maxLength: 20 }), async (all) => {
        const { workers } = workersOf(1, new VirtualClock())
        const alone = new SharedMemory(new VirtualClock())
        const taken = await Promise.all(all.map((ask) => workers[0]?.state.take(ask)))
        expect(taken).toEqual(all.map((ask) => alone.take(ask)))
      }),
      { numRuns: 60 },
    )
  })

  it('are answered by what is wrong with them, also where that is known late', async () => {
    const { workers, memory } = workersOf(1, new VirtualClock())
    const [worker] = workers
    const late = new StuntdoubleError('bad-request', 'no such door')
    memory.enter = () => Promise.reject(late)
    await expect(worker?.state.enter({ ticket: '1', asks })).rejects.toThrow('no such door')
  })

  it('go in one message, those of one turn of the event loop', async () => {
    const { workers } = workersOf(1, new VirtualClock())
    const [worker] = workers
    const ask = { session: 's', plan: 'p' }
    const places = await Promise.all([1, 2, 3].map(() => worker?.state.nextInPlan(ask)))
    expect(places).toEqual([1, 2, 3])
    expect(worker?.sent()).toBe(1)
  })
})

const onePlace: Limit = {
  ...{ name: 'one', counted: 'concurrent', most: 1, perMs: 0, as: 'window', by: [] },
  ...{ keys: undefined, models: undefined, dialects: undefined, error: undefined },
  queue: { length: 5, waitMs: undefined },
}

const asks = [{ key: 'one', limit: onePlace, session: 's', amount: 1 }]

describe('places in a limit', () => {
  it('go to who came first, whichever process it came to', async () => {
    const { workers } = workersOf(2, new VirtualClock())
    const order: string[] = []
    const [a, b] = workers
    await a?.state.enter({ ticket: '1', asks })
    const second = b?.state.enter({ ticket: '1', asks }).then(() => order.push('second'))
    await b?.state.reset({ session: 'another' })
    const third = a?.state.enter({ ticket: '2', asks }).then(() => order.push('third'))
    await a?.state.reset({ session: 'another' })
    a?.state.leave({ ticket: '1', asks, said: [] })
    await second
    b?.state.leave({ ticket: '1', asks, said: [] })
    await third
    expect(order).toEqual(['second', 'third'])
  })

  it('are free again when the process that held them dies', async () => {
    const { workers } = workersOf(2, new VirtualClock())
    const [a, b] = workers
    await a?.state.enter({ ticket: '1', asks })
    const waiting = b?.state.enter({ ticket: '1', asks })
    a?.die()
    expect(await waiting).toEqual({ told: [{ remaining: 0, resetMs: 0 }] })
  })
})
