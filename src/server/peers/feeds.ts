/** What others follow of this process while they wait: sent when it changes, and only then. */
import type { JournalRecord } from '../journal.ts'
import type { ServerState } from '../server-state.ts'
import type { Happening } from '../streams/news.ts'
import { readWait } from '../streams/wait-options.ts'
import { Watch } from '../streams/watch.ts'
import type { EventPart, PeerNews, WaitPart } from './peers.ts'

export interface Feed {
  /** What is true at the beginning; undefined where only news are told. */
  readonly first: unknown
  /** Must be called; more than once does no harm. */
  end(): void
}

/** Begins a feed by its name; what is heard later goes to `tell`. */
export function feedOf(
  server: ServerState,
  name: keyof PeerNews,
  { asked, tell }: { readonly asked: unknown; readonly tell: (heard: unknown) => void },
): Feed {
  if (name === 'wait') return waitFeed(server, asked, tell)
  // The edge: only our own `follow` asks, and it is typed.
  const { session } = asked as PeerNews['events']['asked']
  return { first: undefined, end: listenToEvents(server, session, { tell, onEnd: () => {} }) }
}

function waitFeed(server: ServerState, asked: unknown, tell: (part: WaitPart) => void): Feed {
  const watch = new Watch(readWait(asked), server)
  const first = watch.part
  let told = first
  const end = watch.listen(
    () => {
      const { part } = watch
      if (part.found.length === told.found.length && part.open === told.open) return
      told = part
      tell(part)
    },
    () => {},
  )
  return { first, end }
}

interface Events {
  tell(event: EventPart): void
  onEnd(): void
}

/** What happens to exchanges of a session, or of all. @returns ends it */
export function listenToEvents(
  { journal, news }: ServerState,
  session: string | undefined,
  { tell, onEnd }: Events,
): () => void {
  const hear = (what: Happening, { id, session: of }: JournalRecord): void => {
    if (what === 'written' || (session !== undefined && of !== session)) return
    const [entry] = journal.entriesOf((record) => record.id === id)
    if (entry) tell({ what, entry })
  }
  return news.listen({ hear, release: onEnd })
}
