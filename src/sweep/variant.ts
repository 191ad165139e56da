/**
 * One way in which a reply may go wrong, as plain data: what `sweep` plays on a virtual clock and
 * `torture` on a server.
 */

import type { WrittenFault } from '../faults/fault.ts'

/**
 * What a right client makes of it: the `same` output as of the clean reply, a clean `error`, or
 * `either`, where the bytes do not tell.
 */
export type Expected = 'same' | 'error' | 'either'

export interface VariantPlan {
  /** Readable, unique and stable for the same reply: `cut/reset/frame-4`. */
  readonly name: string
  /** The first part of the name: `cut`, `split`, `http`. */
  readonly group: string
  /** Variants that differ only in where or how much: the name without its last part. */
  readonly family: string
  /** Within a family: less of the same, or earlier. */
  readonly size: number
  /** One after the other, as in a scenario; none for the clean reply. */
  readonly fault: readonly WrittenFault[]
  readonly seed: number
  readonly expect: Expected
}

/** A variant before it has a name in full and a seed. */
export interface Idea {
  /** What comes after the family's name; none where the family has one member only. */
  readonly place?: string
  readonly size?: number
  readonly fault: readonly WrittenFault[]
  readonly expect: Expected
}

export interface Family {
  readonly name: string
  readonly ideas: readonly Idea[]
}

/** A family of one. */
export const only = (name: string, expect: Expected, ...fault: WrittenFault[]): Family => ({
  name,
  ideas: [{ fault, expect }],
})
