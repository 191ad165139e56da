/**
 * Reloads when a file changes; a broken edit keeps the last good version and is told once. Who has
 * the stages is its caller's business: this process, or several.
 */
import { messageOf } from '../core/errors.ts'
import { type Watching, watchFiles } from '../scenario/load-watch.ts'
import type { Log } from '../server/log.ts'
import type { Staged } from './staging.ts'

export interface Reloading {
  /** Undefined where nobody is there to reload. */
  prepare(): Promise<Staged | undefined>
  play(): Soon
}

type Soon = void | Promise<void>

/** Resolves when no change can be missed any more. */
export async function reloadOnChange(
  { paths }: Staged,
  staging: Reloading,
  log: Log,
): Promise<Watching> {
  let last = Promise.resolve()
  const reload = async (): Promise<void> => {
    try {
      const next = await staging.prepare()
      if (!next) return
      await staging.play()
      watching.follow(next.paths)
      log.info({ scenarios: next.scenarios }, 'reloaded')
    } catch (error) {
      tellUnused(log, messageOf(error))
    }
  }
  const watching = await watchFiles(paths, () => {
    // One after the other, so that an older edit never overtakes a newer one.
    last = last.then(reload)
  })
  return watching
}

/** A line for each mistake: a log in JSON would show them all in one. */
function tellUnused(log: Log, message: string): void {
  const [first, ...mistakes] = message.split('\n')
  log.error({}, `the edit is not used, the last good version stays: ${first}`)
  for (const mistake of mistakes) log.error({}, mistake)
}
