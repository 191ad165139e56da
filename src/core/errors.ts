/** Errors of our own: bad input, bad files, a port in use. One class, a closed union of codes. */

const statusByCode = {
  'bad-request': 400,
  'foreign-origin': 403,
  'no-route': 404,
  miss: 404,
  'no-faults': 404,
  'no-stream': 404,
  'bad-method': 405,
  timeout: 408,
  'body-too-large': 413,
  'not-possible': 422,
  internal: 500,
  'no-websocket': 501,
  'no-tunnel': 501,
  'upstream-failed': 502,
  draining: 503,
  'too-many-connections': 503,
  'too-many-streams': 503,
  'too-little-memory': 503,
  'too-many-files': 503,
  'bad-scenario': 500,
  'bad-recording': 500,
  unverified: 500,
  usage: 500,
  'port-in-use': 500,
  'worker-lost': 500,
  'worker-silent': 503,
} as const

export type StuntdoubleErrorCode = keyof typeof statusByCode

export class StuntdoubleError extends Error {
  override readonly name = 'StuntdoubleError'
  readonly code: StuntdoubleErrorCode

  constructor(code: StuntdoubleErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.code = code
  }

  /** The HTTP status that a client is answered with when this error meets a request. */
  get status(): number {
    return statusByCode[this.code]
  }
}

/** What a caught value says, whatever it is. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown)

/** A mistake in a file that a person wrote: what, where, and what would be right. */
export interface Mistake {
  readonly file: string
  /** 1-based. */
  readonly line: number
  /** 1-based. */
  readonly column: number
  readonly message: string
}

export const formatMistake = ({ file, line, column, message }: Mistake): string =>
  `${file}:${line}:${column}: ${message}`
