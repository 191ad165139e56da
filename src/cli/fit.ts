/** `fit`: a pacing profile from the times of recordings. */
import { formatMistake, StuntdoubleError } from '../core/errors.ts'
import { version } from '../core/version.ts'
import { type LeftOut, PacingFit } from '../recording/look/fit.ts'
import { fitYaml } from '../recording/look/fit-yaml.ts'
import { listRecordings } from '../recording/store.ts'
import { dialectsFor } from './dialects.ts'
import { print } from './print.ts'
import { withProgress } from './progress.ts'

export interface FitFlags {
  readonly dialect?: string
  readonly name?: string
  readonly json?: boolean
}

const mostNamed = 3

function reasonsOf(leftOut: readonly LeftOut[]): string {
  if (leftOut.length === 0) return 'there is no recording'
  const named = leftOut.slice(0, mostNamed).map(({ file, why }) => `${file}: ${why}`)
  const more = leftOut.length - named.length
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join('; ')
}

export async function fit(paths: readonly string[], flags: FitFlags): Promise<void> {
  const { recordings, mistakes } = listRecordings(paths)
  if (mistakes.length > 0) {
    throw new StuntdoubleError('bad-recording', mistakes.map(formatMistake).join('\n'))
  }
  const dialectOf = await dialectsFor(flags.dialect)
  const fitting = new PacingFit()
  await withProgress(
    'measuring',
    (progress) => {
      for (const recording of recordings) {
        fitting.add(recording, dialectOf(recording))
        progress.step()
      }
    },
    { total: recordings.length },
  )
  const fitted = fitting.end()
  if (fitted.recordings === 0) {
    const reasons = reasonsOf(fitted.leftOut)
    throw new StuntdoubleError('not-possible', `no stream has times to fit a pacing to: ${reasons}`)
  }
  const by = `stuntdouble ${version}`
  await print(
    flags.json ? [JSON.stringify(fitted, undefined, 2)] : fitYaml(fitted, { by, name: flags.name }),
  )
}
