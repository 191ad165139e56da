/** `show`: any timeline as text. */
import { statSync } from 'node:fs'
import process from 'node:process'
import type { Dialect } from '../core/dialect.ts'
import { formatMistake, StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import type { Recording } from '../recording/format.ts'
import { renderRecording, renderTimeline, type ShowOptions } from '../recording/show.ts'
import { listRecordings, openRecording } from '../recording/store.ts'
import { compose } from '../server/compose.ts'
import { rehearse } from '../server/rehearse.ts'
import { VirtualClock } from '../time/clock.ts'
import { print } from './print.ts'

export interface ShowFlags {
  readonly events?: boolean
  readonly rule?: string
  readonly dialect?: string
  readonly user: string
  readonly whole?: boolean
  readonly seed?: number
}

const usualDialect = 'openai-chat'

export async function show(path: string, flags: ShowFlags): Promise<void> {
  const recordings = recordingsAt(path)
  await print(recordings ? showRecordings(recordings, flags) : showScenarios(path, flags))
}

/** Undefined where there are scenarios to show instead. */
function recordingsAt(path: string): readonly Recording[] | undefined {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
    const { recordings, mistakes } = listRecordings([path])
    if (mistakes.length > 0) {
      throw new StuntdoubleError('bad-recording', mistakes.map(formatMistake).join('\n'))
    }
    return recordings.length > 0 ? recordings : undefined
  }
  return path.endsWith('.jsonl') ? [openRecording(path)] : undefined
}

async function* showRecordings(
  recordings: readonly Recording[],
  flags: ShowFlags,
): AsyncGenerator<string> {
  const { stage } = await compose({}, new VirtualClock())
  for (const recording of recordings) {
    const dialect = flags.dialect
      ? dialectNamed(flags.dialect, stage.dialects)
      : stage.dialects.find(({ name }) => name === recording.dialect)
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

async function* showScenarios(path: string, flags: ShowFlags): AsyncGenerator<string> {
  const { stage } = await compose({ scenarios: [path] }, new VirtualClock())
  const dialect = dialectNamed(flags.dialect ?? usualDialect, stage.dialects)
  const rules = stage.scenarios.flatMap((scenario) =>
    scenario.rules.map((rule) => ({ scenario, rule, name: rule.name })),
  )
  for (const { scenario, rule } of chosenRules(rules, flags.rule)) {
    const seed = flags.seed ?? scenario.seed
    const { user } = flags
    const timeline = rehearse({ scenario, rule, dialect, user, seed, stream: !flags.whole })
    yield `${scenario.name}/${rule.name} (${dialect.name}, seed ${seed})`
    yield* renderTimeline(timeline, options(flags, dialect))
    yield ''
  }
}

function dialectNamed(wanted: string, dialects: readonly Dialect[]): Dialect {
  const found = dialects.find(({ name }) => name === wanted)
  const names = dialects.map(({ name }) => name)
  if (!found) throw usage(`There is no dialect "${wanted}"${suggestion(wanted, names)}`)
  return found
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

/** As wide as the terminal; text that goes elsewhere does not depend on one. */
function options(flags: ShowFlags, dialect: Dialect | undefined): ShowOptions {
  const columns = process.stdout.columns ?? 100
  return flags.events && dialect ? { columns, events: dialect } : { columns }
}

const usage = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)
