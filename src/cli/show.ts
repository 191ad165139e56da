/** `show`: any timeline as text. */
import process from 'node:process'
import type { Dialect } from '../core/dialect.ts'
import { StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { renderRecording, renderTimeline, type ShowOptions } from '../recording/show.ts'
import { openRecording } from '../recording/store.ts'
import { compose } from '../server/compose.ts'
import { rehearse } from '../server/rehearse.ts'
import { VirtualClock } from '../time/clock.ts'

export interface ShowFlags {
  readonly events?: boolean
  readonly rule?: string
  readonly dialect: string
  readonly user: string
  readonly whole?: boolean
  readonly seed?: number
}

export async function show(file: string, flags: ShowFlags): Promise<void> {
  const lines = file.endsWith('.jsonl') ? showRecording(file, flags) : showScenario(file, flags)
  // A reader such as `head` may leave early; what it did not take is no failure.
  process.stdout.on('error', () => process.exit())
  for await (const line of lines) process.stdout.write(`${line}\n`)
}

const columns = (): { columns: number } => ({ columns: process.stdout.columns ?? 100 })

async function* showRecording(file: string, flags: ShowFlags): AsyncGenerator<string> {
  const { stage } = await compose({}, new VirtualClock())
  const recording = openRecording(file)
  const dialect = stage.dialects.find(({ name }) => name === recording.dialect)
  yield* renderRecording(recording, options(flags, dialect))
}

async function* showScenario(file: string, flags: ShowFlags): AsyncGenerator<string> {
  const { stage } = await compose({ scenarios: [file] }, new VirtualClock())
  const names = stage.dialects.map(({ name }) => name)
  const dialect = stage.dialects.find(({ name }) => name === flags.dialect)
  if (!dialect) throw usage(`no dialect "${flags.dialect}"${suggestion(flags.dialect, names)}`)
  for (const scenario of stage.scenarios) {
    for (const rule of chosenRules(scenario.rules, flags.rule)) {
      const seed = flags.seed ?? scenario.seed
      const { user } = flags
      const timeline = rehearse({ scenario, rule, dialect, user, seed, stream: !flags.whole })
      yield `${scenario.name}/${rule.name} (${dialect.name}, seed ${seed})`
      yield* renderTimeline(timeline, options(flags, dialect))
      yield ''
    }
  }
}

function chosenRules<R extends { readonly name: string }>(
  rules: readonly R[],
  wanted: string | undefined,
): readonly R[] {
  if (wanted === undefined) return rules
  const chosen = rules.filter(({ name }) => name === wanted)
  const names = rules.map(({ name }) => name)
  if (chosen.length === 0) throw usage(`no rule "${wanted}"${suggestion(wanted, names)}`)
  return chosen
}

const options = (flags: ShowFlags, dialect: Dialect | undefined): ShowOptions =>
  flags.events && dialect ? { ...columns(), events: dialect } : columns()

const usage = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)
