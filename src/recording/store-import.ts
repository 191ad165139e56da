/**
 * Brought recordings on disk. Must never write a line that has not been through the transcriber, and
 * never put anything in the place of what differs from it without being told to.
 *
 * A name is made of nothing but the exchange itself, so that the same one has the same name again.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Step } from '../core/timeline.ts'
import type { RecordedEnding } from './format.ts'
import type { Exact, Imported } from './import/imported.ts'
import { joinLines } from './store-appender.ts'
import { type TapeHead, Transcriber } from './transcribe.ts'

export interface Kept {
  readonly path: string
  /** `differs` where another one is there by this name, which is then left as it is. */
  readonly state: 'written' | 'replaced' | 'there' | 'differs'
}

export interface KeepOptions {
  readonly by: string
  readonly note?: string | undefined
  /** Said in the place of a note, where there is none. */
  readonly source?: string | undefined
  /** Of the tapes' settings. */
  readonly more?: Partial<TapeHead>
  /** Replaces what differs. */
  readonly force?: boolean
}

export function keepImported(folder: string, imported: Imported, options: KeepOptions): Kept {
  const transcriber = new Transcriber({
    ...options.more,
    by: imported.exact?.by ?? options.by,
    arrivedMs: imported.wallMs,
    dialect: imported.dialect?.name,
    note: options.note ?? (imported.exact ? imported.note : options.source),
    lost: imported.lost,
    request: imported.request,
    url: imported.url,
    keep: imported.dialect?.headers,
  })
  const [about = '', asked = ''] = transcriber.opening
  const answered = imported.steps.flatMap((step) => told(transcriber, step, imported.exact))
  const exchange = joinLines([asked, ...answered])
  const path = join(folder, fileName(imported, transcriber.path, exchange))
  const text = joinLines([about]) + exchange
  const state = stateOf(path, text, options.force === true)
  if (state === 'written' || state === 'replaced') write(folder, path, text)
  return { path, state }
}

function told(transcriber: Transcriber, step: Step, exact: Exact | undefined): string[] {
  if (step.do === 'head' || step.do === 'write') return transcriber.push(step)
  if (exact?.failed !== undefined) return transcriber.fail(exact.failed, step.atMs)
  const ending: RecordedEnding = step.do === 'hang' ? 'client-left' : step.do
  const lines = transcriber.end(ending, step.atMs)
  // A tape that was cut off has no last line.
  return exact && exact.ending === undefined ? lines.slice(0, -1) : lines
}

/** As a taped one, with its number in its source, and a mark that no other exchange has. */
function fileName({ wallMs, number, request }: Imported, path: string, exchange: string): string {
  const time = new Date(wallMs).toISOString().replaceAll(':', '-')
  const what = `${request.method}-${path}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  const mark = createHash('sha256').update(exchange).digest('hex').slice(0, 8)
  const sequence = String(number).padStart(4, '0')
  const shown = what.slice(0, 60).replace(/-+$/, '')
  return `${time}-${sequence}-${shown}-${mark}.jsonl`
}

/** The first line may differ: by the program's version, or by the source that was named. */
function stateOf(path: string, text: string, force: boolean): Kept['state'] {
  const before = readIfThere(path)
  if (before === undefined) return 'written'
  const isSame = force ? before === text : afterFirstLine(before) === afterFirstLine(text)
  if (isSame) return 'there'
  return force ? 'replaced' : 'differs'
}

const afterFirstLine = (text: string): string => text.slice(text.indexOf('\n') + 1)

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** In one step, so that a killed import leaves no half of a recording. */
function write(folder: string, path: string, text: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const part = `${path}.part`
  writeFileSync(part, text, { mode: 0o600 })
  renameSync(part, path)
}
