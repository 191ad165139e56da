/** `check --secrets`: secrets in files that are there already, told without telling them. */
import {
  closeSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { formatMistake, type Mistake, messageOf, StuntdoubleError } from '../core/errors.ts'
import type { RedactSettings } from '../core/recording-settings.ts'
import { type FoundSecret, RecordingScan, secretsInText } from '../recording/redact/secrets-scan.ts'
import { readLines } from '../recording/store-lines.ts'
import { knownDialects } from '../scenario/load-dialects.ts'
import { FolderSettings } from '../server/stage/folder-settings.ts'
import { print } from './print.ts'

export interface SecretFlags {
  readonly json?: boolean
  readonly secret?: readonly string[]
  readonly redactEmails?: boolean
  readonly allow?: readonly string[]
  readonly fix?: boolean
}

/** Larger texts that are no recordings are not looked at in one piece. */
const mostTextBytes = 256 * 1024 * 1024

interface Scanned {
  readonly files: number
  readonly mistakes: readonly Mistake[]
  /** Files whose secrets are masked now. */
  readonly fixed: readonly string[]
}

export async function checkSecrets(paths: readonly string[], flags: SecretFlags): Promise<void> {
  const keep = (await knownDialects()).flatMap(({ headers = [] }) => headers)
  const { secret, redactEmails = false } = flags
  const folders = new FolderSettings({ ...(secret ? { secrets: secret } : {}), redactEmails })
  const scanned = scanAll(paths, { flags, folders, keep })
  if (scanned.mistakes.length > 0) process.exitCode = 1
  await print(flags.json ? [JSON.stringify(scanned.mistakes, undefined, 2)] : report(scanned))
}

interface Around {
  readonly flags: SecretFlags
  readonly folders: FolderSettings
  /** Headers that dialects keep on tape. */
  readonly keep: readonly string[]
}

function scanAll(paths: readonly string[], around: Around): Scanned {
  const mistakes: Mistake[] = []
  const fixed: string[] = []
  let files = 0
  for (const path of paths) {
    try {
      for (const file of filesOf(path)) {
        files++
        const found = scanFile(file, around)
        const secrets = [...found.secrets].sort((a, b) => a.line - b.line || a.column - b.column)
        mistakes.push(
          ...secrets.map(({ line, column, what }) => ({ file, line, column, message: what })),
        )
        if (found.isFixed) fixed.push(file)
      }
    } catch (error) {
      mistakes.push({ file: path, line: 1, column: 1, message: reasonOf(error) })
    }
  }
  const settings = around.folders.mistakes
  if (settings.length > 0) {
    throw new StuntdoubleError('bad-recording', settings.map(formatMistake).join('\n'))
  }
  return { files, mistakes, fixed }
}

/** Of a folder its recordings; any other file only by its name. */
function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => name.endsWith('.jsonl'))
  return names.sort().map((name) => join(path, name))
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
    ? 'there is no such file or folder'
    : `cannot be read: ${messageOf(error)}`

interface ScannedFile {
  readonly secrets: readonly FoundSecret[]
  readonly isFixed: boolean
}

function scanFile(file: string, { flags, folders, keep }: Around): ScannedFile {
  const { redact } = folders.of(file)
  const settings = { ...redact, allow: [...(redact.allow ?? []), ...(flags.allow ?? [])] }
  if (isRecording(file))
    return scanRecording(file, { settings, keep, isFixing: flags.fix ?? false })
  if (statSync(file).size > mostTextBytes) throw new Error('it is larger than 256 MiB')
  return { secrets: secretsInText(readFileSync(file, 'utf8'), settings), isFixed: false }
}

function isRecording(file: string): boolean {
  for (const line of readLines(file)) return line.toString().startsWith('{"recording"')
  return false
}

interface RecordingOptions {
  readonly settings: RedactSettings
  readonly keep: readonly string[]
  readonly isFixing: boolean
}

function scanRecording(file: string, { settings, keep, isFixing }: RecordingOptions): ScannedFile {
  const scan = new RecordingScan(settings, keep)
  for (const line of readLines(file)) scan.push(line.toString())
  scan.end()
  if (!isFixing || scan.found.length === 0) return { secrets: scan.found, isFixed: false }
  rewrite(file, new RecordingScan(settings, keep))
  return { secrets: [], isFixed: true }
}

/** Beside the file first, so that no half of a recording is ever in its place. */
function rewrite(file: string, scan: RecordingScan): void {
  const temporary = `${file}.${process.pid}.tmp`
  const fd = openSync(temporary, 'wx', statSync(file).mode)
  try {
    for (const line of readLines(file)) write(fd, scan.push(line.toString()))
    write(fd, scan.end())
    closeSync(fd)
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

const write = (fd: number, lines: readonly string[]): void => {
  for (const line of lines) writeSync(fd, `${line}\n`)
}

function report({ files, mistakes, fixed }: Scanned): string[] {
  const count = files === 1 ? '1 file' : `${files} files`
  const lines = [...mistakes.map(formatMistake), ...fixed.map((file) => `${file}: masked`)]
  if (mistakes.length === 0) return [...lines, `${count}, no secrets`]
  return [...lines, '', mistakes.length === 1 ? '1 secret' : `${mistakes.length} secrets`]
}
