/** The public surface of the library. */
export type { ApiError, ApiErrorCode } from './core/api-error.ts'
export type { Clock } from './core/clock.ts'
export { type Mistake, StuntdoubleError, type StuntdoubleErrorCode } from './core/errors.ts'
export type { Event, EventType } from './core/event.ts'
export type { Headers, HttpReply, HttpRequest } from './core/http.ts'
export type { Ending, LiveTimeline, Step, Timeline } from './core/timeline.ts'
export type { WrittenFault } from './faults/fault.ts'
export type { JournalEntry } from './server/journal.ts'
export type { LagReport } from './server/lag/lag-report.ts'
export type { Log } from './server/log.ts'
export type {
  LiveStream,
  LiveStreams,
  PauseAt,
  Pushed,
  StreamActedOn,
} from './server/streams/streams-live.ts'
export { type WaitOptions, WaitTimeout } from './server/streams/wait.ts'
export type { VerifyOptions } from './server/verify.ts'
export type { UpstreamSpec } from './sources/upstreams.ts'
export { openReply, type ReplySource, type SweptReply } from './sweep/reply.ts'
export {
  type SweptClient,
  type SweptParser,
  type SweptResult,
  sweep,
  type TimedChunk,
  type Variant,
} from './sweep/sweep.ts'
export type { Expected, VariantPlan } from './sweep/variant.ts'
export type { VariantOptions } from './sweep/variants.ts'
export { type Verdict, verdicts } from './sweep/verdict.ts'
export type { Fetch } from './sweep/virtual-fetch.ts'
export { type Double, type StartOptions, start } from './testing/start.ts'
export { RealClock, VirtualClock } from './time/clock.ts'
export { type Profile, profiles } from './time/profiles.ts'
