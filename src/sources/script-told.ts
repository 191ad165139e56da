/** A script, and what those who tell it have in common. */
import type { Dialect, Encoder, ReplyContext } from '../core/dialect.ts'
import type { Frame } from '../core/frame.ts'
import type { Pacing } from '../core/pacing.ts'
import { inputTokens } from '../dialects/shapes/input-tokens.ts'
import type { ScriptStep } from '../scenario/scenario.ts'
import type { EventsOptions, TimedEnding, TimedEvent } from './script-events.ts'

export interface Script {
  readonly steps: readonly ScriptStep[]
  readonly dialect: Dialect
  readonly pacing: Pacing
  readonly reply: ReplyContext
}

export const telling = ({ steps, dialect, reply }: Script): Omit<EventsOptions, 'pacer'> => ({
  steps,
  grain: dialect.grain,
  choices: reply.request.choices,
  inputTokens: inputTokens(reply.request.messages),
})

/**
 * Only a clean end brings the terminator; whoever leaves abruptly says no last word, and to raw
 * bytes alone nothing is added.
 */
export function framesOf(
  timed: TimedEvent | TimedEnding,
  encoder: Encoder,
  hasBegun: boolean,
): readonly Frame[] {
  if (!('ending' in timed)) return encoder.push(timed.event, timed.atMs)
  return timed.ending === 'end' && hasBegun ? encoder.end(timed.atMs) : []
}
