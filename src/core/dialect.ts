/** What a wire format of a vendor must be able to do. Implementations stand in `src/dialects/`. */
import type { ApiError } from './api-error.ts'
import type { ChatRequest } from './chat-request.ts'
import type { Event, Usage } from './event.ts'
import type { Frame, Framing } from './frame.ts'
import type { Headers, HttpReply, HttpRequest } from './http.ts'
import type { LimitWords } from './limits.ts'
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
  /** What the scenario itself tells, for formats that say some of it before the answer. */
  readonly usage?: Usage
}

/** A reply that the service has kept, so that a later request can come back to it. */
export interface KeptReply {
  readonly reply: ReplyContext
  /** All that it says, however much of it has been sent. */
  readonly events: readonly Event[]
  /** Whether its stream still goes on, with or without a reader. */
  readonly inFlight: boolean
  /** It was stopped before its end. */
  readonly cancelled: boolean
}

/** Kept replies, by the ids that `Dialect.keepAs` gave them. */
export interface Memory {
  recall(id: string): KeptReply | undefined
  /** False where there was none. */
  forget(id: string): boolean
  /** Stops one that is in flight; its streams say no more. */
  cancel(id: string): void
}

/** The answer of a route that goes on with the stream of a kept reply. */
export interface Resumption {
  /** Its id in the memory. */
  readonly resume: string
  /** Frames that the client has already, and is not sent again. */
  readonly skip?: (frame: Frame) => boolean
  /** The last of them, in the client's own words. */
  readonly after?: string
}

export interface RouteContext extends ServiceContext {
  readonly memory: Memory
}

/**
 * One method and path of an API. A route with `answer` is answered by the dialect itself, such as
 * a list of models; all others are chat, parsed and matched against the rules.
 */
export interface Route {
  readonly method: string
  /** With parameters as `:name`, e.g. `/api/v1/:app`. */
  readonly path: string
  answer?(http: HttpRequest, context: RouteContext): HttpReply | ApiError | Resumption
}

/** Encodes events to frames; `atMs` is the time of the event since the request arrived. */
export interface Encoder {
  push(event: Event, atMs?: number): Frame[]
  /** The stream ends cleanly: terminators, and a finish if the events had none. */
  end(atMs?: number): Frame[]
}

/** What tells whether the streams of two replies are the same but for their ids. */
export interface Alike {
  /** All that frames depend on besides the script, the choices and the reply's own strings. */
  readonly key: string
  /** ASCII text as it stands in frames, each of one length in all replies: ids, dates, prints. */
  readonly own: readonly string[]
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
  /** That of its usual stream. */
  readonly framing: Framing
  /** Those that its streams may have instead, told apart by their content type. */
  readonly otherFramings?: readonly Framing[]
  readonly grain: Grain
  /** Names of request and response headers that mean something here and hold no secret: kept on tape. */
  readonly headers: readonly string[]
  /** The models that exist where a scenario names none; undefined means that any name will do. */
  readonly models?: readonly string[]
  /** The key that a request presents; without this, all usual places are looked at. */
  key?(http: HttpRequest): string | undefined
  /** Lines for the banner, e.g. `OPENAI_BASE_URL=${base}/v1`, given the base URL. */
  usage?(baseUrl: string): readonly string[]
  /**
   * Whether a request on a path that several dialects share is meant for this one, as its headers or
   * its body tell. Only asked then; must be cheap.
   */
  recognizes?(http: HttpRequest): boolean
  /** An ApiError where the service would refuse the request. */
  parseRequest(http: HttpRequest, memory?: Memory): ChatRequest | ApiError
  /** Whether the model is one of those that exist, as this vendor decides it. */
  checkModel(request: ChatRequest, models: readonly string[]): ApiError | undefined
  /** Status 200 and these headers begin a stream. */
  streamHeaders(reply: ReplyContext): Headers
  encoder(reply: ReplyContext): Encoder
  /**
   * Lets the frames of a script be encoded once for many replies. Undefined where they depend on
   * more, such as on chance in every frame or on their times; nothing is lost then but speed.
   */
  alike?(reply: ReplyContext): Alike | undefined
  /** The id under which the reply can be come back to; undefined where the service keeps nothing. */
  keepAs?(reply: ReplyContext): string | undefined
  /**
   * What is answered at once where a request, of those that do not stream, is worked on in the
   * background; undefined where it waits for its answer.
   */
  receipt?(reply: ReplyContext): HttpReply | undefined
  decoder(): Push<Frame, Event>
  /** Reads a whole (not streamed) body back into events; empty where it is not this dialect's. */
  decodeWhole(body: Uint8Array): Event[]
  readonly heartbeat?: Heartbeat
  /** How it tells of limits that are kept; the plain `RateLimit` headers without it. */
  readonly limits?: LimitWords
  /** The answer when not streaming; `atMs` is when it is sent, counted from the request's arrival. */
  whole(events: Iterable<Event>, reply: ReplyContext, atMs?: number): HttpReply
  /** `random` is for ids that the service puts on its errors, too. */
  error(error: ApiError, http?: HttpRequest, random?: Random): HttpReply
}

export const isApiError = (value: object): value is ApiError => 'code' in value
