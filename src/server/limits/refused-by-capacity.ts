/**
 * The first thing that a request meets: whether there is room for it at all. Nothing of it is read
 * before, and where it is refused nothing of it is kept.
 */
import type { Context } from 'koa'
import { ourError } from '../our-error.ts'
import type { ServerState } from '../server-state.ts'
import { corsHeaders } from '../wire/cors.ts'
import type { Capacity, Shortage } from './capacity.ts'

/**
 * Undefined where there is room, and then `capacity.leave()` is owed. Otherwise resolves when the
 * request has been read to its end, which goes nowhere: a client that is answered in mid-request
 * may see its connection break and never the answer.
 */
export function refusedByCapacity(
  ctx: Context,
  { capacity }: Pick<ServerState, 'capacity'>,
): Promise<void> | undefined {
  // On a connection past the limit nothing but the control API is answered.
  const isSpare = capacity.spare.size > 0 && capacity.spare.has(ctx.req.socket)
  const shortage: Shortage | undefined = isSpare ? 'connections' : capacity.enter()
  return shortage && refuse(ctx, shortage, capacity)
}

async function refuse(ctx: Context, shortage: Shortage, capacity: Capacity): Promise<void> {
  const { status, headers, body } = ourError(capacity.refuse(shortage))
  await readAway(ctx)
  ctx.status = status
  for (const [name, value] of [...headers, ...corsHeaders(ctx.req.headers)]) ctx.set(name, value)
  if (shortage === 'connections') ctx.set('connection', 'close')
  ctx.body = body
}

function readAway({ req }: Context): Promise<void> {
  return new Promise((resolve) => {
    for (const over of ['end', 'aborted', 'error', 'close']) req.once(over, () => resolve())
    req.resume()
  })
}
