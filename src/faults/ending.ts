/**
 * What the four endings have in common: the place, and an optional silence before they act.
 * Nothing comes after an ending, and the clean end that was due does not come either.
 */
import { z } from 'zod'
import type { Ending, EndStep, Step } from '../core/timeline.ts'
import type { Fault, FaultContext, FaultKind, Reached } from './fault.ts'
import { type Aftermath, fromPlace } from './from-place.ts'
import { duration, strict } from './options.ts'
import { type Place, place } from './place.ts'
import { scannerFor } from './places.ts'

export interface EndingOptions {
  readonly at: Place
  readonly after?: number
}

export const after = z.exactOptional(
  duration.describe(
    'Silence before it, so that the client has read all bytes by then. Node clients need some to see a reset.',
  ),
)

/** An ending that closes the connection, and may be preceded by silence. */
export const endingFault = (name: Ending, summary: string): FaultKind<EndingOptions> => ({
  name,
  summary,
  schema: strict({ at: place, after }, name),
  create: (options, context) => endAt(name, options, context),
})

/** The ending that never comes: it takes no `after`, since all of it is silence. */
export const silentEndingFault = (name: Ending, summary: string): FaultKind<EndingOptions> => ({
  name,
  summary,
  schema: strict({ at: place }, name),
  create: (options, context) => endAt(name, options, context),
})

function endAt(name: Ending, options: EndingOptions, context: FaultContext): Fault {
  const scanner = scannerFor(options.at, context)
  return fromPlace(
    scanner,
    endingAftermath({ do: name }, options.after ?? 0, (at) => context.onAct?.(name, at)),
  )
}

export function endingAftermath(
  ending: Omit<EndStep, 'atMs'>,
  afterMs: number,
  report: (at: Reached) => void,
): Aftermath {
  let due: Reached | undefined
  const ended = (at: Reached): Step[] => {
    due = undefined
    report(at)
    return [{ atMs: at.atMs + afterMs, ...ending }]
  }
  return {
    reach(at): Step[] {
      if (at.afterHead || !needsHead(ending)) return ended(at)
      due = at
      return []
    },
    push(step): Step[] {
      if (!due) return []
      if (step.do === 'head') return [step, ...ended({ ...due, atMs: step.atMs })]
      return [step]
    },
    end: () => [],
  }
}

/**
 * Where no status line has been sent there is no response that could end well, nor a chunk that could
 * be garbage: these wait for the head that is due, and come right after it.
 */
const needsHead = ({ do: how, raw }: Omit<EndStep, 'atMs'>): boolean =>
  how === 'end' || raw !== undefined
