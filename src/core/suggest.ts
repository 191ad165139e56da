/** "Did you mean …?" for unknown keys and names. */
import { distance } from 'fastest-levenshtein'

/** The nearest of the known names, if one is near enough to be what was meant. */
function nearest(written: string, known: readonly string[]): string | undefined {
  const wanted = written.toLowerCase()
  let best: string | undefined
  let bestDistance = Math.max(2, Math.floor(written.length / 3)) + 1
  for (const name of known) {
    const d = distance(wanted, name.toLowerCase())
    if (d < bestDistance) [best, bestDistance] = [name, d]
  }
  return best
}

/** `; did you mean "x"?` or, where nothing is near, the whole list. */
export function suggestion(written: string, known: readonly string[]): string {
  const near = nearest(written, known)
  return near ? `; did you mean "${near}"?` : `; known are ${known.join(', ')}`
}
