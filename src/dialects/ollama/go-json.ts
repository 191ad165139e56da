/**
 * What Go says of a text that is no JSON. Must never be asked about one that is. Source: the scanner
 * of the package `encoding/json` of Go.
 */

const endOfText = 'unexpected EOF'

/** The first mistake; undefined where the text begins with a whole value, which is all Go reads. */
export const goSyntaxError = (text: string): string | undefined => new Scanner(text).value()

class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(): string | undefined {
    const sign = this.#next()
    if (sign === '{') return this.#object()
    if (sign === '[') return this.#array()
    if (sign === '"') return this.#string()
    if (sign === '-' || /\d/.test(sign)) return this.#number()
    const word = ['true', 'false', 'null'].find((one) => sign !== '' && one.startsWith(sign))
    return word ? this.#literal(word) : this.#bad('looking for beginning of value')
  }

  #object(): string | undefined {
    this.#at++
    if (this.#next() === '}') return this.#pass()
    for (;;) {
      if (this.#next() !== '"') return this.#bad('looking for beginning of object key string')
      const key = this.#string()
      if (key) return key
      if (this.#next() !== ':') return this.#bad('after object key')
      this.#at++
      const value = this.value()
      if (value) return value
      const sign = this.#next()
      if (sign === '}') return this.#pass()
      if (sign !== ',') return this.#bad('after object key:value pair')
      this.#at++
    }
  }

  #array(): string | undefined {
    this.#at++
    if (this.#next() === ']') return this.#pass()
    for (;;) {
      const value = this.value()
      if (value) return value
      const sign = this.#next()
      if (sign === ']') return this.#pass()
      if (sign !== ',') return this.#bad('after array element')
      this.#at++
    }
  }

  #string(): string | undefined {
    this.#at++
    for (;;) {
      this.#skip(/[^"\\\p{Cc}]*/uy)
      const sign = this.#sign()
      if (sign === '"') return this.#pass()
      if (sign >= '\u007f') this.#at++
      else if (sign !== '\\') return this.#bad('in string literal')
      else {
        const problem = this.#escape()
        if (problem) return problem
      }
    }
  }

  #escape(): string | undefined {
    this.#at++
    const sign = this.#sign()
    if (!/^["\\/bfnrtu]$/.test(sign)) return this.#bad('in string escape code')
    this.#at++
    if (sign !== 'u') return undefined
    const end = this.#at + 4
    for (; this.#at < end; this.#at++) {
      if (!/^[\da-f]$/i.test(this.#sign())) return this.#bad('in \\u hexadecimal character escape')
    }
    return undefined
  }

  #number(): string | undefined {
    if (this.#sign() === '-') this.#at++
    if (!/^\d$/.test(this.#sign())) return this.#bad('in numeric literal')
    this.#skip(/0|\d+/y)
    if (this.#sign() === '.') {
      this.#at++
      if (!/^\d$/.test(this.#sign())) return this.#bad('after decimal point in numeric literal')
      this.#skip(/\d+/y)
    }
    if (!/^e$/i.test(this.#sign())) return undefined
    this.#skip(/e[+-]?/iy)
    if (!/^\d$/.test(this.#sign())) return this.#bad('in exponent of numeric literal')
    this.#skip(/\d+/y)
    return undefined
  }

  #literal(word: string): string | undefined {
    for (const sign of word) {
      if (this.#sign() !== sign) return this.#bad(`in literal ${word} (expecting '${sign}')`)
      this.#at++
    }
    return undefined
  }

  #sign(): string {
    const code = this.#text.codePointAt(this.#at)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  /** The sign after any space. */
  #next(): string {
    this.#skip(/[ \t\r\n]*/y)
    return this.#sign()
  }

  #skip(what: RegExp): void {
    what.lastIndex = this.#at
    this.#at += what.exec(this.#text)?.[0].length ?? 0
  }

  #pass(): undefined {
    this.#at++
  }

  #bad(where: string): string {
    const sign = this.#sign()
    if (sign === '') return endOfText
    return `invalid character ${quoted(sign)} ${where}`
  }
}

const quoted = (sign: string): string =>
  sign === "'" ? "'\\''" : sign === '"' ? `'"'` : `'${JSON.stringify(sign).slice(1, -1)}'`
