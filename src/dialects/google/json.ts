/**
 * JSON as Google's services print it: two spaces deep in a body, without any line end in a stream,
 * and with `<` and `>` escaped, as the JSON printer of Protocol Buffers does. Reads nothing.
 */

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '\u007f': '\\u007f',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

/** All of these stand only in strings, never in the JSON around them. */
const escaped = /[<>\u007f\u2028\u2029]/g

export const printBody = (value: unknown): string =>
  (JSON.stringify(value, undefined, 2) ?? 'null').replace(
    escaped,
    (character) => escapes[character] ?? character,
  )

/** `{"a": 1,"b": [1,2]}`: what the indented form leaves when its line ends go. */
export const printLine = (value: unknown): string => printBody(value).replaceAll(/\n */g, '')
