/** A file from elsewhere, read into exchanges that can be written down. Pure, and lazy. */
import type { Mistake } from '../../core/errors.ts'
import { subjectOf } from './chunks.ts'
import { compose } from './compose.ts'
import { formatNamed, lookAt, recognise } from './formats.ts'
import {
  type Format,
  type ImportContext,
  type Imported,
  type SourceFile,
  Unreadable,
} from './imported.ts'

export type ImportEvent =
  | { readonly kind: 'recording'; readonly imported: Imported; readonly format: Format }
  | { readonly kind: 'mistake'; readonly mistake: Mistake; readonly isForeign: boolean }
  | { readonly kind: 'ignored'; readonly what: string }

export interface ImportOptions {
  readonly context: ImportContext
  /** The name of the format that it is in; told by its content unless given. */
  readonly from?: string | undefined
}

/** Each exchange by itself, so that no more than one is held as steps. */
export function* importFile(file: SourceFile, options: ImportOptions): Generator<ImportEvent> {
  try {
    yield* readFile(file, options)
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    yield wrong(file, error.place, error.message)
  }
}

const wrong = (
  { path }: SourceFile,
  { line, column }: { readonly line: number; readonly column: number },
  message: string,
  isForeign = false,
): ImportEvent => ({ kind: 'mistake', mistake: { file: path, line, column, message }, isForeign })

function* readFile(file: SourceFile, { context, from }: ImportOptions): Generator<ImportEvent> {
  const look = lookAt(file)
  const format = from === undefined ? tryRecognise(look) : formatNamed(from)
  if ('problem' in format) return yield wrong(file, { line: 1, column: 1 }, format.problem)
  if (format instanceof Unreadable) return yield wrong(file, format.place, format.message, true)
  let number = 0
  let beforeMs: number | undefined
  let isEmpty = true
  for (const found of format.read(look, context)) {
    isEmpty = false
    if (found.kind === 'ignored') yield found
    else if (found.kind === 'mistake') yield wrong(file, found.place, found.message)
    else {
      number++
      const subject = subjectOf(file.path)
      const imported = compose(found.exchange, { context, number, subject, beforeMs })
      if ('problem' in imported) yield wrong(file, found.exchange.place, imported.problem)
      else {
        beforeMs = imported.wallMs === 0 ? beforeMs : imported.wallMs
        yield { kind: 'recording', imported, format }
      }
    }
  }
  if (isEmpty)
    yield wrong(file, { line: 1, column: 1 }, `there is no exchange in this ${format.title}`)
}

function tryRecognise(look: Parameters<typeof recognise>[0]): Format | Unreadable {
  try {
    return recognise(look)
  } catch (error) {
    if (error instanceof Unreadable) return error
    throw error
  }
}
