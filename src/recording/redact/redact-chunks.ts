/**
 * Chunks whose bytes are looked at as one text, and let out one by one.
 * Must never let a byte out that may turn out to be part of a secret, nor hold more than it must.
 */
import { viewOf } from '../../core/bytes.ts'
import type { Push } from '../../core/push.ts'
import type { WriteStep } from '../../core/timeline.ts'
import { contextBytes, type Finder, longestHeldBytes } from './redact-finder.ts'
import { hide } from './redact-hide.ts'
import { QuietFrame } from './redact-quiet-frame.ts'
import { isKeyCharacter } from './secrets-shapes.ts'

/** Shared by all, since a look is over before the next begins. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

export class RedactedChunks implements Push<WriteStep, WriteStep> {
  readonly #finder: Finder
  /** Chunks not let out yet, as they came. */
  readonly #held: WriteStep[] = []
  /** Text let out already, as it came, then the text of the held chunks. */
  #context = ''
  #text = ''
  /** In place of the context, after a chunk that was not made a text of: so many bytes of this. */
  readonly #quiet = Buffer.allocUnsafe(contextBytes)
  #quietBytes: number | undefined
  readonly #frame: QuietFrame
  /** A secret was so long that its beginning was let out, masked; the rest of it follows. */
  #isInside = false

  constructor(finder: Finder) {
    this.#finder = finder
    this.#frame = new QuietFrame(finder)
  }

  push(step: WriteStep): WriteStep[] {
    const chunk = this.#isInside ? this.#hideRest(step) : step
    if (this.#held.length === 0 && this.#passesQuietly(chunk)) return [chunk]
    this.#lookAtContext()
    this.#frame.forget()
    this.#held.push(chunk)
    this.#text += viewOf(chunk.bytes).toString('latin1')
    const seen = this.#context + this.#text
    const unfinished = this.#finder.unfinished(seen)
    return seen.length - unfinished < longestHeldBytes
      ? this.#letOut(seen, unfinished)
      : this.#letOutAll()
  }

  end(): WriteStep[] {
    this.#lookAtContext()
    return this.#letOutAll()
  }

  /** Most chunks, without a text made of them: nothing is held, and nothing is to be seen. */
  #passesQuietly(step: WriteStep): boolean {
    const { bytes } = step
    if (this.#frame.isLike(step)) {
      this.#context = this.#frame.context
      this.#quietBytes = undefined
      return true
    }
    const before = this.#quietBytes ?? this.#quiet.write(this.#context, 'latin1')
    const length = before + bytes.length
    if (length > scratch.length) return false
    this.#quiet.copy(scratch, 0, 0, before)
    scratch.set(bytes, before)
    if (!this.#finder.isQuiet(scratch, length)) return false
    this.#quietBytes = scratch.copy(this.#quiet, 0, Math.max(0, length - contextBytes), length)
    this.#frame.learn()
    return true
  }

  #lookAtContext(): void {
    if (this.#quietBytes === undefined) return
    this.#context = this.#quiet.toString('latin1', 0, this.#quietBytes)
    this.#quietBytes = undefined
  }

  /** Lets out the chunks that end before `certain`. */
  #letOut(seen: string, certain: number): WriteStep[] {
    const ranges = this.#finder.ranges(seen)
    const spanning = ranges.find(({ from, to }) => from < certain && to > certain)
    const limit = (spanning?.from ?? certain) - this.#context.length
    return this.#take(hide(seen, ranges).slice(this.#context.length), limit)
  }

  #letOutAll(): WriteStep[] {
    const seen = this.#context + this.#text
    const ranges = this.#finder.ranges(seen)
    this.#isInside = ranges.at(-1)?.to === seen.length
    return this.#take(hide(seen, ranges).slice(this.#context.length), seen.length)
  }

  /** What still belongs to a secret whose beginning is out. */
  #hideRest(step: WriteStep): WriteStep {
    let length = 0
    while (length < step.bytes.length && isKeyCharacter(step.bytes[length] ?? 0)) length++
    this.#isInside = length === step.bytes.length
    const bytes = Buffer.from(step.bytes)
    return { ...step, bytes: bytes.fill('x', 0, length) }
  }

  #take(hidden: string, limit: number): WriteStep[] {
    const out: WriteStep[] = []
    let taken = 0
    for (const step of this.#held) {
      const end = taken + step.bytes.length
      if (end > limit) break
      out.push({ ...step, bytes: Buffer.from(hidden.slice(taken, end), 'latin1') })
      taken = end
    }
    this.#held.splice(0, out.length)
    this.#context = (this.#context + this.#text.slice(0, taken)).slice(-contextBytes)
    this.#text = this.#text.slice(taken)
    return out
  }
}
