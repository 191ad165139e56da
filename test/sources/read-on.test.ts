import { describe, expect, it } from 'vitest'
import type { LiveSteps, LiveTimeline, Step } from '../../src/core/timeline.ts'
import { type ReadOnLimits, readOn } from '../../src/sources/read-on.ts'
import { VirtualClock } from '../../src/time/clock.ts'

const write = (text: string): Step => ({ atMs: 1, do: 'write', bytes: Buffer.from(text) })
const end: Step = { atMs: 9, do: 'end' }
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A live timeline that is fed by hand, and says how many steps were taken and whether it was left. */
class Fed implements LiveSteps {
  readonly taken: Step[] = []
  left = 0
  #waiting: ((step: IteratorResult<Step>) => void) | undefined
  readonly #queue: Step[] = []

  give(...steps: Step[]): void {
    this.#queue.push(...steps)
    this.#pass()
  }

  next(): Promise<IteratorResult<Step>> {
    expect(this.#waiting, 'one step is asked for at a time').toBeUndefined()
    return new Promise((resolve) => {
      this.#waiting = resolve
      this.#pass()
    })
  }

  async return(): Promise<IteratorResult<Step>> {
    this.left += 1
    this.#waiting?.({ done: true, value: undefined })
    return { done: true, value: undefined }
  }

  #pass(): void {
    const last = this.taken.at(-1)
    if (!this.#waiting) return
    const step = this.#queue.shift()
    if (!step && last !== end) return
    const waiting = this.#waiting
    this.#waiting = undefined
    if (step) this.taken.push(step)
    waiting(step ? { done: false, value: step } : { done: true, value: undefined })
  }
}

function reading(limits?: ReadOnLimits) {
  const source = new Fed()
  const clock = new VirtualClock()
  const reached: string[] = []
  const live: LiveTimeline = { [Symbol.asyncIterator]: () => source }
  const timeline = readOn(live, {
    clock,
    onLimit: (why) => reached.push(why),
    ...(limits ? { limits } : {}),
  })
  return { source, clock, reached, steps: timeline[Symbol.asyncIterator]() }
}

describe('a live stream that our side has ended', () => {
  it('is read to its own end, and is then not left', async () => {
    const { source, steps, reached } = reading()
    source.give(write('a'), write('b'))
    await steps.next()
    steps.detach?.()
    await settled()
    source.give(write('c'), end)
    await settled()
    expect(source.taken).toEqual([write('a'), write('b'), write('c'), end])
    expect([source.left, reached]).toEqual([0, []])
  })

  it('is read on from the step that was waited for when it ended', async () => {
    const { source, steps } = reading()
    const waited = steps.next()
    steps.detach?.()
    source.give(write('a'), write('b'), end)
    expect(await waited).toEqual({ done: false, value: write('a') })
    await settled()
    expect(source.taken).toHaveLength(3)
  })

  it('is not left because the client leaves afterwards', async () => {
    const { source, steps } = reading()
    steps.detach?.()
    await steps.return?.()
    source.give(write('a'), end)
    await settled()
    expect([source.left, source.taken.length]).toEqual([0, 2])
  })

  it('is left at once where the client leaves first', async () => {
    const { source, steps } = reading()
    const waited = steps.next()
    await steps.return?.()
    expect([source.left, (await waited).done]).toEqual([1, true])
  })

  it('is left after five minutes', async () => {
    const { source, steps, clock, reached } = reading()
    steps.detach?.()
    await clock.advance(299_999)
    expect(source.left).toBe(0)
    await clock.advance(1)
    expect([source.left, reached]).toEqual([1, ['after 300 s']])
  })

  it('is left after so many bytes more, and read no further', async () => {
    const { source, steps, reached } = reading({ ms: 1000, bytes: 3 })
    source.give(write('ignored, since it came before'), write('abc'))
    await steps.next()
    steps.detach?.()
    await settled()
    expect([source.left, reached]).toEqual([0, []])
    source.give(write('d'), write('e'))
    await settled()
    expect([source.left, reached, source.taken.length]).toEqual([1, ['after 4 bytes'], 3])
  })

  it('holds no alarm once it is over', async () => {
    const { source, steps, clock, reached } = reading()
    steps.detach?.()
    source.give(end)
    await settled()
    await clock.advance(600_000)
    expect([source.left, reached]).toEqual([0, []])
  })
})

describe('the ending of a stream', () => {
  it('waits until it may come, and what is before it does not', async () => {
    const source = new Fed()
    const live: LiveTimeline = { [Symbol.asyncIterator]: () => source }
    let allow: () => void = () => {}
    const allowed = new Promise<void>((resolve) => {
      allow = resolve
    })
    const options = { clock: new VirtualClock(), onLimit: () => {}, beforeEnding: () => allowed }
    const steps = readOn(live, options)[Symbol.asyncIterator]()
    source.give(write('a'), end)
    expect(await steps.next()).toEqual({ done: false, value: write('a') })
    let ended = false
    const last = steps.next().then((step) => {
      ended = true
      return step
    })
    await settled()
    expect(ended).toBe(false)
    allow()
    expect(await last).toEqual({ done: false, value: end })
  })
})
