/** Errors of our own as HTTP replies, marked so that nobody takes them for simulated ones. */
import { messageOf, StuntdoubleError, type StuntdoubleErrorCode } from '../core/errors.ts'
import { type HttpReply, jsonReply } from '../core/http.ts'
import { tooManyFiles } from '../core/too-many-files.ts'

export function ourError(thrown: unknown): HttpReply {
  const error = tooManyFiles(thrown) ?? thrown
  const known = error instanceof StuntdoubleError
  const status = known ? error.status : 500
  const code = known ? error.code : 'internal'
  const message = `stuntdouble: ${messageOf(error)}`
  const headers: [string, string][] = [['x-stuntdouble-error', code]]
  if (known && passing.has(error.code)) headers.push(['retry-after', '1'])
  return jsonReply(status, { error: { message, type: 'stuntdouble_error', code } }, headers)
}

/** What is over as soon as something else is. */
const passing: ReadonlySet<StuntdoubleErrorCode> = new Set([
  ...(['too-many-connections', 'too-many-streams'] as const),
  ...(['too-little-memory', 'too-many-files'] as const),
])
