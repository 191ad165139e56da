/**
 * All streams that are being played, and what is done to several of them at once. What is done to one
 * stands in `stream.ts`.
 */
import { StuntdoubleError } from '../../core/errors.ts'
import { Stream, type StreamSource, type Surroundings } from './stream.ts'

export interface StreamFilter {
  readonly session?: string | undefined
  readonly rule?: string | undefined
}

/** What became of one stream of several that something was to be done to. */
export interface Acted {
  readonly stream: Stream
  /** Why it could not be done. */
  readonly refusal?: StuntdoubleError
}

/** Does it to all to which it can be done. */
export const actOnAll = (streams: readonly Stream[], act: (stream: Stream) => void): Acted[] =>
  streams.map((stream) => {
    try {
      act(stream)
      return { stream }
    } catch (error) {
      if (error instanceof StuntdoubleError) return { stream, refusal: error }
      throw error
    }
  })

/** Set where there were some, and it could be done to none of them. */
export function refusedByAll(acted: readonly Acted[]): StuntdoubleError | undefined {
  const [first] = acted
  if (!first?.refusal || acted.some(({ refusal }) => !refusal)) return undefined
  const { code, message } = first.refusal
  if (acted.length === 1) return first.refusal
  const which = `none of ${acted.length} streams; the first, ${first.stream.record.id}`
  return new StuntdoubleError(code, `${which}: ${message}`)
}

/** All that are being played, in the order in which they came. */
export class Streams {
  readonly #open = new Map<number, Stream>()
  readonly #around: Surroundings

  constructor(around: Omit<Surroundings, 'register'>) {
    const register = (stream: Stream): void => {
      this.#open.set(stream.record.id, stream)
    }
    this.#around = { ...around, register }
  }

  open(source: StreamSource): Stream {
    if (source.pauseAt && this.#around.isDraining()) {
      throw new StuntdoubleError(
        'draining',
        'the server is stopping, so nothing is paused any more',
      )
    }
    return new Stream(source, this.#around)
  }

  close(stream: Stream): void {
    this.#open.delete(stream.record.id)
  }

  get(id: number): Stream | undefined {
    return this.#open.get(id)
  }

  all({ session, rule }: StreamFilter = {}): Stream[] {
    return [...this.#open.values()].filter(
      ({ record }) =>
        (session === undefined || record.session === session) &&
        (rule === undefined || record.rule === rule),
    )
  }

  /** Before somebody looks at the journal. */
  note(): void {
    for (const stream of this.#open.values()) stream.note()
  }
}
