/**
 * Makes a value when it is first asked for, and keeps it: what nobody asks for costs nothing. Most of
 * what is so made are schemas of requests: together those of all dialects take 40 ms to build, and a
 * server hears one or two of them.
 */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
