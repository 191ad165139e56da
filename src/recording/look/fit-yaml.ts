/** A fitted pacing as YAML for a scenario, with a word on how well it fits. Pure. */
import type { Distribution } from '../../core/pacing.ts'
import type { FittedPacing } from './fit.ts'
import type { Fitted } from './fit-distribution.ts'
import { counted, grouped, shortMs, visible } from './printable.ts'

export interface FitWords {
  /** Program and version. */
  readonly by: string
  readonly name: string | undefined
}

/** The lines of `pacing:`, ready to be pasted. */
export function* fitYaml(fit: FittedPacing, { by, name }: FitWords): Generator<string> {
  const called = name === undefined ? '' : `${visible(name)}: `
  yield `# ${called}pacing fitted by ${by} to ${counted(fit.recordings, 'recording')}`
  for (const line of leftOutLines(fit)) yield `# ${line}`
  yield '#'
  yield '# taped -> fitted, ms        p50                p90          KS    values'
  const parts = { head: fit.head, ttft: fit.ttft, itl: fit.itl }
  for (const [part, fitted] of Object.entries(parts)) if (fitted) yield qualityLine(part, fitted)
  for (const [part, fitted] of Object.entries(parts)) {
    if (!fitted?.nearest) continue
    const { distribution, ks } = fitted.nearest
    yield `# the nearest family for ${part}, KS ${ks.toFixed(3)}: ${distributionYaml(distribution).join('')}`
  }
  yield 'pacing:'
  for (const [part, fitted] of Object.entries(parts)) {
    if (!fitted) continue
    const [first = '', ...more] = distributionYaml(fitted.distribution)
    yield `  ${part}: ${first}`
    for (const line of more) yield `    ${line}`
  }
  if (fit.burst) yield `  burst: ${burstYaml(fit.burst)}`
}

function leftOutLines({ leftOut }: FittedPacing): string[] {
  const reasons = new Map<string, number>()
  for (const { why } of leftOut) reasons.set(why, (reasons.get(why) ?? 0) + 1)
  return [...reasons].map(([why, count]) => `left out ${grouped(count)}: ${why}`)
}

function qualityLine(part: string, { family, taped, fitted, ks, count }: Fitted): string {
  const pair = (from: number, to: number): string =>
    `${shortMs(from).padStart(8)} -> ${shortMs(to).padEnd(7)}`
  const few = count < 20 ? ', too few to tell one distribution from another' : ''
  const what = `${part.padEnd(5)} ${family}`.padEnd(18)
  return `# ${what} ${pair(taped.p50, fitted.p50)}${pair(taped.p90, fitted.p90)} ${ks.toFixed(3)}${grouped(count).padStart(10)}${few}`
}

/** Three figures are more than any measurement bears. */
const figures = (value: number): number => Number(value.toPrecision(3))

const ms = (value: number): string => `${figures(value)}ms`

/** A cut must not be below what was seen. */
const upwards = (value: number): string => {
  const step = 10 ** (Math.floor(Math.log10(Math.max(value, 1e-3))) - 2)
  return `${figures(Math.ceil(value / step - 1e-9) * step)}ms`
}

/** In one line, or in several where there are many values. */
function distributionYaml(distribution: Distribution): string[] {
  if (!('empirical' in distribution)) return [formulaYaml(distribution)]
  const lines = [...wrapped(distribution.empirical.map(ms))]
  return ['{ empirical: [', ...lines, '] }']
}

const valuesPerLine = 10

function* wrapped(values: readonly string[]): Generator<string> {
  for (let at = 0; at < values.length; at += valuesPerLine) {
    yield `  ${values.slice(at, at + valuesPerLine).join(', ')},`
  }
}

type Formula = Exclude<Distribution, { readonly empirical: readonly number[] }>

function formulaYaml(distribution: Formula): string {
  const max = distribution.max === undefined ? '' : `, max: ${upwards(distribution.max)}`
  if ('fixed' in distribution) return ms(distribution.fixed)
  if ('uniform' in distribution) {
    const { min, max: most } = distribution.uniform
    return `{ uniform: { min: ${ms(min)}, max: ${upwards(most)} } }`
  }
  if ('normal' in distribution) {
    const { mean, sd } = distribution.normal
    return `{ normal: { mean: ${ms(mean)}, sd: ${ms(sd)} }${max} }`
  }
  if ('lognormal' in distribution) {
    const { median, sigma } = distribution.lognormal
    return `{ lognormal: { median: ${ms(median)}, sigma: ${figures(sigma)} }${max} }`
  }
  return `{ exponential: { mean: ${ms(distribution.exponential.mean)} }${max} }`
}

const burstYaml = (burst: NonNullable<FittedPacing['burst']>): string =>
  'size' in burst ? `{ size: ${burst.size} }` : String(figures(burst.probability))
