/**
 * Where two texts differ, word by word: the shortest way from the one to the other, as long as that
 * is not long. Pure. Source: E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986).
 */

/** A piece that both have, or what the one has in the place of what the other has. */
export type Piece =
  | { readonly same: string }
  /** Either may be empty, but not both. */
  | { readonly a: string; readonly b: string }

/** A longer way is not looked for: everything between the first and the last difference is one. */
const longestWay = 400

/** The pieces, joined, are the texts. */
export function diffTexts(a: string, b: string): Piece[] {
  const [left, right] = [wordsOf(a), wordsOf(b)]
  let from = 0
  while (from < left.length && left[from] === right[from]) from++
  let [endA, endB] = [left.length, right.length]
  while (endA > from && endB > from && left[endA - 1] === right[endB - 1]) {
    endA--
    endB--
  }
  const inner = way(left.slice(from, endA), right.slice(from, endB))
  return gather([
    { same: left.slice(0, from).join('') },
    ...inner,
    { same: left.slice(endA).join('') },
  ])
}

/** Words, runs of spaces, and single other characters. */
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}_]+|\s+|[\s\S]/gu) ?? []

function way(a: readonly string[], b: readonly string[]): Piece[] {
  const trace = search(a, b)
  if (!trace) return [{ a: a.join(''), b: b.join('') }]
  const pieces: Piece[] = []
  let [x, y] = [a.length, b.length]
  for (let steps = trace.length - 1; steps >= 0; steps--) {
    const reached = trace[steps] ?? new Map<number, number>()
    const k = x - y
    const isDown = goesDown(reached, k, steps)
    const beforeK = isDown ? k + 1 : k - 1
    const beforeX = steps === 0 ? 0 : at(reached, beforeK)
    const beforeY = steps === 0 ? 0 : beforeX - beforeK
    while (x > beforeX && y > beforeY) {
      pieces.push({ same: a[--x] ?? '' })
      y--
    }
    if (steps === 0) break
    pieces.push(isDown ? { a: '', b: b[--y] ?? '' } : { a: a[--x] ?? '', b: '' })
  }
  return pieces.reverse()
}

const goesDown = (reached: ReadonlyMap<number, number>, k: number, steps: number): boolean =>
  k === -steps || (k !== steps && at(reached, k - 1) < at(reached, k + 1))

const at = (reached: ReadonlyMap<number, number>, k: number): number => reached.get(k) ?? -1

/** The furthest point on each diagonal before each step; undefined where the way is too long. */
function search(a: readonly string[], b: readonly string[]): Map<number, number>[] | undefined {
  const trace: Map<number, number>[] = []
  let reached = new Map([[1, 0]])
  for (let steps = 0; steps <= longestWay; steps++) {
    trace.push(new Map(reached))
    const next = new Map(reached)
    for (let k = -steps; k <= steps; k += 2) {
      const isDown = goesDown(reached, k, steps)
      let x = isDown ? at(reached, k + 1) : at(reached, k - 1) + 1
      let y = x - k
      while (x < a.length && y < b.length && a[x] === b[y]) {
        x++
        y++
      }
      next.set(k, x)
      if (x >= a.length && y >= b.length) return trace
    }
    reached = next
  }
  return undefined
}

/** Neighbours of one kind become one piece, and so do changes with nothing but space between. */
function gather(pieces: readonly Piece[]): Piece[] {
  const joined = joinNeighbours(pieces)
  const closed = joined.map((piece, at): Piece => {
    const isBetween = at > 0 && at < joined.length - 1
    if (!('same' in piece) || !isBetween || piece.same.trim() !== '') return piece
    return { a: piece.same, b: piece.same }
  })
  return joinNeighbours(closed)
}

function joinNeighbours(pieces: readonly Piece[]): Piece[] {
  const gathered: Piece[] = []
  for (const piece of pieces) {
    const last = gathered.at(-1)
    if ('same' in piece) {
      if (piece.same === '') continue
      if (last && 'same' in last) gathered[gathered.length - 1] = { same: last.same + piece.same }
      else gathered.push(piece)
    } else if (piece.a !== '' || piece.b !== '') {
      if (last && 'a' in last) {
        gathered[gathered.length - 1] = { a: last.a + piece.a, b: last.b + piece.b }
      } else gathered.push(piece)
    }
  }
  return gathered
}
