import { setImmediate as nextImmediate } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { InOrder, Turns } from '../../src/time/turns.ts'

/** What has arrived meanwhile is read between two turns, for which there is a whole one of the loop. */
async function nextTurn(): Promise<void> {
  await nextImmediate()
  await nextImmediate()
}

describe('turns of the event loop', () => {
  it('let what comes alone run at once', async () => {
    const turns = new Turns()
    const ran: string[] = []
    turns.run(() => ran.push('first'))
    expect(ran).toEqual(['first'])
    await nextTurn()
    turns.run(() => ran.push('second'))
    expect(ran).toEqual(['first', 'second'])
  })

  it('give one of those that come together to each, in their order', async () => {
    const turns = new Turns()
    const ran: number[] = []
    for (const which of [0, 1, 2, 3]) turns.run(() => ran.push(which))
    expect(ran).toEqual([0])
    await nextTurn()
    for (const seen of [
      [0, 1],
      [0, 1, 2],
      [0, 1, 2, 3],
    ]) {
      expect(ran).toEqual(seen)
      await nextImmediate()
    }
  })

  it('put what comes later behind what waits', async () => {
    const turns = new Turns()
    const ran: string[] = []
    turns.run(() => ran.push('first'))
    turns.run(() => ran.push('waited'))
    await nextTurn()
    turns.run(() => ran.push('late'))
    expect(ran).toEqual(['first', 'waited'])
    await nextImmediate()
    expect(ran).toEqual(['first', 'waited', 'late'])
  })

  it('are kept by a task that goes on, before any other has its own', async () => {
    const turns = new Turns()
    const ran: string[] = []
    const begin = (name: string): void => {
      ran.push(name)
      turns.goOn(() => ran.push(`${name}, too`))
    }
    turns.run(() => begin('first'))
    turns.run(() => begin('second'))
    expect(ran).toEqual(['first'])
    await nextTurn()
    for (const seen of [
      ['first', 'first, too'],
      ['first', 'first, too', 'second'],
      ['first', 'first, too', 'second', 'second, too'],
    ]) {
      expect(ran).toEqual(seen)
      await nextImmediate()
    }
  })

  it('are given to the others where one of them throws', async () => {
    const turns = new Turns()
    const ran: string[] = []
    const broken = (): void => {
      throw new Error('broken')
    }
    expect(() => turns.run(broken)).toThrow('broken')
    turns.run(() => ran.push('next'))
    expect(ran).toEqual([])
    await nextTurn()
    expect(ran).toEqual(['next'])
  })
})

describe('what is to go on in its order', () => {
  it('waits for those before it, and for nobody else', () => {
    const order = new InOrder()
    const ran: string[] = []
    const [first, second, third] = ['first', 'second', 'third'].map((which) =>
      order.join(() => ran.push(which)),
    )
    second?.()
    expect(ran).toEqual([])
    first?.()
    expect(ran).toEqual(['first', 'second'])
    third?.()
    expect(ran).toEqual(['first', 'second', 'third'])
  })
})
