/** What the handlers of the control API have in common: how they are asked. */
import type { Context } from 'koa'
import { StuntdoubleError } from '../../core/errors.ts'
import { suggestion } from '../../core/suggest.ts'
import type { ServerState } from '../server-state.ts'
import { requestOf } from '../wire/node-line.ts'

export { wholeNumberOf } from '../streams/act.ts'

/** By method and path, e.g. `GET /streams/:id`. */
export type Handlers = Readonly<
  Record<string, (ctx: Context, server: ServerState) => void | Promise<void>>
>

/** The query's values by their names; what is not known, or given twice, is refused. */
export function queryOf<Name extends string>(
  ctx: Context,
  known: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const asked: Partial<Record<Name, string>> = {}
  for (const [written, value] of Object.entries(ctx.query)) {
    const name = known.find((one) => one === written)
    if (name === undefined) {
      const why = known.length === 0 ? '; it takes none' : suggestion(written, known)
      throw wrong(`unknown parameter "${written}"${why}`)
    }
    if (typeof value !== 'string') throw wrong(`${name} is given twice`)
    asked[name] = value
  }
  return asked
}

/** A JSON body; undefined where there is none. */
export async function jsonBodyOf(ctx: Context, server: ServerState): Promise<unknown> {
  const { body } = await requestOf(ctx, server.maxBodyBytes)
  if (body.length === 0) return undefined
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch (error) {
    throw wrong(`the body is not JSON: ${error instanceof Error ? error.message : error}`)
  }
}

export const wrong = (why: string): StuntdoubleError => new StuntdoubleError('bad-request', why)

/** An error beside which something else is told. */
export function refuse(ctx: Context, { status, code, message }: StuntdoubleError, beside: object) {
  ctx.status = status
  ctx.set('x-stuntdouble-error', code)
  const error = { message: `stuntdouble: ${message}`, type: 'stuntdouble_error', code }
  ctx.body = { error, ...beside }
}
