/** `show`: any timeline as text, as figures, as JSON, or drawn. */
import { statSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import type { Dialect } from '../core/dialect.ts'
import { formatMistake, type Mistake, messageOf, StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import type { Recording } from '../recording/format.ts'
import { plotOf } from '../recording/look/plot.ts'
import { renderSvg, svgBins } from '../recording/look/plot-svg.ts'
import { plotBins, renderPlot } from '../recording/look/plot-text.ts'
import {
  renderAbout,
  renderRecording,
  renderTimeline,
  type ShowOptions,
} from '../recording/look/show.ts'
import { jsonArrayOf, recordingJson } from '../recording/look/show-json.ts'
import { measure } from '../recording/look/statistics.ts'
import { renderStatistics, statisticsTable, Totals } from '../recording/look/statistics-table.ts'
import { openLibrary } from '../recording/store.ts'
import { VirtualClock } from '../time/clock.ts'
import { type DialectOf, dialectNamed, dialectsFor } from './dialects.ts'
import { print } from './print.ts'
import { withProgress } from './progress.ts'
import { hasUnicode, terminalColumns, wantsColor } from './terminal.ts'

export interface ShowFlags {
  readonly events?: boolean
  readonly stats?: boolean
  readonly json?: boolean
  readonly plot?: boolean
  readonly svg?: string
  readonly rule?: string
  readonly dialect?: string
  readonly user: string
  readonly whole?: boolean
  readonly seed?: number
}

const usualDialect = 'openai-chat'

export async function show(path: string, flags: ShowFlags): Promise<void> {
  const recordings = recordingsAt(path)
  if (recordings) return await showRecordings(recordings, flags)
  const drawn = (['stats', 'json', 'plot', 'svg'] as const).find((name) => flags[name])
  if (drawn) throw usage(`--${drawn} is for recordings; ${path} holds none`)
  await print(showScenarios(path, flags))
}

/** Undefined where there are scenarios to show instead. What is broken is shown as far as it goes. */
function recordingsAt(path: string): readonly Recording[] | undefined {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
  if (!isFolder && !path.endsWith('.jsonl')) return undefined
  const { recordings, mistakes } = openLibrary([path], { onMistake: report })
  if (recordings.length === 0 && mistakes.length > 0) {
    throw new StuntdoubleError('bad-recording', mistakes.map(formatMistake).join('\n'))
  }
  mistakes.forEach(report)
  return recordings.length > 0 ? recordings : undefined
}

/** In a large file it is found when it is shown as far as there. */
function report(mistake: Mistake): void {
  process.stderr.write(`stuntdouble: ${formatMistake(mistake)}\n`)
  process.exitCode = 1
}

async function showRecordings(recordings: readonly Recording[], flags: ShowFlags): Promise<void> {
  const chosen = (['json', 'stats', 'plot', 'svg'] as const).filter((name) => flags[name])
  if (chosen.length > 1 && chosen.join() !== 'json,stats') {
    throw usage(`choose one of ${chosen.map((name) => `--${name}`).join(', ')}`)
  }
  const dialectOf = await dialectsFor(flags.dialect)
  if (flags.svg !== undefined) return await writeSvg(recordings, flags.svg, dialectOf)
  if (flags.json) return await print(jsonOf(recordings, flags, dialectOf))
  if (flags.stats) return await showStatistics(recordings, dialectOf)
  if (flags.plot) return await print(plots(recordings, dialectOf))
  await print(texts(recordings, flags, dialectOf))
}

function* texts(
  recordings: readonly Recording[],
  flags: ShowFlags,
  dialectOf: DialectOf,
): Generator<string> {
  for (const recording of recordings) {
    const dialect = dialectOf(recording)
    if (flags.events && !dialect) {
      const why = recording.dialect
        ? `is in the dialect "${recording.dialect}"`
        : 'names no dialect'
      throw usage(`${recording.file} ${why}; say with --dialect what to decode it by`)
    }
    yield* renderRecording(recording, options(flags, dialect))
    if (recordings.length > 1) yield ''
  }
}

/** One object for one recording, and a list of them for a folder. */
function jsonOf(
  recordings: readonly Recording[],
  { stats }: ShowFlags,
  dialectOf: DialectOf,
): Iterable<string> {
  const pieces = (recording: Recording): Iterable<string> =>
    recordingJson(recording, { dialect: dialectOf(recording), events: !stats })
  const [first, ...more] = recordings
  return first && more.length === 0 ? pieces(first) : jsonArrayOf(recordings.map(pieces))
}

async function showStatistics(
  recordings: readonly Recording[],
  dialectOf: DialectOf,
): Promise<void> {
  const [first, ...more] = recordings
  if (first && more.length === 0) {
    return await print([
      ...renderAbout(first, terminalColumns()),
      '',
      ...renderStatistics(measure(first, dialectOf(first)).statistics),
    ])
  }
  const table = statisticsTable(terminalColumns())
  const totals = new Totals()
  const lines = await withProgress(
    'measuring',
    (progress) =>
      recordings.map((recording) => {
        const measured = measure(recording, dialectOf(recording))
        totals.add(measured)
        progress.step()
        return table.line(nameOf(recording.file), measured.statistics)
      }),
    { total: recordings.length },
  )
  await print([table.header, ...lines, '', table.total(totals.end())])
}

/** Without the folder, which is the same for all. */
const nameOf = (file: string): string => file.slice(file.lastIndexOf('/') + 1)

function* plots(recordings: readonly Recording[], dialectOf: DialectOf): Generator<string> {
  const style = { columns: terminalColumns(), unicode: hasUnicode(), color: wantsColor() }
  for (const recording of recordings) {
    const plot = plotOf(recording, dialectOf(recording), plotBins(style))
    if (plot) yield* renderPlot(plot, style)
    else yield `${recording.file}: its times are lost, so there is nothing to draw`
    if (recordings.length > 1) yield ''
  }
}

/** `-` is stdout. */
async function writeSvg(
  recordings: readonly Recording[],
  file: string,
  dialectOf: DialectOf,
): Promise<void> {
  const [recording, ...more] = recordings
  if (!recording || more.length > 0) throw usage('--svg draws one recording, not a folder of them')
  const plot = plotOf(recording, dialectOf(recording), svgBins)
  if (!plot) {
    const why = 'its times are lost, so there is nothing to draw'
    throw new StuntdoubleError('not-possible', `${recording.file}: ${why}`)
  }
  const svg = renderSvg(plot)
  if (file === '-') return await print([svg.trimEnd()])
  try {
    writeFileSync(file, svg)
  } catch (error) {
    throw usage(`--svg: ${messageOf(error)}`)
  }
}

async function* showScenarios(path: string, flags: ShowFlags): AsyncGenerator<string> {
  // Half a server, which recordings can be looked at without.
  const { compose } = await import('../server/stage/compose.ts')
  const { rehearse, whyUnknown } = await import('../server/stage/rehearse.ts')
  const { stage } = await compose({ scenarios: [path] }, new VirtualClock(), {
    isRehearsal: true,
  })
  const dialect = dialectNamed(flags.dialect ?? usualDialect, stage.dialects)
  const rules = stage.scenarios.flatMap((scenario) =>
    scenario.rules.map((rule) => ({ scenario, rule, name: rule.name })),
  )
  for (const { scenario, rule } of chosenRules(rules, flags.rule)) {
    const seed = flags.seed ?? scenario.seed
    const { user } = flags
    yield `${scenario.name}/${rule.name} (${dialect.name}, seed ${seed})`
    const unknown = whyUnknown(rule)
    if (unknown !== undefined) yield unknown
    else {
      const timeline = rehearse({ scenario, rule, dialect, user, seed, stream: !flags.whole })
      yield* renderTimeline(timeline, options(flags, dialect))
    }
    yield ''
  }
}

function chosenRules<R extends { readonly name: string }>(
  rules: readonly R[],
  wanted: string | undefined,
): readonly R[] {
  if (wanted === undefined) return rules
  const chosen = rules.filter(({ name }) => name === wanted)
  const names = rules.map(({ name }) => name)
  if (chosen.length === 0) throw usage(`There is no rule "${wanted}"${suggestion(wanted, names)}`)
  return chosen
}

function options(flags: ShowFlags, dialect: Dialect | undefined): ShowOptions {
  const columns = terminalColumns()
  return flags.events && dialect ? { columns, events: dialect } : { columns }
}

const usage = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)
