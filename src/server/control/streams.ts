/** Live streams by HTTP: listed, paused, resumed, stepped, pushed into, ended; one or several. */
import type { Context } from 'koa'
import { StuntdoubleError } from '../../core/errors.ts'
import { gather } from '../peers/gather.ts'
import type { Acted, ShownStream } from '../peers/peers.ts'
import type { ServerState } from '../server-state.ts'
import { type Action, type AskedAct, actionNamed, actions, actOf } from '../streams/act.ts'
import { refusedByAll } from '../streams/streams.ts'
import { type Handlers, jsonBodyOf, queryOf, refuse, wholeNumberOf } from './handler.ts'

const which = ['session', 'rule'] as const

export const streamHandlers: Handlers = {
  'GET /streams': async (ctx, server) => {
    const parts = await gather(server, 'streams', queryOf(ctx, which))
    ctx.body = parts.flat().sort(byId)
  },
  'GET /streams/:id': async (ctx, server) => {
    queryOf(ctx, [])
    const id = idOf(ctx)
    const parts = await gather(server, 'stream', { id })
    const found = parts.find(({ stream }) => stream)
    ctx.body = found?.stream ?? (await noStream(id, server))
  },
  'POST /streams/:action': async (ctx, server) => {
    const action = actionNamed(paramOf(ctx, 'action'))
    const { session, rule, ...asked } = queryOf(ctx, [...which, ...actions[action]])
    const act = await readAct(ctx, server, { action, asked })
    const to = {
      ...(session === undefined ? {} : { session }),
      ...(rule === undefined ? {} : { rule }),
    }
    const parts = await gather(server, 'act', { ...act, to })
    const acted = parts.flat().sort((a, b) => byId(a.stream, b.stream))
    const refusal = refusedByAll(acted.map(({ stream, refusal: own }) => [stream.id, own]))
    const streams = acted.map(shownActed)
    if (refusal) refuse(ctx, refusal, { streams })
    else ctx.body = streams
  },
  'POST /streams/:id/:action': async (ctx, server) => {
    const action = actionNamed(paramOf(ctx, 'action'))
    const act = await readAct(ctx, server, { action, asked: queryOf(ctx, actions[action]) })
    const id = idOf(ctx)
    const [acted] = (await gather(server, 'act', { ...act, to: { id } })).flat()
    if (!acted) return noStream(id, server)
    const { stream, refusal } = acted
    if (refusal) throw new StuntdoubleError(refusal.code, refusal.message)
    ctx.body = stream
  },
}

const byId = (a: ShownStream, b: ShownStream): number => a.id - b.id

/** With the body, where there must be one. What is wrong with it is thrown before it goes any further. */
async function readAct(
  ctx: Context,
  server: ServerState,
  asked: Omit<AskedAct, 'matter'>,
): Promise<AskedAct> {
  const act = takesBody(asked.action) ? { ...asked, matter: await jsonBodyOf(ctx, server) } : asked
  actOf(act)
  return act
}

const takesBody = (action: Action): boolean => action === 'push'

const idOf = (ctx: Context): number =>
  wholeNumberOf('the id of a stream', paramOf(ctx, 'id'), 1) ?? 0

async function noStream(id: number, server: ServerState): Promise<never> {
  const parts = await gather(server, 'stream', { id })
  const ended = parts.find((part) => part.ended !== undefined)?.ended
  const open = parts.flatMap((part) => part.open).sort((a, b) => a - b)
  const others = open.length === 0 ? 'none is open' : `open are ${open.slice(0, 20).join(', ')}`
  const why = ended === undefined ? 'there was none' : `it is over (${ended})`
  throw new StuntdoubleError('no-stream', `stream ${id}: ${why}; ${others}`)
}

function paramOf(ctx: Context, name: string): string {
  const params: unknown = ctx['params']
  const value = typeof params === 'object' && params ? Object.entries(params) : []
  return String(value.find(([known]) => known === name)?.[1] ?? '')
}

const shownActed = ({ stream, refusal }: Acted): object => ({
  ...stream,
  done: refusal === undefined,
  ...(refusal ? { why: refusal.message } : {}),
})
