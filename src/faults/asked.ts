/**
 * Faults as somebody gives them, in whichever way: one line of text, one fault as a scenario writes
 * it, or a list of either. For all who take faults from outside of a scenario.
 */
import type { FaultSpec, WrittenFault } from './fault.ts'
import { parseFaultHeader } from './header.ts'
import { placedSentence } from './options.ts'
import { faultSchema } from './registry.ts'
import { checkTogether } from './wire.ts'

/** `reset; at=frame:4`, `{ reset: { at: { frame: 4 } } }`, or a list. */
export type GivenFaults = WrittenFault | readonly WrittenFault[]

/** Checked, or what is wrong with them in one sentence. */
export function readFaults(given: unknown): readonly FaultSpec[] | string {
  const read = readAll(given)
  return typeof read === 'string' ? read : (checkTogether(read)?.why ?? read)
}

function readAll(given: unknown): readonly FaultSpec[] | string {
  if (typeof given === 'string') {
    const read = parseFaultHeader(given)
    return 'problem' in read ? read.problem : read.specs
  }
  if (!Array.isArray(given)) return readOne(given, [])
  const specs: FaultSpec[] = []
  for (const [index, one] of given.entries()) {
    const read = typeof one === 'string' ? readAll(one) : readOne(one, [index])
    if (typeof read === 'string') return read
    specs.push(...read)
  }
  return specs
}

function readOne(given: unknown, within: readonly PropertyKey[]): readonly FaultSpec[] | string {
  const { data, error } = faultSchema.safeParse(given)
  if (data) return [data]
  return error.issues
    .map(({ path, message }) => placedSentence([...within, ...path], message))
    .join('; ')
}
