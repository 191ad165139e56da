/** Looking into parsed JSON of unknown form: every step gives undefined where nothing fits. */

export type Fields = Readonly<Record<string, unknown>>

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The value at a path of member names. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let here = value
  for (const name of path) {
    if (!isFields(here) || !Object.hasOwn(here, name)) return undefined
    here = here[name]
  }
  return here
}

export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const here = at(value, ...path)
  return typeof here === 'string' ? here : undefined
}

/** Also a number that stands in quotes. */
export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const here = at(value, ...path)
  const number = typeof here === 'string' && here.trim() !== '' ? Number(here) : here
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] | undefined {
  const here = at(value, ...path)
  return Array.isArray(here) ? here : undefined
}
