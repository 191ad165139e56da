/**
 * The first thing that a request meets: whether there is room for it at all. Nothing of it is read
 * before, and where it is refused nothing of it is kept.
 */
import { ourError } from '../our-error.ts'
import type { ServerState } from '../server-state.ts'
import { corsHeaders } from '../wire/cors.ts'
import type { Line } from '../wire/line.ts'
import type { Shortage } from './capacity.ts'

/**
 * False where there is room, and then `capacity.leave()` is owed. Otherwise it is answered when the
 * request has been read to its end, which goes nowhere: a client that is answered in mid-request may
 * see its connection break and never the answer.
 */
export function isRefusedByCapacity(
  line: Line,
  { capacity }: Pick<ServerState, 'capacity'>,
): boolean {
  // On a connection past the limit nothing but the control API is answered.
  const isSpare = capacity.spare.size > 0 && line.isSpare(capacity.spare)
  const shortage: Shortage | undefined = isSpare ? 'connections' : capacity.enter()
  if (!shortage) return false
  const reply = ourError(capacity.refuse(shortage))
  const headers = [...reply.headers, ...corsHeaders(line.origin)]
  if (shortage === 'connections') headers.push(['connection', 'close'])
  line.readAway(() => line.answer({ ...reply, headers }))
  return true
}
