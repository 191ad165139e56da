/**
 * Faults in one line of text, as a header, a command line or the control API takes them:
 * `reset; at=frame:4; seed=9`, several joined by a comma. Only another way of writing what a
 * scenario writes: the one schema judges both. `written.ts` prints it.
 */

import type { FaultSpec } from './fault.ts'
import { readItem } from './header-item.ts'
import { splitHeader } from './header-parts.ts'
import { faultForms } from './registry.ts'

export type FaultHeader =
  | {
      readonly specs: FaultSpec[]
      /** Where all that is said of seeds is one seed: it holds for the whole request. */
      readonly seed?: number
    }
  | { readonly problem: string }

export function parseFaultHeader(text: string): FaultHeader {
  const items = splitHeader(text)
  if (typeof items === 'string') return { problem: items }
  const specs: FaultSpec[] = []
  for (const item of items) {
    const read = readItem(item, faultForms)
    if (typeof read === 'string') return { problem: read }
    specs.push(read)
  }
  const [seed, another] = new Set(specs.flatMap((spec) => spec.seed ?? []))
  return seed === undefined || another !== undefined ? { specs } : { specs, seed }
}

/**
 * A header as it came over the wire, where each character stands for a byte: most clients send text
 * as UTF-8, and what is no UTF-8 was Latin-1.
 */
export function textOfHeader(value: string): string {
  if (!/[\x80-\xff]/.test(value) || /[^\0-\xff]/.test(value)) return value
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(value, 'latin1'))
  } catch {
    return value
  }
}
