/** The Koa application and its server: serving, reloading, draining. */
import Koa, { type Context, type Next } from 'koa'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import { lazy } from '../core/lazy.ts'
import { controlPrefix } from './control/prefix.ts'
import { serveExchange } from './exchange.ts'
import { ourError } from './our-error.ts'
import { type ServerSettings, ServerState } from './server-state.ts'
import type { Stage } from './stage/stage.ts'
import { breakOff, refuseRest } from './wire/connection.ts'
import { corsHeaders, isPreflight, preflightHeaders } from './wire/cors.ts'
import { Listener } from './wire/listener.ts'
import { refuseWebSocket } from './wire/refuse-web-socket.ts'

export interface StuntdoubleServer {
  readonly state: ServerState
  /** Resolves with the port that was taken. */
  listen(port: number, host: string): Promise<number>
  /** Streams in flight finish on the stage they began on. */
  reload(stage: Stage): void
  /** No new connections; streams in flight are played to their end, silent ones are cut. */
  drain(): Promise<void>
  /** Everything ends now. */
  close(): Promise<void>
}

export function createStuntdouble(stage: Stage, settings: ServerSettings): StuntdoubleServer {
  const state = new ServerState(stage, settings)
  const listener = new Listener(buildApp(state).callback(), undefined, state.capacity)
  return {
    state,
    listen: (port, host) => listener.listen(port, host),
    reload: (next) => {
      state.stage = next
    },
    drain: () => drain(listener, state),
    close: () => closeNow(listener, state),
  }
}

function buildApp(state: ServerState): Koa {
  const app = new Koa()
  app.silent = true
  app.use(handleErrors(state))
  app.use(refuseWebSocket)
  app.use(controlOf(state))
  app.use(answerPreflight)
  app.use((ctx) => serveExchange(ctx, state))
  return app
}

/** The one place that turns what was thrown into an answer. */
const handleErrors = (state: ServerState) => async (ctx: Context, next: Next) => {
  try {
    await next()
  } catch (thrown) {
    const { status, headers, body } = ourError(thrown)
    const fields = { status, error: messageOf(thrown) }
    if (thrown instanceof StuntdoubleError) state.log.warn(fields, `${ctx.method} ${ctx.path}`)
    else state.log.error({ ...fields, err: thrown }, `${ctx.method} ${ctx.path}`)
    if (ctx.res.headersSent || ctx.respond === false) {
      breakOff(ctx)
      return
    }
    ctx.status = status
    // A foreign page that calls the control API is not even told that there is one.
    const cors = status === 403 ? [] : corsHeaders(ctx.req.headers)
    for (const [name, value] of [...headers, ...cors]) ctx.set(name, value)
    refuseRest(ctx)
    ctx.body = body
  }
}

/**
 * The router is asked only for what is below its prefix: looking through its routes takes a while,
 * and to load and build them takes 30 ms, so that it waits for the first who asks.
 */
function controlOf(state: ServerState) {
  const control = lazy(async () => (await import('./control.ts')).controlRoutes(state).routes())
  const ask = async (...[ctx, next]: Parameters<Awaited<ReturnType<typeof control>>>) =>
    (await control())(ctx, next)
  return (...[ctx, next]: Parameters<typeof ask>) =>
    ctx.path.startsWith(controlPrefix) ? ask(ctx, next) : next()
}

function answerPreflight(ctx: Context, next: Next): Promise<void> {
  if (!isPreflight(ctx.method, ctx.req.headers)) return next()
  for (const [name, value] of preflightHeaders(ctx.req.headers)) ctx.set(name, value)
  ctx.status = 204
  return Promise.resolve()
}

async function drain(listener: Listener, state: ServerState): Promise<void> {
  state.draining = true
  const closed = listener.retire()
  for (const stream of state.streams.all()) stream.free()
  for (const { playback } of state.streams.all()) if (playback?.hanging) playback.stop()
  await Promise.all(state.streams.all().map(({ playback }) => playback?.done))
  state.news.end()
  listener.closeIdle()
  await closed
}

async function closeNow(listener: Listener, state: ServerState): Promise<void> {
  state.draining = true
  for (const { playback } of state.streams.all()) playback?.stop()
  state.news.end()
  const closed = listener.retire()
  listener.closeAll()
  await closed
}
