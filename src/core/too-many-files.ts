/** What the system lacks is no fault of ours, nor of an upstream, and can be helped: it gets a name. */
import { StuntdoubleError } from './errors.ts'

/** Where it, or what caused it, is that the system gives no more files; undefined where it is not. */
export function tooManyFiles(thrown: unknown): StuntdoubleError | undefined {
  if (!(thrown instanceof Error)) return undefined
  const code = 'code' in thrown ? thrown.code : undefined
  if (code !== 'EMFILE' && code !== 'ENFILE') return tooManyFiles(thrown.cause)
  const message = `no more files may be open (${thrown.message}); raise \`ulimit -n\`, or lower --max-streams`
  return new StuntdoubleError('too-many-files', message, { cause: thrown })
}
