/** The server: who answers what, reloading, draining. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { lazy } from '../core/lazy.ts'
import { answerError } from './answer-error.ts'
import { controlPrefix } from './control/prefix.ts'
import { serveExchange } from './exchange.ts'
import { type ServerSettings, ServerState } from './server-state.ts'
import type { Stage } from './stage/stage.ts'
import { isPreflight, preflightHeaders } from './wire/cors.ts'
import { Listener } from './wire/listener.ts'
import { NodeLine } from './wire/node-line.ts'
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
  const listener = new Listener(answerTo(state), {
    door: state.capacity,
    direct: {
      clock: settings.clock,
      connections: state.connections,
      maxBodyBytes: state.maxBodyBytes,
      serve: (line) => serveExchange(line, state),
    },
  })
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

/** Of what Node's servers have read: who answers it. */
function answerTo(state: ServerState): (req: IncomingMessage, res: ServerResponse) => void {
  const control = lazy(async () => (await import('./control-app.ts')).controlApp(state))
  return (req, res) => {
    const line = new NodeLine({ req, res }, state.connections)
    try {
      refuseWebSocket(req)
      if (isForControl(req.url)) {
        control()
          .then((app) => app(req, res))
          .catch((error) => answerError(line, error, state))
      } else if (isPreflight(req.method, req.headers)) {
        line.answer({ status: 204, headers: preflightHeaders(req.headers), body: '' })
      } else serveExchange(line, state)
    } catch (error) {
      answerError(line, error, state)
    }
  }
}

/** A request may name the whole URL, as those to a proxy do. */
function isForControl(url = '/'): boolean {
  if (url.startsWith('/')) return url.startsWith(controlPrefix)
  return URL.canParse(url) && new URL(url).pathname.startsWith(controlPrefix)
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
