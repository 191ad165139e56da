/** Every place where two JSON values differ. Pure. */

export interface TreeDifference {
  /** A place as `$.messages[0].content`, or a name. */
  readonly where: string
  /** Undefined where there is nothing. */
  readonly a: unknown
  readonly b: unknown
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null

/** In the order of the first; the order of keys does not count, that of lists does. */
export function* treeDifferences(where: string, a: unknown, b: unknown): Generator<TreeDifference> {
  if (!isTree(a) || !isTree(b) || Array.isArray(a) !== Array.isArray(b)) {
    if (a !== b) yield { where, a, b }
    return
  }
  const left = new Map<string, unknown>(Object.entries(a))
  const right = new Map<string, unknown>(Object.entries(b))
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const place = where + stepTo(key, Array.isArray(a))
    yield* treeDifferences(place, left.get(key), right.get(key))
  }
}

function stepTo(key: string, isIndex: boolean): string {
  if (isIndex) return `[${key}]`
  return /^[A-Za-z_]\w*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`
}
