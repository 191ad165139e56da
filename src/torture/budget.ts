/** How much may be run: what `--budget` says. */
import { parseDuration } from '../core/duration.ts'
import { StuntdoubleError } from '../core/errors.ts'

export interface Budget {
  readonly runs?: number
  readonly ms?: number
}

/** A reply of some length has tens of thousands of variants, most of them splits at a byte. */
const usualBudget: Budget = { runs: 500 }

/** `200` is a number of runs, `60s` a time, `all` no bound. */
export function parseBudget(written: string | undefined): Budget {
  if (written === undefined) return usualBudget
  const text = written.trim()
  if (text === 'all') return {}
  if (/^[1-9]\d*$/.test(text)) return { runs: Number(text) }
  const ms = /[a-z]/.test(text) ? parseDuration(text) : undefined
  if (ms !== undefined && ms > 0) return { ms }
  const message = `--budget must be a number of runs, a time such as 60s or 5m, or all; not ${written}`
  throw new StuntdoubleError('usage', message)
}
