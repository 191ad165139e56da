/** The Koa application and its HTTP server: listening, serving, reloading, draining. */
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import Koa, { type Context, type Next } from 'koa'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import { controlRoutes } from './control.ts'
import { corsHeaders, isPreflight, preflightHeaders } from './cors.ts'
import { serveExchange } from './exchange.ts'
import { ourError } from './our-error.ts'
import { type ServerSettings, ServerState } from './server-state.ts'
import type { Stage } from './stage.ts'

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

/** Longer than any client keeps an idle connection, so that the client is the one that closes it. */
const keepAliveMs = 75_000

export function createStuntdouble(stage: Stage, settings: ServerSettings): StuntdoubleServer {
  const state = new ServerState(stage, settings)
  const http = createServer({ keepAliveTimeout: keepAliveMs }, buildApp(state).callback())
  http.on('clientError', refuseMalformed)
  return {
    state,
    listen: (port, host) => listen(http, port, host),
    reload: (next) => {
      state.stage = next
    },
    drain: () => drain(http, state),
    close: () => closeNow(http, state),
  }
}

function buildApp(state: ServerState): Koa {
  const app = new Koa()
  app.silent = true
  app.use(handleErrors(state))
  app.use(controlRoutes(state).routes())
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
      ctx.req.socket.destroy()
      return
    }
    ctx.status = status
    // A foreign page that calls the control API is not even told that there is one.
    const cors = status === 403 ? [] : corsHeaders(ctx.req.headers)
    for (const [name, value] of [...headers, ...cors]) ctx.set(name, value)
    // What is left of a body that was too large would be taken for the next request.
    if (!ctx.req.complete) ctx.set('connection', 'close')
    ctx.body = body
  }
}

async function answerPreflight(ctx: Context, next: Next): Promise<void> {
  if (!isPreflight(ctx.method, ctx.req.headers)) return next()
  for (const [name, value] of preflightHeaders(ctx.req.headers)) ctx.set(name, value)
  ctx.status = 204
}

/** Bytes that are not HTTP never reach Koa; Node hands the bare socket here. */
function refuseMalformed(error: NodeJS.ErrnoException, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const [status, text] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout']
        : [400, 'Bad Request']
  const message = `stuntdouble: this is not a valid HTTP request: ${error.message}`
  const body = JSON.stringify({
    error: { message, type: 'stuntdouble_error', code: 'bad-request' },
  })
  const head = [
    `HTTP/1.1 ${status} ${text}`,
    'content-type: application/json',
    'x-stuntdouble-error: bad-request',
    'connection: close',
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function listen(http: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, port, host)))
    http.listen(port, host, () => {
      const address = http.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}

function listenError(error: NodeJS.ErrnoException, port: number, host: string): StuntdoubleError {
  const message =
    error.code === 'EADDRINUSE'
      ? `Port ${port} on ${host} is in use; choose another with --port, or --port 0 for a free one`
      : `Cannot listen on ${host}:${port}: ${error.message}`
  return new StuntdoubleError('port-in-use', message, { cause: error })
}

async function drain(http: Server, state: ServerState): Promise<void> {
  state.draining = true
  const closed = new Promise<void>((resolve) => http.close(() => resolve()))
  for (const playback of state.open) if (playback.hanging) playback.stop()
  await Promise.all([...state.open].map(({ done }) => done))
  http.closeIdleConnections()
  await closed
}

async function closeNow(http: Server, state: ServerState): Promise<void> {
  state.draining = true
  for (const playback of [...state.open]) playback.stop()
  await new Promise<void>((resolve) => {
    http.close(() => resolve())
    http.closeAllConnections()
  })
}
