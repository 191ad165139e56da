/**
 * The one way in which a fault gets to its place: what comes before passes untouched, what comes
 * after goes through the fault's aftermath. Chunks are divided here, at the place, and nowhere else.
 */
import { joinBytes } from '../core/bytes.ts'
import type { Push } from '../core/push.ts'
import { isEnding, isNothing, type Step } from '../core/timeline.ts'
import type { Fault, Reached } from './fault.ts'
import type { Scanner, Sight } from './places.ts'

/** What a fault does from its place on. */
export interface Aftermath extends Push<Step, Step> {
  /** The place is reached, as soon as that is certain. What comes at the place itself. */
  reach(at: Reached): Step[]
  /** When it wants to be woken although nothing arrives; see `Fault`. */
  readonly wakeAtMs?: number | undefined
}

export interface FromPlaceOptions {
  /** For a fault that changes bytes but no borders: a chunk divided at the place is joined again. */
  readonly keepBorders?: boolean
}

export const fromPlace = (
  scanner: Scanner,
  aftermath: Aftermath,
  options: FromPlaceOptions = {},
): Fault => new FromPlace(scanner, aftermath, options)

class FromPlace implements Fault {
  readonly #scanner: Scanner
  readonly #aftermath: Aftermath
  readonly #keepBorders: boolean
  #reached = false
  /** Steps of which it is not certain yet that they are before the place. */
  #held: Step[] = []
  /** Body bytes before the first held step. */
  #passed = 0
  #lastAtMs = 0
  #afterHead = false

  constructor(scanner: Scanner, aftermath: Aftermath, options: FromPlaceOptions) {
    this.#scanner = scanner
    this.#aftermath = aftermath
    this.#keepBorders = options.keepBorders ?? false
  }

  get wakeAtMs(): number | undefined {
    return this.#reached ? this.#aftermath.wakeAtMs : this.#scanner.wakeAtMs
  }

  push(step: Step): Step[] {
    if (this.#reached) return this.#aftermath.push(step)
    this.#held.push(step)
    this.#lastAtMs = step.atMs
    const sight = this.#scanner.push(step)
    if (isFound(sight)) return this.#act(sight)
    return isEnding(step) ? this.#releaseAll() : this.#release(sight.clear)
  }

  end(): Step[] {
    if (this.#reached) return this.#aftermath.end()
    const sight = this.#scanner.end()
    if (!isFound(sight)) return this.#releaseAll()
    return [...this.#act(sight), ...this.#aftermath.end()]
  }

  #release(clear: number): Step[] {
    let count = 0
    for (const step of this.#held) {
      if (this.#passed + bodyBytes(step) > clear) break
      this.#passed += bodyBytes(step)
      count++
    }
    return this.#noted(this.#held.splice(0, count))
  }

  #noted(released: Step[]): Step[] {
    // Time also passes before the head.
    this.#afterHead ||= released.some((step) => !isNothing(step))
    return released
  }

  #releaseAll(): Step[] {
    return this.#held.splice(0)
  }

  #act(sight: Found): Step[] {
    this.#reached = true
    const held = this.#releaseAll()
    const { before, at, after, inChunk } =
      'place' in sight ? this.#divide(held, sight.place) : this.#beforeLast(held, sight)
    const afterHead = this.#afterHead || before.some((step) => !isNothing(step))
    const from = this.#aftermath.reach({ ...at, afterHead })
    for (const step of after) {
      // A silence may have begun long before the time that it reaches.
      const atMs = Math.max(step.atMs, at.atMs)
      from.push(...this.#aftermath.push(atMs === step.atMs ? step : { ...step, atMs }))
    }
    return this.#keepBorders && inChunk ? rejoined(before, from) : [...before, ...from]
  }

  #beforeLast(held: Step[], { beforeStepAtMs }: { beforeStepAtMs: number }): Divided {
    const before = held.slice(0, -1)
    const byte = before.reduce((sum, step) => sum + bodyBytes(step), this.#passed)
    return { before, at: { atMs: beforeStepAtMs, byte }, after: held.slice(-1), inChunk: false }
  }

  /** Divides at the first step that reaches beyond the place, or after the last one. */
  #divide(held: readonly Step[], place: number): Divided {
    let start = this.#passed
    for (const [index, step] of held.entries()) {
      const length = bodyBytes(step)
      const isLast = index === held.length - 1
      if (place < start + length || isLast || isEnding(step)) {
        const [head, tail] = cut(step, Math.max(0, place - start))
        return {
          before: [...held.slice(0, index), ...head],
          at: { atMs: step.atMs, byte: Math.max(start, place) },
          after: [...tail, ...held.slice(index + 1)],
          inChunk: head.length + tail.length > 1,
        }
      }
      start += length
    }
    return { before: [], at: { atMs: this.#lastAtMs, byte: place }, after: [], inChunk: false }
  }
}

type Found = Exclude<Sight, { clear: number }>

interface Divided {
  readonly before: Step[]
  readonly at: Omit<Reached, 'afterHead'>
  readonly after: Step[]
  /** The place is within a chunk, which became two. */
  readonly inChunk: boolean
}

const isFound = (sight: Sight): sight is Found => !('clear' in sight)

const bodyBytes = (step: Step): number => (step.do === 'write' ? step.bytes.length : 0)

/** What of a step is before and what is after so many of its bytes. */
function cut(step: Step, bytes: number): [before: Step[], after: Step[]] {
  if (isEnding(step)) return [[], [step]]
  if (step.do === 'head' || bytes >= step.bytes.length) return [[step], []]
  if (bytes === 0) return [[], [step]]
  return [
    [{ ...step, bytes: step.bytes.subarray(0, bytes) }],
    [{ ...step, bytes: step.bytes.subarray(bytes) }],
  ]
}

/** The two parts of a divided chunk as one chunk again. */
function rejoined(before: Step[], after: Step[]): Step[] {
  const last = before.at(-1)
  const [first, ...rest] = after
  if (last?.do !== 'write' || first?.do !== 'write') return [...before, ...after]
  const joined: Step = { ...last, bytes: joinBytes([last.bytes, first.bytes]) }
  return [...before.slice(0, -1), joined, ...rest]
}
