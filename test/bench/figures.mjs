/** What is made of many measurements. Pure. */

const ascending = (values) => [...values].sort((a, b) => a - b)

/** The value below which the fraction `part` of all lies. */
export function quantile(values, part) {
  const sorted = ascending(values)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export function median(values) {
  const sorted = ascending(values)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** The median of what a key has in each round. */
export const medianOf = (rounds, key) => median(rounds.map((round) => round[key]))

/**
 * How one compares with another, round by round: what was measured side by side is divided, so that
 * a machine that is busy for a while does not favour either.
 */
export function ratio(ours, theirs) {
  const each = ours.map((value, round) => value / theirs[round])
  return { median: median(each), low: Math.min(...each), high: Math.max(...each) }
}

export const sum = (values) => values.reduce((total, value) => total + value, 0)

/** Rounded to so many significant digits, which is more than a bench can know anyway. */
export function rounded(value, digits = 4) {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : null
}
