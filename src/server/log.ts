/** What the server needs of a logger; a pino logger fits. Secrets are never handed to it. */
type Write = (fields: object, message: string) => void

export interface Log {
  readonly debug: Write
  readonly info: Write
  readonly warn: Write
  readonly error: Write
}

const nothing: Write = () => {}

export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
