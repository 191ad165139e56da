/**
 * All streams that are being played, and what is done to several of them at once. What is done to one
 * stands in `stream.ts`.
 */
import { StuntdoubleError } from '../../core/errors.ts'
import { Slots } from '../../core/slots.ts'
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

type Refusal = Pick<StuntdoubleError, 'code' | 'message'>

/**
 * Set where there were some, and it could be done to none of them.
 *
 * @param acted of each its number, and why it could not be done
 */
export function refusedByAll(
  acted: readonly (readonly [number, Refusal | undefined])[],
): StuntdoubleError | undefined {
  const [first] = acted
  const refusal = first?.[1]
  if (!first || !refusal || acted.some(([, one]) => !one)) return undefined
  const { code, message } = refusal
  if (acted.length === 1) return new StuntdoubleError(code, message)
  return new StuntdoubleError(
    code,
    `none of ${acted.length} streams; the first, ${first[0]}: ${message}`,
  )
}

/** All that are being played, in the order in which they came. */
export class Streams {
  readonly #open = new Slots<Stream>()
  readonly #around: Surroundings

  constructor(around: Omit<Surroundings, 'register'>) {
    this.#around = { ...around, register: (stream) => this.#open.put(stream) }
  }

  get size(): number {
    return this.#open.size
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
    if (stream.slot !== undefined) this.#open.clear(stream.slot)
  }

  get(id: number): Stream | undefined {
    for (const stream of this.#open) if (stream.record.id === id) return stream
    return undefined
  }

  all({ session, rule }: StreamFilter = {}): Stream[] {
    return [...this.#open]
      .filter(
        ({ record }) =>
          (session === undefined || record.session === session) &&
          (rule === undefined || record.rule === rule),
      )
      .sort((a, b) => a.record.id - b.record.id)
  }

  /** Before somebody looks at the journal. */
  note(): void {
    for (const stream of this.#open) stream.note()
  }
}
