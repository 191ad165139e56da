/**
 * Where two replies of one script differ. What differs has to be strings that each reply has for
 * itself, such as its id; anything else means that the replies are not alike after all.
 */

/** Bytes of a body that are a string of the reply itself. */
export interface OwnPlace {
  readonly at: number
  readonly length: number
  /** Which of the reply's own strings stands there. */
  readonly index: number
}

export interface Told {
  readonly body: Buffer
  /** The strings that are this reply's own, all of them ASCII. */
  readonly own: readonly string[]
}

/** In ascending order; undefined where the replies differ in more than what is their own. */
export function ownPlaces(one: Told, other: Told): OwnPlace[] | undefined {
  if (one.body.length !== other.body.length) return undefined
  const places: OwnPlace[] = []
  let free = 0
  for (let at = 0; at < one.body.length; at++) {
    if (one.body[at] === other.body[at]) continue
    const place = placeAround(at, free, one, other)
    if (!place) return undefined
    places.push(place)
    free = place.at + place.length
    at = free - 1
  }
  return places
}

/** Two ids may share signs, so that an id can begin before the first byte that differs. */
function placeAround(at: number, free: number, one: Told, other: Told): OwnPlace | undefined {
  for (const [index, text] of one.own.entries()) {
    const { length } = text
    if (length === 0 || other.own[index]?.length !== length) continue
    const found = one.body.lastIndexOf(text, at, 'latin1')
    if (found < free || found + length <= at) continue
    const there = other.body.toString('latin1', found, found + length)
    if (there === other.own[index]) return { at: found, length, index }
  }
  return undefined
}

/**
 * Bytes of a body that hold own strings and what stands between them. They are the same wherever a
 * chunk repeats them, so that a reply writes them once and copies them often.
 */
export interface OwnBlock {
  readonly at: number
  readonly length: number
  /** Where own strings stand in it. */
  readonly places: readonly OwnPlace[]
}

/** What is farther apart than this does not belong together. */
const mostBetween = 96

/**
 * Joins places that are near each other.
 *
 * @param ends where the chunks end, since no block may be in two of them
 */
export function ownBlocks(places: readonly OwnPlace[], ends: readonly number[]): OwnBlock[] {
  const groups: OwnPlace[][] = []
  let end = Number.NEGATIVE_INFINITY
  let chunk = 0
  let lastChunk = -1
  for (const place of places) {
    const group = groups.at(-1)
    while (place.at >= (ends[chunk] ?? Number.POSITIVE_INFINITY)) chunk += 1
    if (group && chunk === lastChunk && place.at - end <= mostBetween) group.push(place)
    else groups.push([place])
    end = place.at + place.length
    lastChunk = chunk
  }
  return groups.map((group) => {
    const at = group[0]?.at ?? 0
    const last = group.at(-1)
    const length = last ? last.at + last.length - at : 0
    return { at, length, places: group.map((place) => ({ ...place, at: place.at - at })) }
  })
}
