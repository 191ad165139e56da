/**
 * What torture says while it runs, on stderr: one line that changes on a terminal, and elsewhere a
 * line now and then.
 */
import process from 'node:process'
import type { TortureProgress } from '../torture/settings.ts'
import { seconds } from '../torture/verdict.ts'
import { progressOn } from './progress.ts'

export interface Telling {
  readonly at: (progress: TortureProgress) => void
  end(): void
}

/** A line for each tenth of the work is enough for a log. */
const calmLines = 10

export function tortureProgress(): Telling {
  const { CI, TERM } = process.env
  const isLive = process.stderr.isTTY === true && (CI ?? '') === '' && TERM !== 'dumb'
  return isLive ? liveLine() : calm()
}

function liveLine(): Telling {
  let line: ReturnType<typeof progressOn> | undefined
  let failed = 0
  const now = (): number => performance.now()
  const begin = (label: string, total?: number): void => {
    line?.end()
    line = progressOn(process.stderr, label, { total }, now)
  }
  return {
    at(progress) {
      if (progress.at === 'clean') begin(`clean run ${progress.run} of`, undefined)
      else if (progress.at === 'variants') begin('variants run:', progress.total)
      else if (progress.at === 'shrinking') begin('looking for the smallest:')
      else {
        const { result, done } = progress
        if (!result.allowed) {
          failed += 1
          line?.end()
          if (failed <= 20) process.stderr.write(`${result.verdict}: ${result.name}\n`)
        }
        line?.at(done)
      }
    },
    end: () => line?.end(),
  }
}

function calm(): Telling {
  const say = (text: string): void => {
    process.stderr.write(`stuntdouble: ${text}\n`)
  }
  let total = 0
  let failed = 0
  return {
    at(progress) {
      if (progress.at === 'variants') {
        total = progress.total
        say(
          `the clean run is stable ground; ${total} variants, ${seconds(progress.limitMs)} each at most`,
        )
      } else if (progress.at === 'variant') {
        if (!progress.result.allowed) failed += 1
        const { done } = progress
        const tenth = Math.floor((done * calmLines) / total)
        if (tenth > Math.floor(((done - 1) * calmLines) / total)) {
          say(`${done} of ${total} run, ${failed} failed`)
        }
      }
    },
    end: () => undefined,
  }
}
