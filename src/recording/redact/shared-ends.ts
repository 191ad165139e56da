/**
 * What a text has in common with the one before it: how it begins, and how it ends. Frames of a
 * stream differ in a word, and what is known of the rest of them need not be found out again.
 * Pure. Must never say that a text begins or ends otherwise than letter by letter.
 */

/** With less in common there is nothing to spare. */
const leastShared = 48
/** Longer texts are no frames, and looked through rather than compared. */
export const longestCompared = 8 * 1024

export class SharedEnds {
  #begin = ''
  #end = ''
  #last = ''

  get begin(): string {
    return this.#begin
  }

  get end(): string {
    return this.#end
  }

  /** Whether anything is known to be shared. */
  get isKnown(): boolean {
    return this.#begin.length + this.#end.length >= leastShared
  }

  /** Whether the text begins and ends like those before it. */
  fits(text: string): boolean {
    const [begin, end] = [this.#begin, this.#end]
    const isLong = text.length >= begin.length + end.length
    // To cut out and compare takes 0.1 µs for 150 letters, and `startsWith` 1.1.
    return (
      this.isKnown &&
      isLong &&
      text.slice(0, begin.length) === begin &&
      text.slice(text.length - end.length) === end
    )
  }

  /** Takes what this text shares with the one before it, after one that did not fit. */
  learn(text: string): void {
    const last = this.#last
    this.#last = text.length > longestCompared ? '' : text
    const most = Math.min(last.length, this.#last.length)
    let begin = 0
    while (begin < most && last.charCodeAt(begin) === text.charCodeAt(begin)) begin++
    let end = 0
    while (end < most - begin && isSameFromEnd(last, text, end)) end++
    this.#begin = text.slice(0, begin)
    this.#end = text.slice(text.length - end)
  }

  /** The text fits, and the next one may be compared with it. */
  goOn(text: string): void {
    this.#last = text
  }

  /** What comes next has nothing to do with what came. */
  forget(): void {
    this.#begin = ''
    this.#end = ''
    this.#last = ''
  }
}

const isSameFromEnd = (one: string, other: string, at: number): boolean =>
  one.charCodeAt(one.length - 1 - at) === other.charCodeAt(other.length - 1 - at)
