/**
 * Streams that a client which was cut off may come back to, by the id of the last frame it has.
 * Bounded in number, in bytes and in time, so that a server which runs for weeks does not grow; what
 * is kept is how a stream is told, and never its frames.
 */
import type { Clock } from '../../core/clock.ts'
import type { Framing } from '../../core/frame.ts'
import type { HttpRequest } from '../../core/http.ts'
import type { Timeline } from '../../core/timeline.ts'
import type { Resuming } from '../../scenario/scenario.ts'
import { type PlaceAfter, placeAfter } from '../../sources/resume-frames.ts'
import type { Answer, Keeper, Question } from './answer-parts.ts'

/** An answer as its first client got it. */
export interface StreamAnswer extends Answer {
  readonly timeline: Timeline
}

export interface Found {
  readonly kept: KeptStream
  /** Undefined where the id is unknown, or too old. */
  readonly place: PlaceAfter | undefined
}

const mostStreams = 1000
const mostBodyBytes = 64 * 1024 * 1024

export class KeptStreams {
  /** The latest last. */
  #kept: KeptStream[] = []
  #bodyBytes = 0
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  keep(answer: StreamAnswer, resuming: Resuming, given: Kept): KeptStream {
    const kept = new KeptStream(answer, resuming, given, this.#clock)
    this.#kept.push(kept)
    this.#bodyBytes += kept.http.body.length
    while (this.#kept.length > mostStreams || this.#bodyBytes > mostBodyBytes) {
      const oldest = this.#kept.shift()
      if (!oldest) break
      this.#bodyBytes -= oldest.http.body.length
    }
    return kept
  }

  /**
   * The stream that has a frame of this id, the latest first; or the latest answer to the very same
   * request, which then has no such frame.
   */
  find({ http, session }: Question, id: string): Found | undefined {
    this.#keepOnly((kept) => !kept.isOld)
    const meant = this.#kept.filter((kept) => kept.session === session && kept.isMeantBy(http))
    meant.reverse()
    for (const kept of meant) {
      const place = kept.placeAfter(id)
      if (place) return { kept, place }
    }
    const same = meant.find((kept) => kept.isSameRequest(http))
    return same && { kept: same, place: undefined }
  }

  /** Forgets the streams of one session, or all of them. */
  reset(session?: string): void {
    this.#keepOnly((kept) => session !== undefined && kept.answer.session !== session)
  }

  #keepOnly(isKept: (kept: KeptStream) => boolean): void {
    const left = this.#kept.filter(isKept)
    if (left.length === this.#kept.length) return
    this.#kept = left
    this.#bodyBytes = left.reduce((sum, { http }) => sum + http.body.length, 0)
  }
}

/** What is known of the exchange in which a stream began. */
export interface Kept {
  readonly question: Question
  readonly framing: Framing
}

export class KeptStream implements Keeper {
  readonly answer: StreamAnswer
  readonly resuming: Resuming
  readonly framing: Framing
  readonly http: HttpRequest
  /** As the client named it: no other may come back to the stream. */
  readonly session: string | undefined
  /** The number of the exchange in which it began; undefined until that is open. */
  exchange: number | undefined
  readonly #clock: Clock
  readonly #arrivedMs: number
  #listeners = 0
  #lastHeardMs: number
  /** How long it was told while somebody listened, up to `#heardSinceMs`. */
  #heardMs = 0
  #heardSinceMs: number

  constructor(answer: StreamAnswer, resuming: Resuming, { question, framing }: Kept, clock: Clock) {
    this.answer = answer
    this.resuming = resuming
    this.framing = framing
    this.http = question.http
    this.session = question.session
    this.#clock = clock
    this.#arrivedMs = question.arrivedMs
    this.#lastHeardMs = question.arrivedMs
    this.#heardSinceMs = question.arrivedMs
  }

  opened(exchange: number): void {
    this.exchange ??= exchange
    if (this.#listeners === 0 && this.#heardMs > 0) this.#heardSinceMs = this.#clock.now()
    this.#listeners += 1
  }

  over(): void {
    this.#listeners -= 1
    this.#lastHeardMs = this.#clock.now()
    if (this.#listeners === 0) this.#heardMs += this.#lastHeardMs - this.#heardSinceMs
  }

  /** How far it has come by now. */
  get elapsedMs(): number {
    const nowMs = this.#clock.now()
    if (this.resuming.unheard === 'goes-on') return nowMs - this.#arrivedMs
    return this.#heardMs + (this.#listeners > 0 ? nowMs - this.#heardSinceMs : 0)
  }

  get isOld(): boolean {
    if (this.#listeners > 0) return false
    return this.#clock.now() - this.#lastHeardMs > this.resuming.keepMs
  }

  placeAfter(id: string): PlaceAfter | undefined {
    const { elapsedMs } = this
    const place = placeAfter(this.answer.timeline, this.framing, { id, elapsedMs })
    return place && place.missed <= (this.resuming.mostFrames ?? place.missed) ? place : undefined
  }

  isSameRequest({ method, url, body }: HttpRequest): boolean {
    const { http } = this
    return http.method === method && http.url === url && Buffer.compare(http.body, body) === 0
  }

  /**
   * Either the same request again, or a GET on its path, as an EventSource asks. Among several GETs
   * only ids that nobody else has tell which is meant.
   */
  isMeantBy(http: HttpRequest): boolean {
    if (this.isSameRequest(http)) return true
    const isOther = http.method === 'GET' && http.path === this.http.path
    return isOther && (this.http.method !== 'GET' || this.resuming.ids === 'random')
  }
}
