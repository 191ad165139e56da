/** How far two samples of durations are apart, each as a whole. Pure. */
import type { Sample } from './sample.ts'

export interface Distance {
  /**
   * Wasserstein's, in milliseconds: how far each gap of the one would have to be moved, on average,
   * to make it the other.
   */
  readonly wassersteinMs: number
  /**
   * Kolmogorov and Smirnov's, from 0 to 1: the largest difference between the parts of the two that
   * lie below any one length.
   */
  readonly ks: number
}

/** Undefined where one of them is empty. */
export function distanceOf(a: Sample, b: Sample): Distance | undefined {
  if (a.count === 0 || b.count === 0) return undefined
  let [wassersteinMs, ks] = [0, 0]
  let [belowA, belowB] = [0, 0]
  let lastMs = 0
  for (const { value, countA, countB } of merged(a, b)) {
    const apart = Math.abs(belowA / a.count - belowB / b.count)
    wassersteinMs += apart * (value - lastMs)
    belowA += countA
    belowB += countB
    ks = Math.max(ks, Math.abs(belowA / a.count - belowB / b.count))
    lastMs = value
  }
  return { wassersteinMs, ks }
}

/** Every value of either, ascending. */
function* merged(
  a: Sample,
  b: Sample,
): Generator<{ readonly value: number; readonly countA: number; readonly countB: number }> {
  const [left, right] = [a.values(), b.values()]
  let [i, j] = [0, 0]
  while (i < left.length || j < right.length) {
    const [valueA, countOfA] = left[i] ?? [Number.POSITIVE_INFINITY, 0]
    const [valueB, countOfB] = right[j] ?? [Number.POSITIVE_INFINITY, 0]
    const value = Math.min(valueA, valueB)
    const [isA, isB] = [valueA === value, valueB === value]
    if (isA) i++
    if (isB) j++
    yield { value, countA: isA ? countOfA : 0, countB: isB ? countOfB : 0 }
  }
}
