/**
 * Of many recordings, the few that a person would call nearest to a request that none answers: the
 * same conversation first, then the one with the most in common. Pure.
 *
 * Must stay quick with ten thousand recordings: all are compared by a few numbers, and only the
 * best of those word by word.
 */
import { distance } from 'fastest-levenshtein'
import type { Recording } from '../format.ts'
import type { Matching, Seen } from './match.ts'
import { type Difference, differences, inContext, plain } from './match-difference.ts'
import { nearness, sketchOf, turnsOf } from './match-sketch.ts'

/** How a message of the request compares with the one at its place on tape. */
export interface ComparedMessage {
  readonly index: number
  readonly role: string
  readonly is: 'same' | 'different' | 'only-taped' | 'only-asked'
}

/** A recording beside the request that it does not answer. */
export interface Near {
  readonly file: string
  /** When it was taped. */
  readonly at: string
  /** The first few; values are cut around the place where they part. */
  readonly differences: readonly ShownDifference[]
  /** How many there are in all; it stops counting at 40. */
  readonly count: number
  /** Empty where the request is no conversation. */
  readonly messages: readonly ComparedMessage[]
}

interface ShownDifference {
  readonly where: string
  /** In JSON; `nothing` where it has nothing there. */
  readonly taped: string
  readonly asked: string
}

/** More differences than this say no more about how near two requests are. */
export const mostDifferences = 40
const shownDifferences = 5
const mostShown = 3
const mostCompared = 24

export function nearest(
  recordings: readonly Recording[],
  matchingOf: (recording: Recording) => Matching,
  askedBy: (matching: Matching) => Seen,
): readonly Near[] {
  const sketches = new Map<Matching, ReturnType<typeof sketchOf>>()
  const sketchFor = (matching: Matching) => {
    const known = sketches.get(matching) ?? sketchOf(askedBy(matching).masked)
    sketches.set(matching, known)
    return known
  }
  return recordings
    .map((recording) => {
      const matching = matchingOf(recording)
      return { recording, likely: nearness(matching.sketchOf(recording), sketchFor(matching)) }
    })
    .sort((a, b) => b.likely - a.likely)
    .slice(0, mostCompared)
    .map(({ recording }) => {
      const matching = matchingOf(recording)
      return compared(recording, matching.taped(recording), askedBy(matching))
    })
    .sort((a, b) => a.distance - b.distance)
    .slice(0, mostShown)
    .map(({ near }) => near)
}

function compared(
  recording: Recording,
  taped: Seen,
  asked: Seen,
): { near: Near; distance: number } {
  const found: Difference[] = []
  for (const difference of differences(taped, asked)) {
    found.push(difference)
    if (found.length >= mostDifferences) break
  }
  const messages = comparedMessages(taped, asked, found)
  const near = {
    file: recording.file,
    at: recording.at,
    differences: found.slice(0, shownDifferences).map((difference) => ({
      where: difference.where,
      ...inContext(difference),
    })),
    count: found.length,
    messages,
  }
  return { near, distance: distanceOf(found, messages) }
}

/** Another place weighs more than any words; of one conversation, the longest equal beginning. */
function distanceOf(found: readonly Difference[], messages: readonly ComparedMessage[]): number {
  let far = 0
  for (const difference of found) far += weightOf(difference)
  const parted = messages.findIndex(({ is }) => is !== 'same')
  const common = parted < 0 ? messages.length : parted
  return far + (messages.length === 0 ? 0 : 20 * (1 - common / messages.length))
}

const weights: Readonly<Record<string, number>> = { method: 1000, path: 2000, query: 5, headers: 5 }

/** Words that are nearly the same are nearer than others. */
function weightOf({ where, taped, asked }: Difference): number {
  const weight = weights[where]
  if (weight !== undefined) return weight
  if (typeof taped !== 'string' || typeof asked !== 'string') return 1
  const [left, right] = [taped.slice(0, 500), asked.slice(0, 500)]
  return 0.2 + (0.8 * distance(left, right)) / Math.max(left.length, right.length, 1)
}

function comparedMessages(
  taped: Seen,
  asked: Seen,
  found: readonly Difference[],
): readonly ComparedMessage[] {
  const [left, right] = [turnsOf(taped.masked.body), turnsOf(asked.masked.body)]
  if (left.name === '' || left.name !== right.name) return []
  const count = Math.max(left.turns.length, right.turns.length)
  return Array.from({ length: count }, (_, index) => {
    const [before, now] = [left.turns[index], right.turns[index]]
    const role = roleOf(plain(now ?? before))
    if (index >= left.turns.length) return { index, role, is: 'only-asked' }
    if (index >= right.turns.length) return { index, role, is: 'only-taped' }
    const place = `$.${left.name}[${index}]`
    const differs = found.some(({ where }) => where === place || isBelow(where, place))
    return { index, role, is: differs ? 'different' : 'same' }
  })
}

const isBelow = (where: string, place: string): boolean =>
  where.startsWith(`${place}.`) || where.startsWith(`${place}[`)

/** What kind of message it is: its role, or its type where it has none. */
function roleOf(turn: unknown): string {
  if (typeof turn !== 'object' || turn === null) return 'message'
  const fields = new Map<string, unknown>(Object.entries(turn))
  const role = fields.get('role') ?? fields.get('type')
  return typeof role === 'string' ? role : 'message'
}
