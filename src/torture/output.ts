/**
 * What two runs of a client printed, compared. Outputs that differ from run to run are compared by
 * what stays: first as they are, then without times and ids, then without numbers, then by the lines
 * that both clean runs have.
 */
export { differenceOf } from '../sweep/verdict.ts'

export interface Comparing {
  /** For people: what of the output is compared. */
  readonly by: 'all' | 'without times and ids' | 'without numbers' | 'stable lines' | 'nothing'
  /** The part of an output that is compared. */
  view(output: string): string
}

/** Where a client is told to ask is another port in each run. */
const ownAddress = /\b(127\.0\.0\.1|localhost):\d{2,5}\b/g

const volatile: readonly RegExp[] = [
  /\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?/g,
  /\b\d\d:\d\d:\d\d(\.\d+)?\b/g,
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
  /\b\d+(\.\d+)?\s?(ns|µs|us|ms|s|sec|seconds?|m|min|minutes?)\b/g,
  /\b[a-z]+[-_][A-Za-z0-9]{12,}\b/g,
]

const masked = (output: string, patterns: readonly RegExp[]): string =>
  patterns.reduce((text, pattern) => text.replaceAll(pattern, '*'), output)

/**
 * Chooses what is compared, from what two clean runs printed.
 * @param masks what the user wants to be overlooked
 */
export function comparing(first: string, second: string, masks: readonly RegExp[] = []): Comparing {
  const plain = (output: string): string =>
    masked(output.replaceAll('\r\n', '\n').replaceAll(ownAddress, '$1:PORT'), masks)
  const timeless = (output: string): string => masked(plain(output), volatile)
  const numberless = (output: string): string => masked(timeless(output), [/\d+(\.\d+)?/g])
  const views: readonly Comparing[] = [
    { by: 'all', view: plain },
    { by: 'without times and ids', view: timeless },
    { by: 'without numbers', view: numberless },
  ]
  const found = views.find(({ view }) => view(first) === view(second))
  if (found) return found
  const stable = new Set(linesOf(numberless(first)).filter(isIn(linesOf(numberless(second)))))
  stable.delete('')
  const onlyStable = (output: string): string =>
    linesOf(numberless(output))
      .filter((line) => stable.has(line))
      .join('\n')
  const isOrdered = onlyStable(first) === onlyStable(second)
  if (stable.size > 0 && isOrdered) return { by: 'stable lines', view: onlyStable }
  return { by: 'nothing', view: () => '' }
}

const linesOf = (text: string): string[] => text.split('\n')

const isIn = (lines: readonly string[]): ((line: string) => boolean) => {
  const known = new Set(lines)
  return (line) => known.has(line)
}
