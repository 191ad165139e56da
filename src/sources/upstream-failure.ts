/** What the client is told, and the tape, where the upstream gave no answer. Pure. */
import { utf8 } from '../core/bytes.ts'
import type { StuntdoubleErrorCode } from '../core/errors.ts'
import type { HttpReply } from '../core/http.ts'
import { tooManyFiles } from '../core/too-many-files.ts'

/** A deadline that a user has set, or that of connecting. */
class UpstreamTimeout extends Error {
  override readonly name = 'UpstreamTimeout'
}

/** The request cannot be sent on as it is, which no try would change. */
export class NotRelayable extends Error {
  override readonly name = 'NotRelayable'
}

const seconds = (ms: number): string => `${ms / 1000} s`

export const timeouts = {
  connect: (ms: number) =>
    new UpstreamTimeout(`no connection within ${seconds(ms)} (--connect-timeout)`),
  head: (ms: number) =>
    new UpstreamTimeout(`no status line within ${seconds(ms)} (--head-timeout)`),
  idle: (ms: number) => new UpstreamTimeout(`silent for ${seconds(ms)} (--idle-timeout)`),
}

/** An error of ours: 504 where it was waited for too long, 503 for lack of files, and else 502. */
export function failureReply(url: string, error: Error): HttpReply {
  const lacking = tooManyFiles(error)
  if (lacking) return ownReply(lacking.status, lacking.code, `stuntdouble: ${lacking.message}`)
  const message =
    error instanceof NotRelayable
      ? `stuntdouble did not ask ${url}: ${error.message}`
      : `stuntdouble got no answer from ${url}: ${error.message}`
  return ownReply(error instanceof UpstreamTimeout ? 504 : 502, 'upstream-failed', message)
}

function ownReply(status: number, code: StuntdoubleErrorCode, message: string): HttpReply {
  const body = utf8(JSON.stringify({ error: { code, message } }))
  return {
    status,
    headers: [
      ['content-type', 'application/json'],
      ['content-length', String(body.length)],
      ['x-stuntdouble-error', code],
    ],
    body,
  }
}
