/** Axes: round figures to mark, and how to write them. Pure. */
import { duration, grouped, shortMs } from './printable.ts'

/** Round values from 0 up to, and perhaps with, `most`: a step is 1, 2 or 5 times a power of ten. */
export function ticks(most: number, about: number): number[] {
  if (!(most > 0)) return [0]
  const rough = most / Math.max(1, about)
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = ([1, 2, 5, 10].find((times) => times * power >= rough) ?? 10) * power
  const marks: number[] = []
  for (let at = 0; at * step <= most * (1 + 1e-9); at++)
    marks.push(Number((at * step).toPrecision(12)))
  return marks
}

/** `250 ms`, `1.5 s`, `10 min`: all marks of one axis in one unit. */
export function timeMark(ms: number, mostMs: number): string {
  if (mostMs < 2000) return `${shortMs(ms)} ms`
  if (mostMs < 600_000) return `${Number((ms / 1000).toPrecision(4))} s`
  return `${Number((ms / 60_000).toPrecision(4))} min`
}

/** `1,200`; `1.2M` */
export function countMark(count: number): string {
  if (count >= 1e9) return `${Number((count / 1e9).toPrecision(3))}G`
  return count >= 1e6 ? `${Number((count / 1e6).toPrecision(3))}M` : grouped(count)
}

/** `5–10 ms`, `1–2 s`, `<0.1 ms`. */
export function gapRange(fromMs: number, toMs: number): string {
  if (fromMs === 0) return `< ${plain(toMs)} ms`
  if (fromMs >= 1000) return `${plain(fromMs / 1000)} to ${plain(toMs / 1000)} s`
  if (toMs >= 1000) return `${plain(fromMs)} ms to ${duration(toMs)}`
  return `${plain(fromMs)} to ${plain(toMs)} ms`
}

const plain = (value: number): string => String(Number(value.toPrecision(3)))
