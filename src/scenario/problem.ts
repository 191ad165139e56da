/** A mistake in plain data, not yet a place in a file. */

export type Path = readonly (string | number)[]

export interface Problem {
  readonly path: Path
  /** The key at fault, within the mapping at `path`: the mistake is the key, not what it holds. */
  readonly key?: string
  /** A piece of the text at `path` that is at fault, and how many like it come before. */
  readonly piece?: { readonly text: string; readonly nth: number }
  readonly message: string
}

/** The same problems, seen from further out. */
export const within = (path: Path, problems: readonly Problem[]): Problem[] =>
  problems.map((problem) => ({ ...problem, path: [...path, ...problem.path] }))

/** The value at a path in plain data; undefined where there is none. */
export function valueAt(value: unknown, path: Path): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null) return undefined
    found = Object.getOwnPropertyDescriptor(found, String(key))?.value
  }
  return found
}

/** How a value is named in a message: `"x"`, `3`, `a list`. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object') return 'a mapping'
  if (typeof value !== 'string') return String(value)
  const line = value.length > 60 ? `${value.slice(0, 57)}...` : value
  return JSON.stringify(line)
}
