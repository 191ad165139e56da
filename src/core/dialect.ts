/** What a wire format of a vendor must be able to do. Implementations stand in `src/dialects/`. */
import type { ApiError } from './api-error.ts'
import type { ChatRequest } from './chat-request.ts'
import type { Event } from './event.ts'
import type { Frame, Framing } from './frame.ts'
import type { Headers, HttpReply, HttpRequest } from './http.ts'
import type { Push } from './push.ts'
import type { Random } from './random.ts'

/** How the vendor cuts generated text into deltas. */
export type Grain = 'character' | 'token' | 'word' | 'phrase' | 'paragraph' | 'whole'

/** What a dialect may know besides the request, all of it handed in. */
interface ServiceContext {
  readonly random: Random
  /** Milliseconds since 1970 at which the reply begins; fixed unless a scenario asks for real time. */
  readonly createdMs: number
  /** The models that exist; undefined means that any name will do. */
  readonly models: readonly string[] | undefined
}

export interface ReplyContext extends ServiceContext {
  readonly request: ChatRequest
}

/**
 * One method and path of an API. A route with `answer` is answered by the dialect itself, such as
 * a list of models; all others are chat, parsed and matched against the rules.
 */
export interface Route {
  readonly method: string
  /** With parameters as `:name`, e.g. `/api/v1/:app`. */
  readonly path: string
  answer?(http: HttpRequest, context: ServiceContext): HttpReply | ApiError
}

/** Encodes events to frames; `atMs` is the time of the event since the request arrived. */
export interface Encoder {
  push(event: Event, atMs?: number): Frame[]
  /** The stream ends cleanly: terminators, and a finish if the events had none. */
  end(atMs?: number): Frame[]
}

/** Frames that are sent into silence, as some services do while they think. */
export interface Heartbeat {
  readonly everyMs: number
  /** The nth heartbeat, counted from 1. */
  frame(n: number): Frame
}

export interface Dialect {
  readonly name: string
  /** For people: `OpenAI Chat Completions`. */
  readonly title: string
  readonly routes: readonly Route[]
  readonly framing: Framing
  readonly grain: Grain
  /** Names of request and response headers that mean something here and hold no secret: kept on tape. */
  readonly headers: readonly string[]
  /** The models that exist where a scenario names none; undefined means that any name will do. */
  readonly models?: readonly string[]
  /** The key that a request presents; without this, all usual places are looked at. */
  key?(http: HttpRequest): string | undefined
  /** Lines for the banner, e.g. `OPENAI_BASE_URL=${base}/v1`, given the base URL. */
  usage?(baseUrl: string): readonly string[]
  /** An ApiError where the service would refuse the request. */
  parseRequest(http: HttpRequest): ChatRequest | ApiError
  /** Whether the model is one of those that exist, as this vendor decides it. */
  checkModel(request: ChatRequest, models: readonly string[]): ApiError | undefined
  /** Status 200 and these headers begin a stream. */
  streamHeaders(reply: ReplyContext): Headers
  encoder(reply: ReplyContext): Encoder
  decoder(): Push<Frame, Event>
  /** Reads a whole (not streamed) body back into events; empty where it is not this dialect's. */
  decodeWhole(body: Uint8Array): Event[]
  readonly heartbeat?: Heartbeat
  /** The answer when not streaming. */
  whole(events: Iterable<Event>, reply: ReplyContext): HttpReply
  /** `random` is for ids that the service puts on its errors, too. */
  error(error: ApiError, http?: HttpRequest, random?: Random): HttpReply
}

export const isApiError = (value: object): value is ApiError => 'code' in value
