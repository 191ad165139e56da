/** Waiting for what happens, and hearing of it while it does. */
import { Readable } from 'node:stream'
import { listenToEvents } from '../peers/feeds.ts'
import type { EventPart } from '../peers/peers.ts'
import { WaitTimeout, waitFor } from '../streams/wait.ts'
import { whenLeft } from '../wire/node-line.ts'
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
  'GET /events': async (ctx, server) => {
    const { session } = queryOf(ctx, ['session'])
    const feed = new Readable({ read: () => {} })
    const tell = ({ what, entry }: EventPart): void => {
      if (feed.destroyed) return
      feed.push(`event: ${what}\ndata: ${JSON.stringify(entry)}\n\n`)
      if (feed.readableLength > mostWaitingBytes) feed.destroy()
    }
    const onEnd = (): void => {
      feed.push(null)
    }
    const unlisten = listenToEvents(server, session, { tell, onEnd })
    feed.once('close', unlisten)
    const asked = session === undefined ? {} : { session }
    const hear = { hear: (_: number, event: EventPart) => tell(event), lost: () => {} }
    const unfollow = await server.peers.follow('events', asked, hear)
    feed.once('close', unfollow)
    ctx.type = 'text/event-stream'
    ctx.set('cache-control', 'no-store')
    ctx.body = feed
    // So that whoever listens knows that nothing is missed from here on.
    feed.push(': listening\n\n')
  },
}
