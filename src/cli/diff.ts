/** `diff`: in what two recordings differ, or two folders of them. */
import { statSync } from 'node:fs'
import process from 'node:process'
import { formatMistake, messageOf, StuntdoubleError } from '../core/errors.ts'
import type { Recording } from '../recording/format.ts'
import { type DiffOptions, diffRecordings, type RecordingDiff } from '../recording/look/diff.ts'
import { pairRecordings } from '../recording/look/diff-folders.ts'
import { diffJson } from '../recording/look/diff-json.ts'
import { renderDiff, summaryOf } from '../recording/look/diff-text.ts'
import { listRecordings } from '../recording/store.ts'
import { dialectsFor } from './dialects.ts'
import { print } from './print.ts'
import { withProgress } from './progress.ts'
import { terminalColumns } from './terminal.ts'

export interface DiffFlags {
  readonly dialect?: string
  readonly ignoreTimes?: boolean
  readonly ignoreChunks?: boolean
  readonly levelIds?: boolean
  readonly json?: boolean
}

/** As `diff` has it: whoever asks whether two are the same must know trouble from a difference. */
const [different, trouble] = [1, 2]

/** Exit code 0 where they are the same, 1 where they differ, and 2 where that cannot be told. */
export async function diff(a: string, b: string, flags: DiffFlags): Promise<void> {
  try {
    const options: DiffOptions = { ...flags, dialectOf: await dialectsFor(flags.dialect) }
    const [isFolderA, isFolderB] = [isFolder(a), isFolder(b)]
    if (isFolderA !== isFolderB) throw usage('a file and a folder cannot be compared')
    const isSame = isFolderA
      ? await diffFolders(a, b, { options, json: flags.json === true })
      : await diffFiles(a, b, { options, json: flags.json === true })
    if (!isSame) process.exitCode = different
  } catch (error) {
    if (error instanceof StuntdoubleError && error.code === 'usage') throw error
    process.stderr.write(`stuntdouble: ${messageOf(error)}\n`)
    process.exitCode = trouble
  }
}

interface How {
  readonly options: DiffOptions
  readonly json: boolean
}

async function diffFiles(a: string, b: string, { options, json }: How): Promise<boolean> {
  const [left, right] = [...recordingsAt(a), ...recordingsAt(b)]
  if (!left || !right) throw usage('two recordings are compared')
  const found = diffRecordings(left, right, options)
  await print(
    json ? [JSON.stringify(diffJson(found), undefined, 2)] : renderDiff(found, terminalColumns()),
  )
  return found.differ.length === 0
}

async function diffFolders(a: string, b: string, { options, json }: How): Promise<boolean> {
  const { pairs, onlyInA, onlyInB } = pairRecordings(recordingsAt(a), recordingsAt(b))
  const diffs = await withProgress(
    'comparing',
    (progress) =>
      pairs.map(([left, right]) => {
        progress.step()
        return diffRecordings(left, right, options)
      }),
    { total: pairs.length },
  )
  const filesOf = (recordings: readonly Recording[]): string[] => recordings.map(({ file }) => file)
  if (json) {
    const report = {
      pairs: diffs.map(diffJson),
      onlyInA: filesOf(onlyInA),
      onlyInB: filesOf(onlyInB),
    }
    await print([JSON.stringify(report, undefined, 2)])
  } else {
    await print(folderLines(diffs, filesOf(onlyInA), filesOf(onlyInB)))
  }
  return diffs.every(({ differ }) => differ.length === 0) && onlyInA.length + onlyInB.length === 0
}

function* folderLines(
  diffs: readonly RecordingDiff[],
  onlyInA: readonly string[],
  onlyInB: readonly string[],
): Generator<string> {
  const differing = diffs.filter(({ differ }) => differ.length > 0)
  for (const one of differing) {
    yield `${one.a}  ${one.b}`
    yield `  ${summaryOf(one)}`
  }
  for (const file of onlyInA) yield `${file}  is only in a`
  for (const file of onlyInB) yield `${file}  is only in b`
  const same = diffs.length - differing.length
  const alone = onlyInA.length + onlyInB.length
  yield `${same} the same, ${differing.length} different, ${alone} without a counterpart`
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

function recordingsAt(path: string): readonly Recording[] {
  const { recordings, mistakes } = listRecordings([path])
  if (mistakes.length === 0) return recordings
  throw new StuntdoubleError('bad-recording', mistakes.map(formatMistake).join('\n'))
}

const usage = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)
