/** Errors of our own as HTTP replies, marked so that nobody takes them for simulated ones. */
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import { type HttpReply, jsonReply } from '../core/http.ts'

export function ourError(thrown: unknown): HttpReply {
  const known = thrown instanceof StuntdoubleError
  const status = known ? thrown.status : 500
  const code = known ? thrown.code : 'internal'
  const error = { message: `stuntdouble: ${messageOf(thrown)}`, type: 'stuntdouble_error', code }
  return jsonReply(status, { error }, [['x-stuntdouble-error', code]])
}
