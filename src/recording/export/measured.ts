/**
 * A taped answer in the figures that load generators write: first token, gaps, counts. Holds the
 * deltas of one answer.
 */
import { countTokens } from '../../dialects/grain.ts'
import { deltasOf, statisticsOf } from '../look/statistics.ts'
import { askedOf } from './asked.ts'
import type { Exported, ExportOptions } from './exporter.ts'

interface MeasuredDelta {
  readonly atMs: number
  readonly text: string
}

export interface MeasuredAnswer {
  /** Of the request, milliseconds since 1970. */
  readonly startMs: number
  readonly durationMs: number
  /** Empty where it came through. */
  readonly error: string
  readonly inputTokens: number
  readonly outputTokens: number
  readonly model: string | undefined
  readonly deltas: readonly MeasuredDelta[]
}

/** Undefined where there are no times to tell. */
export function measured(one: Exported, options: ExportOptions): MeasuredAnswer | undefined {
  const { recording, dialect } = one
  const statistics = statisticsOf(recording, dialect)
  const { timing, usage, tokens, deltas: count } = statistics
  if (!timing) {
    options.leaveOut(recording.file, 'its times are lost')
    return undefined
  }
  const asked = askedOf(one)
  const deltas: MeasuredDelta[] = []
  for (const { atMs, text } of deltasOf(recording.timeline(), dialect)) deltas.push({ atMs, text })
  options.tell(usage ? countedByService : countedHere)
  const said = asked.kind === 'chat' ? asked.chat.messages : []
  return {
    startMs: Date.parse(recording.at),
    durationMs: timing.durationMs,
    error: errorOf(statistics),
    inputTokens: usage?.inputTokens ?? said.reduce((sum, { text }) => sum + countTokens(text), 0),
    outputTokens: tokens?.from === 'usage' ? tokens.count : count,
    model: asked.kind === 'chat' ? asked.chat.model : undefined,
    deltas,
  }
}

const countedByService = 'tokens as the service counted them, where a recording has its usage'
const countedHere =
  'where a recording has no usage: a token for each delta, input by our own cutter'

function errorOf({ status, ending, failed, errors }: ReturnType<typeof statisticsOf>): string {
  if (failed !== undefined) return failed
  if (status !== undefined && status >= 400) return `HTTP ${status}`
  const [error] = errors
  if (error) return error.message ?? error.code
  return ending === 'end' ? '' : `the stream ended by ${ending}`
}
