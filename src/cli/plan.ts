/** `plan`: draws a plan of faults and prints it as YAML. */

import { parseDuration } from '../core/duration.ts'
import { StuntdoubleError } from '../core/errors.ts'
import type { PlanAfter } from '../faults/plan.ts'
import { drawPlan, type PlanDrawing, type Range } from '../faults/plan-draw.ts'
import { planYaml } from '../scenario/load-plan.ts'
import { seededRandom } from '../time/random.ts'
import { printPieces } from './print.ts'

export interface PlanOptions {
  readonly seed: number
  readonly requests: number
  readonly kinds?: string
  readonly profile?: string
  readonly often?: string
  readonly frames?: string
  readonly bytes?: string
  readonly longest?: string
  readonly after?: PlanAfter
  readonly name?: string
}

export async function plan(options: PlanOptions): Promise<void> {
  await printPieces([planText(options)])
}

/** The same options give the same text. */
export function planText(options: PlanOptions): string {
  const drawn = drawPlan(drawingOf(options), seededRandom(`${options.seed}/plan`))
  return planYaml(drawn, `stuntdouble plan ${words(options)}`)
}

function drawingOf(options: PlanOptions): PlanDrawing {
  const { requests, kinds, profile, often, frames, bytes, longest, after, name } = options
  const bounds = Object.entries({ often, frames, bytes, longest })
  const useless = bounds.find(([, value]) => value !== undefined)?.[0]
  if (profile !== undefined && kinds === undefined && useless !== undefined) {
    const why = 'a profile has its own chances, places and times'
    throw new StuntdoubleError('usage', `--${useless} is for faults drawn from --kinds; ${why}`)
  }
  return {
    requests,
    ...(kinds === undefined ? {} : { kinds: kinds.split(',').map((kind) => kind.trim()) }),
    ...(profile === undefined ? {} : { profile }),
    ...(often === undefined ? {} : { often: chance(often) }),
    ...(frames === undefined ? {} : { frames: rangeOf('frames', frames) }),
    ...(bytes === undefined ? {} : { bytes: rangeOf('bytes', bytes) }),
    ...(longest === undefined ? {} : { longestMs: durationOf(longest) }),
    ...(after === undefined ? {} : { after }),
    ...(name === undefined ? {} : { name }),
  }
}

/** What to type to have the plan again. */
function words({ seed, requests, ...others }: PlanOptions): string {
  const asked = Object.entries({ seed, requests, ...others }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${quoted(String(value))}`],
  )
  return asked.join(' ')
}

const quoted = (text: string): string => (/^[\w.,-]+$/.test(text) ? text : JSON.stringify(text))

const wrong = (name: string, what: string, written: string): StuntdoubleError =>
  new StuntdoubleError('usage', `--${name} must be ${what}, not "${written}"`)

function chance(written: string): number {
  const value = Number(written)
  if (/^[\d.]+$/.test(written) && value >= 0 && value <= 1) return value
  throw wrong('often', 'a chance from 0 to 1', written)
}

function rangeOf(name: string, written: string): Range {
  const [, low, high = low] = /^(\d+)(?:-(\d+))?$/.exec(written) ?? []
  if (low !== undefined && Number(low) <= Number(high)) {
    return { low: Number(low), high: Number(high) }
  }
  throw wrong(name, 'a range such as 1-20', written)
}

function durationOf(written: string): number {
  const ms = parseDuration(written)
  if (ms) return ms
  throw wrong('longest', 'a duration such as 2s', written)
}
