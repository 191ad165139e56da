/**
 * The control API as an application of Koa's. Loaded when somebody first asks it, since to load it and
 * to build its routes takes 60 ms that most starts need not wait for.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import Koa, { type Context, type Next } from 'koa'
import { answerError } from './answer-error.ts'
import { controlRoutes } from './control.ts'
import type { ServerState } from './server-state.ts'
import { NodeLine } from './wire/node-line.ts'

export type Handle = (req: IncomingMessage, res: ServerResponse) => Promise<void>

export function controlApp(state: ServerState): Handle {
  const app = new Koa()
  app.silent = true
  app.use(handleErrors(state))
  app.use(controlRoutes(state).routes())
  return app.callback()
}

const handleErrors = (state: ServerState) => async (ctx: Context, next: Next) => {
  try {
    await next()
  } catch (thrown) {
    ctx.respond = false
    answerError(new NodeLine(ctx, state.connections), thrown, state)
  }
}
