/** `check`: every mistake in scenarios and recordings. */
import { statSync } from 'node:fs'
import process from 'node:process'
import { formatMistake, type Mistake } from '../core/errors.ts'
import type { Recording } from '../recording/format.ts'
import { listRecordings } from '../recording/store.ts'
import { checkDialectFile, loadScenarios } from '../scenario/load.ts'
import { print } from './print.ts'

interface Findings {
  readonly mistakes: readonly Mistake[]
  /** What is no mistake, and good to know all the same. */
  readonly notes: readonly string[]
  /** The number of files that were read. */
  readonly count: number
}

export async function check(
  paths: readonly string[],
  { json = false }: { json?: boolean },
): Promise<void> {
  const findings = await examine(paths)
  if (findings.mistakes.length > 0) process.exitCode = 1
  await print(json ? [JSON.stringify(findings.mistakes, undefined, 2)] : report(findings))
}

async function examine(paths: readonly string[]): Promise<Findings> {
  const folders = paths.filter((path) => kindOf(path) === 'folder')
  const taped = paths.filter((path) => kindOf(path) === 'file' && path.endsWith('.jsonl'))
  const scenarios = await loadScenarios(paths.filter((path) => !taped.includes(path)))
  const recordings = listRecordings([...taped, ...folders])
  const isDialect = (file: string): boolean => scenarios.dialectFiles.includes(file)
  const dialects = await Promise.all(scenarios.dialectFiles.map(checkDialectFile))
  return {
    mistakes: [
      ...scenarios.mistakes
        .filter(({ file }) => !isDialect(file))
        .flatMap((mistake) => (folders.includes(mistake.file) ? aboutFolder(mistake) : mistake)),
      ...dialects.flat(),
      ...recordings.mistakes,
    ],
    notes: recordings.recordings.filter(isCutOff).map(cutOff),
    count: scenarios.files.length + recordings.recordings.length,
  }
}

function kindOf(path: string): 'file' | 'folder' | undefined {
  const found = statSync(path, { throwIfNoEntry: false })
  return found && (found.isDirectory() ? 'folder' : 'file')
}

/** The one mistake that a folder itself can be is to hold no scenario: fine where it holds tapes. */
function aboutFolder(mistake: Mistake): Mistake[] {
  const { recordings, mistakes } = listRecordings([mistake.file])
  if (recordings.length + mistakes.length > 0) return []
  const message = 'there is no scenario (*.yaml, *.yml) and no recording (*.jsonl) in this folder'
  return [{ ...mistake, message }]
}

const isCutOff = ({ ending, failed }: Recording): boolean =>
  ending === undefined && failed === undefined

const cutOff = ({ file }: Recording): string =>
  `${file}: cut off while taping; replaying it breaks off where it does`

function report({ mistakes, notes, count }: Findings): string[] {
  const lines = [...mistakes.map(formatMistake), ...notes]
  if (mistakes.length === 0) {
    return [...lines, `${count === 1 ? '1 file' : `${count} files`}, no mistakes`]
  }
  return [...lines, '', mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`]
}
