/** Frames that never arrive. */
import type { Frame } from '../core/frame.ts'
import type { Step, WriteStep } from '../core/timeline.ts'
import { BareArray, openingOf } from './array-marks.ts'
import type { FaultContext } from './fault.ts'
import { type FrameTreatment, type Tell, wholeFramesFault } from './whole-frames.ts'

export const drop = wholeFramesFault(
  'drop',
  'Leaves whole frames out; what comes after them follows at its own time.',
  (count, tell, context) => new Dropping(count, tell, context),
)

/** Elements of a JSON array are left out, and its brackets stay: it is an array still. */
class Dropping implements FrameTreatment {
  #left: number
  readonly #tell: Tell
  readonly #context: FaultContext
  /** What comes next has lost the element before it. */
  #bare: BareArray | undefined

  constructor(count: number, tell: Tell, context: FaultContext) {
    this.#left = count
    this.#tell = tell
    this.#context = context
  }

  get isOver(): boolean {
    return this.#left === 0 && (this.#bare?.isOver ?? true)
  }

  pass(step: WriteStep): Step[] {
    if (this.#left === 0) return this.#bared(step)
    this.#tell(step.atMs)
    return []
  }

  complete(frame: Frame, atMs: number): Step[] {
    if (this.#left === 0) return []
    const isArray = this.#context.stream.framing.name === 'json-array'
    if (isArray && frame.data === undefined) {
      return this.#bared({ atMs, do: 'write', bytes: frame.bytes })
    }
    this.#left--
    const opening = isArray ? openingOf(frame.bytes) : undefined
    if (!opening) return []
    this.#bare = new BareArray()
    return [{ atMs, do: 'write', bytes: opening }]
  }

  #bared(step: WriteStep): Step[] {
    return [this.#bare ? { ...step, bytes: this.#bare.push(step.bytes) } : step]
  }
}
