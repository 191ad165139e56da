/** `check`: every mistake in scenarios and recordings. */
import { statSync } from 'node:fs'
import process from 'node:process'
import { formatMistake, type Mistake } from '../core/errors.ts'
import { listRecordings } from '../recording/store.ts'
import { loadScenarios } from '../scenario/load.ts'

export async function check(
  paths: readonly string[],
  { json = false }: { json?: boolean },
): Promise<void> {
  const folders = paths.filter(isFolder)
  const taped = paths.filter((path) => path.endsWith('.jsonl'))
  const written = paths.filter((path) => !path.endsWith('.jsonl') && !folders.includes(path))
  const scenarios = await loadScenarios([...written, ...folders])
  const recordings = listRecordings([...taped, ...folders])
  const mistakes = [...scenarios.mistakes, ...recordings.mistakes]
  const count = scenarios.files.length + recordings.recordings.length
  process.stdout.write(
    json ? `${JSON.stringify(mistakes, undefined, 2)}\n` : report(mistakes, count),
  )
  if (mistakes.length > 0) process.exitCode = 1
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false

function report(mistakes: readonly Mistake[], count: number): string {
  const lines = mistakes.map(formatMistake)
  if (mistakes.length === 0) return `${count === 1 ? '1 file' : `${count} files`}, no mistakes\n`
  lines.push('', mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`)
  return `${lines.join('\n')}\n`
}
