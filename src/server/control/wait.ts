/** Waiting for what happens, and hearing of it while it does. */
import { Readable } from 'node:stream'
import type { JournalRecord } from '../journal.ts'
import type { Happening } from '../streams/news.ts'
import { WaitTimeout, waitFor } from '../streams/wait.ts'
import { whenLeft } from '../wire/connection.ts'
import { type Handlers, queryOf, refuse, wholeNumberOf } from './handler.ts'

const parameters = [
  ...(['for', 'count', 'session', 'rule', 'since', 'at', 'kind', 'timeout'] as const),
] as const

/** A listener that reads nothing is not kept for ever. */
const mostWaitingBytes = 8 * 1024 * 1024

export const waitHandlers: Handlers = {
  'GET /wait': async (ctx, server) => {
    const { count, since, ...asked } = queryOf(ctx, parameters)
    const options = {
      ...asked,
      ...(count === undefined ? {} : { count: wholeNumberOf('count', count, 1) }),
      ...(since === undefined ? {} : { since: wholeNumberOf('since', since, 0) }),
    }
    let remain: () => void = () => {}
    try {
      ctx.body = await waitFor(options, server, (cancel) => {
        remain = whenLeft(ctx, cancel)
      })
    } catch (error) {
      if (!(error instanceof WaitTimeout)) throw error
      refuse(ctx, error, { seen: error.seen })
    } finally {
      remain()
    }
  },
  'GET /events': (ctx, server) => {
    const { session } = queryOf(ctx, ['session'])
    const { journal, news } = server
    const feed = new Readable({ read: () => {} })
    const tell = (what: Happening, { id, session: of }: JournalRecord): void => {
      if (what === 'written' || (session !== undefined && of !== session)) return
      const [entry] = journal.entriesOf((record) => record.id === id)
      if (!entry) return
      feed.push(`event: ${what}\ndata: ${JSON.stringify(entry)}\n\n`)
      if (feed.readableLength > mostWaitingBytes) feed.destroy()
    }
    const unlisten = news.listen({ hear: tell, release: () => feed.push(null) })
    feed.once('close', unlisten)
    ctx.type = 'text/event-stream'
    ctx.set('cache-control', 'no-store')
    ctx.body = feed
    // So that whoever listens knows that nothing is missed from here on.
    feed.push(': listening\n\n')
  },
}
