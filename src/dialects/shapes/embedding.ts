/**
 * Embeddings that only have the form of real ones: same text and seed, same vector. Must never be
 * taken for a measure of likeness: texts that are near in meaning are as far apart as any others.
 */
import type { Random } from '../../core/random.ts'

/** Of unit length, and in no direction more often than in another. */
export function embedding(text: string, dimensions: number, random: Random): number[] {
  const source = random.fork(`embedding/${text}`)
  const vector = Array.from({ length: dimensions }, () => normal(source))
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}

/** Box and Muller's: only the normal distribution favours no direction in space. */
function normal(random: Random): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.next()))
  return radius * Math.cos(2 * Math.PI * random.next())
}
