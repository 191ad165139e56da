/** What is made of many measurements. Pure. */

const ascending = (values) => Float64Array.from(values).sort()

const at = (sorted, part) =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN

/** The values below which a half and 99 of 100 lie, and the largest. */
export function quantiles(values) {
  const sorted = ascending(values)
  return { p50: at(sorted, 0.5), p99: at(sorted, 0.99), max: at(sorted, 1) }
}

export function median(values) {
  const sorted = ascending(values)
  const middle = sorted.length >> 1
  if (sorted.length % 2 === 1) return sorted[middle]
  return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

/** The median of what `pick` finds in each round, rounded. */
export const medianOf = (rounds, pick) => rounded(median(rounds.map(pick)))

/** The median of the quantiles that `pick` finds in each round, and the largest of all. */
export const medianQuantiles = (rounds, pick) => ({
  p50: medianOf(rounds, (round) => pick(round).p50),
  p99: medianOf(rounds, (round) => pick(round).p99),
  max: rounded(Math.max(...rounds.map((round) => pick(round).max))),
})

/**
 * How one compares with another, round by round: what was measured side by side is set against each
 * other, so that a machine that is busy for a while does not favour either.
 */
function compared(ours, theirs, compare) {
  const both = Math.min(ours.length, theirs.length)
  const each = ours.slice(0, both).map((value, round) => compare(value, theirs[round]))
  return {
    median: rounded(median(each)),
    low: rounded(Math.min(...each)),
    high: rounded(Math.max(...each)),
  }
}

export const ratio = (ours, theirs) => compared(ours, theirs, (one, other) => one / other)

export const difference = (ours, theirs) => compared(ours, theirs, (one, other) => one - other)

const sum = (values) => values.reduce((total, value) => total + value, 0)

/** The errors of all rounds, and the first of them in words. */
export const errorsOf = (rounds) => ({
  errors: sum(rounds.map(({ errors }) => errors)),
  reasons: [...new Set(rounds.flatMap(({ reasons }) => reasons))].slice(0, 5),
})

/** Rounded to so many significant digits, which is more than a bench can know anyway. */
export function rounded(value, digits = 4) {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : null
}
