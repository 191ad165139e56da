/** Imports a file from memory, as the command does from disk. */
import { formatMistake } from '../../../src/core/errors.ts'
import { header } from '../../../src/core/http.ts'
import type { WriteStep } from '../../../src/core/timeline.ts'
import { builtInDialects } from '../../../src/dialects/registry.ts'
import { importFile } from '../../../src/recording/import/import-file.ts'
import type { ImportContext, Imported } from '../../../src/recording/import/imported.ts'
import { buildRoutes } from '../../../src/server/answers/routes.ts'

const routes = buildRoutes(builtInDialects)

export const context: ImportContext = {
  dialects: builtInDialects,
  dialectOf(http) {
    const target = routes.find(http)
    return target && 'route' in target ? target.dialect : undefined
  },
}

export interface Brought {
  readonly recordings: readonly Imported[]
  readonly formats: readonly string[]
  /** As they are printed. */
  readonly mistakes: readonly string[]
  readonly ignored: readonly string[]
}

interface Bringing extends Partial<ImportContext> {
  readonly path?: string
  readonly from?: string
}

export function bring(content: string | Uint8Array, given: Bringing = {}): Brought {
  const { path = 'source', from, ...rest } = given
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content
  const events = [...importFile({ path, bytes }, { context: { ...context, ...rest }, from })]
  return {
    recordings: events.flatMap((event) => (event.kind === 'recording' ? event.imported : [])),
    formats: events.flatMap((event) => (event.kind === 'recording' ? event.format.name : [])),
    mistakes: events.flatMap((event) =>
      event.kind === 'mistake' ? formatMistake(event.mistake) : [],
    ),
    ignored: events.flatMap((event) => (event.kind === 'ignored' ? event.what : [])),
  }
}

/** The one exchange of a file that has no other, and no mistake. */
export function bringOne(content: string | Uint8Array, given: Bringing = {}): Imported {
  const { recordings, mistakes } = bring(content, given)
  const [only] = recordings
  if (!only || recordings.length !== 1 || mistakes.length > 0) {
    throw new Error(`${recordings.length} recordings; ${mistakes.join('; ')}`)
  }
  return only
}

const writesOf = ({ steps }: Imported): WriteStep[] => steps.filter((step) => step.do === 'write')

export const bodyOf = (imported: Imported): Buffer =>
  Buffer.concat(writesOf(imported).map(({ bytes }) => bytes))

export const chunksOf = (imported: Imported): string[] =>
  writesOf(imported).map(({ bytes }) => Buffer.from(bytes).toString('utf8'))

export const askedOf = ({ request }: Imported): string => Buffer.from(request.body).toString('utf8')

/** A header of the answer. */
export function headerOf({ steps }: Imported, name: string): string | undefined {
  const [head] = steps
  return head?.do === 'head' ? header(head.headers, name) : undefined
}
