/**
 * A chunk that begins and ends like the one before it, in which there was nothing to be seen: only
 * what is between can have a secret in it. With that the second look at a frame of 230 bytes takes
 * 0.4 µs instead of 1.4. Pure.
 *
 * Must never say yes where the look at all of it would not.
 */
import type { WriteStep } from '../../core/timeline.ts'
import { contextBytes, type Finder } from './redact-finder.ts'
import { longestCompared, SharedEnds } from './shared-ends.ts'
import { textOfStep } from './step-text.ts'

export class QuietFrame {
  readonly #finder: Finder
  readonly #shared = new SharedEnds()
  /** What of the shared ends a sign may have that stands in both them and what is between. */
  #before = ''
  #after = ''
  #isUsable = false
  #text = ''

  constructor(finder: Finder) {
    this.#finder = finder
  }

  /** Whether the chunk passes, as the one before did. */
  isLike(step: WriteStep): boolean {
    const text = step.bytes.length > longestCompared ? '' : textOfStep(step)
    this.#text = text
    const shared = this.#shared
    if (!this.#isUsable || text.length < contextBytes || !shared.fits(text)) return false
    const between = text.slice(shared.begin.length, text.length - shared.end.length)
    if (this.#finder.signs?.areIn(this.#before + between + this.#after) !== false) return false
    shared.goOn(text)
    return true
  }

  /** What is to be known of the chunk that passed when the next one is looked at. */
  get context(): string {
    return this.#text.slice(-contextBytes)
  }

  /**
   * The chunk that was asked for before has passed otherwise, and so did the one before it: what
   * they have in common is quiet, and so is the place where they meet.
   */
  learn(): void {
    const shared = this.#shared
    shared.learn(this.#text)
    const { signs } = this.#finder
    const before = signs?.reachFromEnd(shared.begin)
    const after = signs?.reachFromStart(shared.end)
    this.#isUsable = before !== undefined && after !== undefined
    if (before === undefined || after === undefined) return
    this.#before = shared.begin.slice(-before)
    this.#after = shared.end.slice(0, after)
  }

  /** Something was to be seen, or may be. */
  forget(): void {
    this.#shared.forget()
    this.#isUsable = false
  }
}
