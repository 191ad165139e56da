/** `import`: recordings from what other tools have kept. Says of each file what became of it. */
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join, relative, resolve } from 'node:path'
import process from 'node:process'
import { formatMistake, type Mistake, messageOf, StuntdoubleError } from '../core/errors.ts'
import type { RedactSettings } from '../core/recording-settings.ts'
import { version } from '../core/version.ts'
import { formatNamed } from '../recording/import/formats.ts'
import { type ImportEvent, importFile } from '../recording/import/import-file.ts'
import type { ImportContext } from '../recording/import/imported.ts'
import { maskUrl } from '../recording/redact/secrets.ts'
import { keepImported } from '../recording/store-import.ts'
import { knownDialects } from '../scenario/load-dialects.ts'
import { buildRoutes } from '../server/answers/routes.ts'
import { FolderSettings } from '../server/stage/folder-settings.ts'
import { dialectNamed } from './dialects.ts'
import { type ImportReport, type KeptLine, lineOf, mistakeLine, summary } from './import-report.ts'
import { print } from './print.ts'
import { withProgress } from './progress.ts'

export interface ImportFlags {
  readonly out: string
  readonly from?: string
  readonly dialect?: string
  readonly url?: string
  readonly body?: string
  readonly note?: string
  readonly all?: boolean
  readonly force?: boolean
  readonly json?: boolean
  readonly secret?: readonly string[]
  readonly redactEmails?: boolean
}

/** Exit code 1 where anything could not be imported; all the rest is. */
export async function importFiles(paths: readonly string[], flags: ImportFlags): Promise<void> {
  const report = emptyReport(flags.out)
  const said: string[] = []
  const context = await contextOf(flags)
  const redact = redactFor(flags)
  const files = paths.flatMap((path) => filesAt(path, report))
  said.push(...report.mistakes.map(mistakeLine))
  await withProgress(
    'importing',
    async (progress) => {
      for (const file of files) {
        for (const line of importOne(file, { flags, context, redact, report })) said.push(line)
        progress.step()
        // Lines are no news for a terminal that shows progress until they are all there.
        if (!process.stderr.isTTY && !flags.json) await print(said.splice(0))
      }
    },
    { total: files.length },
  )
  if (report.mistakes.length > 0) process.exitCode = 1
  await print(flags.json ? [JSON.stringify(report, undefined, 2)] : [...said, ...summary(report)])
}

const emptyReport = (out: string): ImportReport => ({
  out,
  files: 0,
  recordings: [],
  ignored: [],
  mistakes: [],
})

async function contextOf(flags: ImportFlags): Promise<ImportContext> {
  const dialects = await knownDialects()
  if (flags.dialect !== undefined) dialectNamed(flags.dialect, dialects)
  const format = flags.from === undefined ? undefined : formatNamed(flags.from)
  if (format && 'problem' in format) throw usage(`--from: ${format.problem}`)
  if (flags.url !== undefined && !URL.canParse(flags.url)) {
    throw usage(`--url: "${flags.url}" is no absolute URL`)
  }
  const routes = buildRoutes(dialects)
  return {
    dialects,
    dialectOf(http) {
      const target = routes.find(http)
      return target && 'route' in target ? target.dialect : undefined
    },
    dialect: flags.dialect,
    url: flags.url,
    body: bodyOf(flags.body),
    all: flags.all,
    beside,
  }
}

/** What counts as a secret in the folder that recordings go to. */
function redactFor({ out, secret, redactEmails = false }: ImportFlags): RedactSettings {
  const settings = new FolderSettings({ ...(secret ? { secrets: secret } : {}), redactEmails })
  const { redact } = settings.ofFolder(out)
  if (settings.mistakes.length > 0) {
    throw new StuntdoubleError('bad-recording', settings.mistakes.map(formatMistake).join('\n'))
  }
  return redact
}

const usage = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)

function bodyOf(written: string | undefined): string | undefined {
  if (!written?.startsWith('@')) return written
  try {
    return readFileSync(written.slice(1), 'utf8')
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const why = isMissing ? 'there is no such file' : messageOf(error)
    throw usage(`--body: ${written.slice(1)}: ${why}`)
  }
}

/** Only in the folder of the file itself: a HAR must not read what it likes. */
function beside(path: string, name: string): Uint8Array | undefined {
  const folder = resolve(dirname(path))
  const file = resolve(folder, name)
  if (relative(folder, file).startsWith('..')) return undefined
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

interface Input {
  readonly path: string
  /** It was found in a folder, and not named: what is none of our files is passed over. */
  readonly isFound: boolean
}

function filesAt(path: string, report: ImportReport): Input[] {
  try {
    if (!statSync(path).isDirectory()) return [{ path, isFound: false }]
    return walk(path).map((file) => ({ path: file, isFound: true }))
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const message = isMissing ? 'there is no such file or folder' : messageOf(error)
    report.mistakes.push(atStart(path, message))
    return []
  }
}

function walk(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  const seen = entries.filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
  return seen
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return walk(path)
      return entry.isFile() ? [path] : []
    })
}

interface Work {
  readonly flags: ImportFlags
  readonly context: ImportContext
  readonly redact: RedactSettings
  readonly report: ImportReport
}

function* importOne({ path, isFound }: Input, work: Work): Generator<string> {
  const { flags, context, report } = work
  const bytes = readInput(path)
  if (typeof bytes === 'string') return yield addMistake(atStart(path, bytes), report)
  report.files++
  for (const event of importFile({ path, bytes }, { context, from: flags.from })) {
    if (event.kind === 'ignored') report.ignored.push({ file: path, what: event.what })
    else if (event.kind === 'recording') yield* keep(path, event, work)
    else if (event.isForeign && isFound) passOver(path, event.mistake, report)
    else yield addMistake(event.mistake, report)
  }
}

const atStart = (file: string, message: string): Mistake => ({ file, line: 1, column: 1, message })

type Recorded = ImportEvent & { readonly kind: 'recording' }

function* keep(path: string, { imported, format }: Recorded, work: Work): Generator<string> {
  const { flags, redact, report } = work
  const kept = keepImported(flags.out, imported, {
    by: `stuntdouble ${version}`,
    note: flags.note,
    source: `from ${basename(path)} (${format.name})`,
    more: { redact },
    force: flags.force === true,
  })
  const writes = imported.steps.filter((step) => step.do === 'write')
  const line: KeptLine = {
    file: kept.path,
    state: kept.state,
    source: path,
    line: imported.place.line,
    format: format.name,
    method: imported.request.method,
    url: maskUrl(imported.url).text,
    status: imported.status,
    dialect: imported.dialect?.name,
    chunks: writes.length,
    bytes: writes.reduce((sum, { bytes }) => sum + bytes.length, 0),
    lost: imported.lost,
    words: imported.words,
  }
  report.recordings.push(line)
  yield lineOf(line)
  if (kept.state === 'differs') {
    const message = 'this recording was changed since it was imported; --force replaces it'
    yield addMistake(atStart(kept.path, message), report)
  }
}

function passOver(path: string, { message }: Mistake, report: ImportReport): void {
  report.files--
  report.ignored.push({
    file: path,
    what: `files that are none of these: ${message.split(';')[0]}`,
  })
}

function addMistake(mistake: Mistake, report: ImportReport): string {
  report.mistakes.push(mistake)
  return mistakeLine(mistake)
}

/** A text says why it cannot be read. */
function readInput(path: string): Uint8Array | string {
  try {
    return readFileSync(path)
  } catch (error) {
    return `cannot be read: ${messageOf(error)}`
  }
}
