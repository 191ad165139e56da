/**
 * What the workers of one server say together: each is asked for its part, and the parts are joined.
 * Where there is one process only, nothing waits for anything.
 */
import { type Soon, soon } from '../../core/soon.ts'
import type { JournalEntry } from '../journal.ts'
import type { ServerState } from '../server-state.ts'
import { partsOf } from './parts.ts'
import type { JournalAsked, JournalPart, KnownExchange, PeerName, PeerTerms } from './peers.ts'

/** Ours first. */
export function gather<N extends PeerName>(
  server: ServerState,
  name: N,
  asked: PeerTerms[N]['asked'],
): Soon<readonly PeerTerms[N]['answer'][]> {
  const others = server.peers.ask(name, asked)
  const own: Soon<PeerTerms[N]['answer']> = partsOf(server)[name](asked)
  return soon(own, (ours) => soon(others, (parts) => [ours, ...parts]))
}

/** The latest exchanges of all workers, oldest first. */
export const journalOf = (
  server: ServerState,
  asked: JournalAsked,
): Soon<readonly JournalEntry[]> =>
  soon(gather(server, 'journal', asked), (parts) => joined(parts, server.journal.limit))

function joined(parts: readonly JournalPart[], limit: number): readonly JournalEntry[] {
  const [own, ...others] = parts
  if (own && others.length === 0) return own.entries
  const byId = (a: { id: number }, b: { id: number }): number => a.id - b.id
  // As many are kept as in one process, though each worker keeps so many.
  const known = parts
    .flatMap((part) => part.known)
    .sort(byId)
    .slice(-limit)
  const before = previousOf(known)
  const entries = parts.flatMap((part) => part.entries).sort(byId)
  return entries
    .filter(({ id }) => id >= (known[0]?.id ?? 0))
    .map((entry) => {
      const previous = before.get(entry.id)
      return previous && previous.id > (entry.previous?.id ?? 0) ? { ...entry, previous } : entry
    })
}

type Previous = NonNullable<JournalEntry['previous']>

/** The exchange of the same session before each one, whoever played it. */
function previousOf(known: readonly KnownExchange[]): ReadonlyMap<number, Previous> {
  const latest = new Map<string, KnownExchange>()
  const before = new Map<number, Previous>()
  for (const one of known) {
    const last = latest.get(one.session)
    if (last) before.set(one.id, gapBetween(last, one))
    latest.set(one.session, one)
  }
  return before
}

function gapBetween(last: KnownExchange, one: KnownExchange): Previous {
  const gapMs = Date.parse(one.at) - Date.parse(last.at)
  const idleMs = gapMs - (last.queuedMs ?? 0) - last.durationMs
  // It may have been open when this one came: then it ended later, and idle would be less than none.
  return { id: last.id, gapMs, ...(last.isOpen || idleMs < 0 ? {} : { idleMs }) }
}
