/**
 * Lets virtual time pass while somebody waits for it, from one alarm to the next: whoever else has
 * set one, such as a client's own timeout, is rung in its turn. Must never pass time for nobody.
 */
import type { Alarm } from '../core/clock.ts'
import type { VirtualClock } from './clock.ts'

export interface Waiting {
  /** Resolves at that time, or at once where it is past; `cancel` gives it up, and leaves it pending. */
  until(atMs: number): { readonly reached: Promise<void>; cancel(): void }
  /**
   * Somebody waits for what never comes. `onStill` is called when no alarm is left that could change
   * that, or none within so long a time.
   */
  forever(onStill: () => void): { cancel(): void }
}

export function waiting(clock: VirtualClock, longestMs: number): Waiting {
  /** Of those who wait for ever, what to call. */
  const still = new Set<() => void>()
  let waiters = 0
  let isPassing = false

  const pass = async (): Promise<void> => {
    if (isPassing) return
    isPassing = true
    const limitMs = clock.now() + longestMs
    while (waiters > 0 || still.size > 0) {
      const isLate = still.size > 0 && waiters === 0
      if (await clock.toNextAlarm(isLate ? limitMs : undefined)) continue
      if (waiters > 0) continue
      const told = [...still]
      still.clear()
      for (const onStill of told) onStill()
    }
    isPassing = false
  }

  return {
    until(atMs) {
      if (atMs <= clock.now()) return { reached: Promise.resolve(), cancel: () => {} }
      let alarm: Alarm | undefined
      let isOver = false
      const reached = (async () => {
        // Whoever asks may set an alarm of its own in the same breath, which then comes first.
        for (let turn = 0; turn < 3; turn++) await undefined
        if (!isOver && waiters === 0 && still.size === 0 && clock.skipTo(atMs)) return
        await new Promise<void>((resolve) => {
          if (isOver) return
          waiters += 1
          alarm = clock.at(atMs, () => {
            waiters -= 1
            alarm = undefined
            resolve()
          })
          void pass()
        })
      })()
      return {
        reached,
        cancel() {
          isOver = true
          if (!alarm) return
          alarm.cancel()
          alarm = undefined
          waiters -= 1
        },
      }
    },
    forever(onStill) {
      const call = (): void => onStill()
      still.add(call)
      void pass()
      return { cancel: () => void still.delete(call) }
    },
  }
}
