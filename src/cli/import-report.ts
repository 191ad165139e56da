/** What `import` says of its work: a line for each recording, and all that was lost or left out. Pure. */
import { formatMistake, type Mistake } from '../core/errors.ts'
import type { LostPart } from '../recording/format.ts'
import type { Kept } from '../recording/store-import.ts'

/** One recording, as `--json` tells it. */
export interface KeptLine {
  readonly file: string
  readonly state: Kept['state']
  readonly source: string
  /** Of the source, where the exchange begins. */
  readonly line: number
  readonly format: string
  readonly method: string
  readonly url: string
  readonly status: number
  readonly dialect: string | undefined
  readonly chunks: number
  readonly bytes: number
  readonly lost: readonly LostPart[]
  readonly words: readonly string[]
}

export interface ImportReport {
  readonly out: string
  files: number
  readonly recordings: KeptLine[]
  readonly ignored: { readonly file: string; readonly what: string }[]
  readonly mistakes: Mistake[]
}

const states: Readonly<Record<Kept['state'], string>> = {
  written: '',
  replaced: ' (replaced)',
  there: ' (already there)',
  differs: ' (left as it is)',
}

export const lineOf = (kept: KeptLine): string =>
  [
    `${kept.source}:${kept.line}`,
    kept.status,
    kept.dialect ?? 'no known dialect',
    counted(kept.chunks, 'chunk'),
    counted(kept.bytes, 'byte'),
    `-> ${kept.file}${states[kept.state]}`,
  ].join('  ')

export const mistakeLine = formatMistake

export function summary({ out, files, recordings, ignored, mistakes }: ImportReport): string[] {
  const done = recordings.filter(({ state }) => state !== 'differs')
  const there = done.filter(({ state }) => state === 'there').length
  const already = there > 0 ? `, ${there} of them already there` : ''
  const from = counted(files, 'file')
  return [
    '',
    `${counted(done.length, 'recording')} from ${from} in ${out}${already}`,
    ...lostLines(done),
    ...tally(done.flatMap(({ words }) => words)),
    ...tally(ignored.map(({ what }) => `left out: ${what}`)),
    ...(mistakes.length > 0 ? [counted(mistakes.length, 'mistake')] : []),
  ]
}

function lostLines(recordings: readonly KeptLine[]): string[] {
  const count = (part: LostPart): number =>
    recordings.filter(({ lost }) => lost.includes(part)).length
  const [chunks, times] = [count('chunks'), count('times')]
  return [
    ...(chunks > 0 ? [`${chunks} without their chunk borders, which are put at frames`] : []),
    ...(times > 0
      ? [`${times} without their times, which a profile sets when they are played`]
      : []),
  ]
}

/** What is said several times is said once, with its number. */
function tally(sentences: readonly string[]): string[] {
  const counts = new Map<string, number>()
  for (const sentence of sentences) counts.set(sentence, (counts.get(sentence) ?? 0) + 1)
  return [...counts].map(([sentence, count]) => `${count} x ${sentence}`)
}

const counted = (count: number, what: string): string =>
  `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`
