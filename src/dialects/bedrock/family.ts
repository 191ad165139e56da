/** What InvokeModel needs to know of the models of one maker, whose native format it carries. */
import type { ApiError } from '../../core/api-error.ts'
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Encoder, ReplyContext } from '../../core/dialect.ts'
import type { Event } from '../../core/event.ts'
import type { Framing } from '../../core/frame.ts'
import type { HttpRequest } from '../../core/http.ts'
import type { JsonObject } from '../shapes/json-body.ts'
import type { SaidReply } from '../shapes/said.ts'
import type { InvocationMetrics } from './invoke-framing.ts'

/** Reads a model's own events. */
export interface InnerReader {
  read(inner: JsonObject): readonly Event[] | undefined
  end(): readonly Event[]
}

export interface EncoderOptions {
  readonly reply: ReplyContext
  readonly framing: Framing
  /** What the last event carries; undefined while no usage is known. */
  readonly metrics: () => InvocationMetrics | undefined
}

export interface ModelFamily {
  /** By the id of a model, in which a region or an ARN may come first. */
  readonly models: RegExp
  parse(http: HttpRequest, dialect: string): ChatRequest | ApiError
  /** Undefined where these models do not stream. */
  encoder?(options: EncoderOptions): Encoder
  /** Whether an event or a whole body has the form of these models. */
  owns(inner: JsonObject): boolean
  reader(): InnerReader
  whole(said: SaidReply, reply: ReplyContext, events: readonly Event[]): unknown
  readWhole(body: JsonObject): readonly Event[]
}
