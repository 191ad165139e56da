/** Live streams by HTTP: listed, paused, resumed, stepped, pushed into, ended; one or several. */
import type { Context } from 'koa'
import { StuntdoubleError } from '../../core/errors.ts'
import { suggestion } from '../../core/suggest.ts'
import { type Ending, endings } from '../../core/timeline.ts'
import { type Matter, withMatter } from '../../faults/matter.ts'
import { strict } from '../../faults/options.ts'
import { roundedTimes } from '../journal.ts'
import type { ServerState } from '../server-state.ts'
import type { Stream } from '../streams/stream.ts'
import { type Acted, actOnAll, refusedByAll } from '../streams/streams.ts'
import { readStreamPlace } from '../streams/streams-place.ts'
import { type Handlers, jsonBodyOf, queryOf, refuse, wholeNumberOf, wrong } from './handler.ts'

/** What is done to streams, and the parameters that it takes besides those which say to which. */
const actions = {
  pause: ['at'],
  resume: ['catchUp'],
  step: ['frames'],
  push: [],
  end: ['how'],
} as const

type Action = keyof typeof actions

const which = ['session', 'rule'] as const

const isAction = (name: string): name is Action => Object.hasOwn(actions, name)

export const streamHandlers: Handlers = {
  'GET /streams': (ctx, { streams }) => {
    ctx.body = streams.all(queryOf(ctx, which)).map(shown)
  },
  'GET /streams/:id': async (ctx, server) => {
    queryOf(ctx, [])
    const stream = streamOf(ctx, server)
    const unacknowledgedBytes = await stream.unacknowledged()
    ctx.body = {
      ...shown(stream),
      ...(unacknowledgedBytes === undefined ? {} : { unacknowledgedBytes }),
    }
  },
  'POST /streams/:action': async (ctx, server) => {
    const action = actionOf(ctx)
    const { session, rule, ...asked } = queryOf(ctx, [...which, ...actions[action]])
    const act = await actionFor(action, asked, { ctx, server })
    const acted = actOnAll(server.streams.all({ session, rule }), act)
    const refusal = refusedByAll(acted)
    const streams = acted.map(shownActed)
    if (refusal) refuse(ctx, refusal, { streams })
    else ctx.body = streams
  },
  'POST /streams/:id/:action': async (ctx, server) => {
    const action = actionOf(ctx)
    const act = await actionFor(action, queryOf(ctx, actions[action]), { ctx, server })
    const stream = streamOf(ctx, server)
    act(stream)
    ctx.body = shown(stream)
  },
}

interface Asking {
  readonly ctx: Context
  readonly server: ServerState
}

/** All that can be wrong with the question is found before any stream is touched. */
async function actionFor(
  action: Action,
  asked: { readonly [name: string]: string | undefined },
  { ctx, server }: Asking,
): Promise<(stream: Stream) => void> {
  switch (action) {
    case 'pause': {
      const at = asked['at'] === undefined ? undefined : readStreamPlace(asked['at'], 'at')
      return (stream) => stream.pause(at)
    }
    case 'resume': {
      const catchUp = yesOrNo('catchUp', asked['catchUp'])
      return (stream) => stream.resume({ catchUp })
    }
    case 'step': {
      const frames = wholeNumberOf('frames', asked['frames'], 1)
      return (stream) => stream.step(frames)
    }
    case 'push': {
      const matter = readMatter(await jsonBodyOf(ctx, server))
      return (stream) => stream.push(matter)
    }
    case 'end': {
      const how = endingOf(asked['how'])
      return (stream) => stream.end(how)
    }
  }
}

const matterSchema = withMatter('push', {}, strict({}, 'push'))

/** What is pushed, written as for the fault `inject`. */
export function readMatter(written: unknown): Matter {
  const read = matterSchema.safeParse(written)
  if (read.success) return read.data.matter
  const said = read.error.issues.map(({ path, message }) =>
    path.length === 0 ? message : `${path.join('.')}: ${message}`,
  )
  throw wrong(said.join('; '))
}

function endingOf(written: string | undefined): Ending {
  const how = endings.find((one) => one === (written ?? 'end'))
  if (how) return how
  throw wrong(`how: "${written}" is no ending${suggestion(written ?? '', endings)}`)
}

function yesOrNo(name: string, written: string | undefined): boolean {
  if (written === undefined || written === 'false') return false
  if (written === 'true') return true
  throw wrong(`${name} must be true or false, not "${written}"`)
}

function actionOf(ctx: Context): Action {
  const action = paramOf(ctx, 'action')
  if (isAction(action)) return action
  const known = Object.keys(actions)
  throw new StuntdoubleError(
    'no-route',
    `nothing is known to do to a stream by "${action}"${suggestion(action, known)}`,
  )
}

function streamOf(ctx: Context, { streams, journal }: ServerState): Stream {
  const written = paramOf(ctx, 'id')
  const id = wholeNumberOf('the id of a stream', written, 1)
  const stream = id === undefined ? undefined : streams.get(id)
  if (stream) return stream
  const record = journal.records.find((one) => one.id === id)
  const open = streams.all().map(({ record: one }) => one.id)
  const others = open.length === 0 ? 'none is open' : `open are ${open.slice(0, 20).join(', ')}`
  const why = record ? `it is over (${record.ended})` : 'there was none'
  throw new StuntdoubleError('no-stream', `stream ${written}: ${why}; ${others}`)
}

function paramOf(ctx: Context, name: string): string {
  const params: unknown = ctx['params']
  const value = typeof params === 'object' && params ? Object.entries(params) : []
  return String(value.find(([known]) => known === name)?.[1] ?? '')
}

const shownActed = ({ stream, refusal }: Acted): object => ({
  ...shown(stream),
  done: refusal === undefined,
  ...(refusal ? { why: refusal.message } : {}),
})

function shown(stream: Stream): object {
  const { frames, state } = stream
  stream.note()
  const { id, at, session, rule, dialect, method, path, status, bytes, chunks } = stream.record
  const { headMs, firstByteMs, connection, socketBytes, handedBytes } = stream.record
  return roundedTimes({
    ...{ id, state, at, session, rule, dialect, method, path, status, bytes, chunks, frames },
    ...{ headMs, firstByteMs, connection, socketBytes, handedBytes },
  })
}
