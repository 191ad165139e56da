/**
 * Text as YAML that every reader reads alike: those of YAML 1.1, such as PyYAML, as well as those
 * of 1.2. Piece by piece, since a text may be larger than memory.
 */

/** A key or value that needs no quotes in any version of YAML. */
const plain = /^[A-Za-z][A-Za-z0-9_./-]*$/
const words = /^(?:y|n|yes|no|on|off|true|false|null)$/i

export const yamlScalar = (text: string): string =>
  plain.test(text) && !words.test(text) ? text : quoted(text)

/** In double quotes, on one line. */
const quoted = (text: string): string => `"${escaped(text)}"`

/** Characters that some reader refuses, takes for a line end or drops; JSON escapes the others. */
const unsafe = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g

const escaped = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(unsafe, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`)

/**
 * In double quotes, a line of the text on each line of the file; a line end within the text is
 * written as `\n`, and the file's own is escaped.
 */
export function* quotedLines(pieces: Iterable<string>, indent: string): Generator<string> {
  yield '"'
  let isLineEnded = false
  for (const piece of pieces) {
    for (const line of piece.split(/(?<=\n)/)) {
      if (isLineEnded) yield `\\\n${indent}${line.startsWith(' ') ? '\\' : ''}`
      yield escaped(line)
      isLineEnded = line.endsWith('\n')
    }
  }
  yield '"'
}

const lineCharacters = 76

/** `!!binary`, in lines; the pieces are base64. */
export function* binaryBlock(pieces: Iterable<string>, indent: string): Generator<string> {
  yield '!!binary |'
  let rest = ''
  for (const piece of pieces) {
    rest += piece
    let from = 0
    for (; rest.length - from > lineCharacters; from += lineCharacters) {
      yield `\n${indent}${rest.slice(from, from + lineCharacters)}`
    }
    rest = rest.slice(from)
  }
  yield `\n${indent}${rest}`
}
