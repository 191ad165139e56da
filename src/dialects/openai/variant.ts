/**
 * What a service that speaks Chat Completions does in its own way, as data: one encoder, one decoder
 * and one error table read it. Nothing here may be code, so that a variant can be written down
 * anywhere.
 */
import type { ApiErrorCode } from '../../core/api-error.ts'
import type { JsonTemplate } from '../shapes/json-template.ts'

/** Templates by the kind of frame; those that are not named are as `every`. */
export interface ByFrame {
  readonly every: JsonTemplate
  /** The frame that opens a choice. */
  readonly open?: JsonTemplate
  /** A frame that brings text of any kind. */
  readonly text?: JsonTemplate
  readonly finish?: JsonTemplate
}

/**
 * The templates of a stream. In all of them: `id`, `created`, `model`, `fingerprint`, `requestId`,
 * `seed`.
 */
export interface StreamForm {
  /**
   * Besides: `choices`, `usage` (of the kinds that have it, null where it will come later, absent
   * where nobody asked), `askedUsage` (only where the request asked), `obfuscation`, `citations`,
   * `sources` (the citations that are no addresses, and a form of those that are).
   */
  readonly chunk: ByFrame
  /** The frame after the last choice that brings the usage. */
  readonly usageChunk?: JsonTemplate
  /** Besides: `index`, `delta`, `logprobs`, `finish`, `text` (of this frame), `said` (so far). */
  readonly choice: ByFrame
  /** Frames before all others; text is a comment. */
  readonly prelude?: readonly (string | { readonly data: JsonTemplate })[]
  readonly deltas: DeltaForms
  /** Comments into silence. */
  readonly heartbeat?: { readonly comment: string; readonly everyMs: number }
  readonly terminator?: string
  readonly eol?: '\r\n'
  readonly contentType?: string
}

/** `role` is there in the first delta of a choice only. */
export interface DeltaForms {
  /** A frame of its own before the first delta; without it there is none. */
  readonly open?: JsonTemplate
  /** Takes its place where the choice begins with a call, or with reasoning. */
  readonly openForCall?: JsonTemplate
  readonly openForReasoning?: JsonTemplate
  /** Opens the choice and its first call in one: `call`. */
  readonly openWithCall?: JsonTemplate
  /** `text`, as have reasoning and refusal. */
  readonly text: JsonTemplate
  /** `think-tags` says it within the text, as `<think>...</think>`; `unsaid` leaves it out. */
  readonly reasoning: JsonTemplate | 'think-tags' | 'unsaid'
  /** Without it a refusal is text. */
  readonly refusal?: JsonTemplate
  /** `call`; `unsaid` where the service has no tools. */
  readonly call: JsonTemplate | 'unsaid'
  /** `index`, `text`. Without it a call is sent whole, once its arguments are known. */
  readonly callArguments?: JsonTemplate
  readonly finish: JsonTemplate
}

/** The whole answer. `content` is absent where a call or a refusal stands in for it, `text` never. */
interface WholeForm {
  /** `id`, `created`, `model`, `fingerprint`, `requestId`, `seed`, `choices`, `usage`. */
  readonly reply: JsonTemplate
  /** `index`, `message`, `logprobs`, `finish`. */
  readonly choice: JsonTemplate
  /** `content`, `text`, `reasoning`, `refusal`, `calls`, `callList` (empty where there are none). */
  readonly message: JsonTemplate
}

export interface ErrorWords {
  readonly status?: number
  readonly type?: string | null
  readonly code?: string | number | null
  readonly message?: string
  /** Instead of the body that all others have. */
  readonly body?: JsonTemplate
  /** Where the scenario says no other. */
  readonly retryAfterMs?: number
}

export interface ErrorForm {
  /** `message`, `type`, `code`, `param`, `status`. */
  readonly body: JsonTemplate
  readonly words: Readonly<Record<ApiErrorCode, ErrorWords>>
  /** What is said of a model that does not exist: `{{ model }}`. */
  readonly noModel: string
  readonly contentType?: string
  readonly indent?: number
  /** Says how long to wait in `retry-after-ms` even where `retry-after` says the same. */
  readonly waitsInMs?: true
  readonly inStream?: {
    /** The name in the `event:` line. */
    readonly event?: string
    /** Instead of the body; besides what chunks have, the names of the body. */
    readonly data?: JsonTemplate
    readonly terminator?: true
  }
}

/** Limits that the headers of every reply tell. */
export interface RateLimits {
  readonly requests: number
  /** The time in which so many requests may be made; a minute unless given. */
  readonly requestsPerMs?: number
  readonly tokens: number
  /** How the time until all are free again is written: `6m0s`, or milliseconds; unsaid without it. */
  readonly resets?: 'duration' | 'ms'
}

/** How a request on a path of several services tells that it means this one. */
export interface Marks {
  /** The host names of the service, as a client behind a proxy or a hosts file sends them. */
  readonly host?: RegExp
  /** The user agent of its SDK. */
  readonly agent?: RegExp
  readonly headers?: readonly string[]
  readonly query?: readonly string[]
  /** How the names of models begin that nobody else has. */
  readonly models?: readonly string[]
}

export interface ChatVariant {
  readonly name: string
  readonly title: string
  /** The paths that `/chat/completions` follows. */
  readonly bases: readonly string[]
  /** What the query must have below a deployment; without it there is nothing at the path. */
  readonly deploymentQuery?: string
  /** Those that `/models` follows, if others. */
  readonly modelBases?: readonly string[]
  /**
   * Makes its requests checked as strictly as OpenAI's, down to fields that nobody knows: these are
   * the fields that it has besides. Without it most fields pass unread.
   */
  readonly ownFields?: readonly string[]
  readonly offers: readonly ('models' | 'embeddings' | 'moderations')[]
  /** Environment variables that its SDK reads, `{{ base }}` being our URL. */
  readonly environment?: readonly string[]
  readonly marks?: Marks
  /** Listed where a scenario names none. */
  readonly models: readonly string[]
  /** Forms of ids, see `drawn`. */
  readonly ids: {
    readonly reply: string
    readonly call: string
    readonly request?: string
    readonly fingerprint: string
  }
  /**
   * `option`: in a chunk of its own where the request asks for it; `always`: in such a chunk
   * unasked; `finish`: in the chunk that finishes; `every`: in all, counted so far.
   */
  readonly usageRule: 'option' | 'always' | 'finish' | 'every'
  /**
   * `input`, `output`, `total`, `cached`, `uncached`, `reasoning`, `spoken` (output without
   * reasoning), `reasoningDetails` and `cachedDetails` (objects, absent where there are none), and
   * made-up `cost`, `inputCost`, `outputCost`, `queueSeconds`, `inputSeconds`,
   * `outputSeconds`, `seconds`.
   */
  readonly usage: JsonTemplate
  /** `index`, `id`, `name`, `arguments`. */
  readonly call: JsonTemplate
  /** The same within a whole answer, if it differs. */
  readonly wholeCall?: JsonTemplate
  readonly stream: StreamForm
  readonly whole: WholeForm
  readonly errors: ErrorForm
  /** Forms of the headers of every reply. */
  readonly headers: readonly (readonly [name: string, form: string])[]
  readonly rateLimits?: RateLimits
  /** Names of headers that are kept on tape besides those above. */
  readonly keptHeaders?: readonly string[]
}
