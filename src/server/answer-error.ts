/** The one place that turns what was thrown into an answer. */
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import { ourError } from './our-error.ts'
import type { ServerState } from './server-state.ts'
import { corsHeaders } from './wire/cors.ts'
import type { Line } from './wire/line.ts'

export function answerError(line: Line, thrown: unknown, { log }: Pick<ServerState, 'log'>): void {
  const { status, headers, body } = ourError(thrown)
  const fields = { status, error: messageOf(thrown) }
  if (thrown instanceof StuntdoubleError) log.warn(fields, line.asked)
  else log.error({ ...fields, err: thrown }, line.asked)
  if (line.isTaken) {
    line.breakOff()
    return
  }
  // A foreign page that calls the control API is not even told that there is one.
  const cors = status === 403 ? [] : corsHeaders(line.origin)
  line.answer({ status, headers: [...headers, ...cors], body })
}
