/** "Did you mean …?" for unknown keys and names. */
import { distance } from 'fastest-levenshtein'

/** The known names, the nearest to what was written first. */
export function nearest(written: string, known: readonly string[]): string[] {
  const wanted = written.toLowerCase()
  const far = new Map(known.map((name) => [name, distance(wanted, name.toLowerCase())]))
  return [...known].sort((a, b) => (far.get(a) ?? 0) - (far.get(b) ?? 0))
}

/** The nearest of the known names, if one is near enough to be what was meant. */
function meant(written: string, known: readonly string[]): string | undefined {
  const wanted = written.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(written.length / 3)) + 1
  for (const name of known) {
    const d = distance(wanted, name.toLowerCase())
    if (d < bestDistance) [best, bestDistance] = [name, d]
  }
  return best
}

/**
 * `; did you mean "x"?` or, where nothing is near, the whole list.
 * @param listed is shown instead where the known names are too many for a list
 */
export function suggestion(
  written: string,
  known: readonly string[],
  listed: readonly string[] = known,
): string {
  const near = meant(written, known)
  return near ? `; did you mean "${near}"?` : `; known are ${listed.join(', ')}`
}
