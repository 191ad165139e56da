/** Durations as people write them: `250ms`, `1.5s`, `2m`, `1h`; a bare number is milliseconds. */

const unitMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

const form = /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(ms|s|m|h)?\s*$/

/** Milliseconds, or undefined where the text is no duration. */
export function parseDuration(written: string | number): number | undefined {
  if (typeof written === 'number') {
    return Number.isFinite(written) && written >= 0 ? written : undefined
  }
  const found = form.exec(written)
  if (!found) return undefined
  const unit = (found[2] ?? 'ms') as keyof typeof unitMs
  // Rounded to nanoseconds, since 1.015 × 1000 is not quite 1015 in binary.
  return Math.round(Number(found[1]) * unitMs[unit] * 1e6) / 1e6
}
