/** The events of an answer, each with the time at which it was complete. Holds them all. */
import type { Dialect } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Recording } from '../format.ts'
import { bodyReader } from '../look/body-reader.ts'
import { framesOf } from '../look/statistics.ts'

export interface TimedEvent {
  readonly atMs: number
  readonly event: Event
}

export interface Told {
  readonly status: number | undefined
  readonly headMs: number
  readonly headers: readonly (readonly [string, string])[]
  /** Said frame by frame. */
  readonly isStream: boolean
  readonly events: readonly TimedEvent[]
  /** When it was over, however that was. */
  readonly endMs: number
}

export function toldBy(recording: Recording, dialect: Dialect): Told {
  const events: TimedEvent[] = []
  for (const { atMs, frame } of framesOf(recording.timeline(), dialect)) {
    for (const event of frame.events) events.push({ atMs, event })
  }
  let endMs = 0
  let head: Parameters<typeof bodyReader>[0]
  for (const step of recording.timeline()) {
    endMs = step.atMs
    if (step.do === 'head') head = step
  }
  return {
    status: head?.status,
    headMs: head?.atMs ?? 0,
    headers: head?.headers ?? [],
    isStream: bodyReader(head, dialect).isStream,
    events,
    endMs,
  }
}
