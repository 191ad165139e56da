/**
 * A tape that can be read and searched for secrets, whatever coding the service has put its answer
 * in: gzip, deflate and brotli are taken away, chunk by chunk, and with them the header that names
 * them. The client gets the bytes as they came.
 *
 * Must never let a coded byte onto the tape: what cannot be searched is not kept.
 */
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import type { Headers } from '../core/http.ts'
import type { HeadStep, WriteStep } from '../core/timeline.ts'
import type { RecordedEnding } from '../recording/format.ts'
import type { Tape } from '../recording/store.ts'

/** Behaves like the tape it is given, until the head of an answer names a coding. */
export class PlainTape implements Tape {
  readonly #tape: Tape
  #decoded: DecodedTape | undefined

  constructor(tape: Tape) {
    this.#tape = tape
  }

  get path(): string {
    return this.#tape.path
  }

  write(...steps: readonly (HeadStep | WriteStep)[]): void {
    const [head] = steps
    if (head?.do === 'head') {
      const codings = codingsOf(head.headers)
      if (codings.length > 0) this.#decoded = new DecodedTape(this.#tape, codings)
    }
    const decoded = this.#decoded
    if (!decoded) this.#tape.write(...steps)
    else for (const step of steps) decoded.write(step)
  }

  end(ending: RecordedEnding, atMs: number): Promise<void> {
    const tape = this.#tape
    const decoded = this.#decoded
    if (!decoded) return tape.end(ending, atMs)
    if (ending === 'end') decoded.finish(atMs)
    return decoded.over(() => tape.end(ending, atMs))
  }

  /** What is not decoded yet is left out, and the tape ends before it. */
  cutShort(): void {
    this.#decoded?.cutShort()
  }

  abandon(): Promise<void> {
    const tape = this.#tape
    return this.#decoded?.over(() => tape.abandon()) ?? tape.abandon()
  }

  fail(reason: string, atMs: number): Promise<void> {
    const tape = this.#tape
    return this.#decoded?.over(() => tape.fail(reason, atMs)) ?? tape.fail(reason, atMs)
  }
}

/** The length is that of the coded bytes. */
const isPlain = ([name]: Headers[number]): boolean =>
  !/^(?:content-encoding|content-length)$/i.test(name)

/** In the order in which they were applied (RFC 9110, section 8.4). */
function codingsOf(headers: Headers): string[] {
  const values = headers.filter(([name]) => /^content-encoding$/i.test(name))
  return values
    .flatMap(([, value]) => value.toLowerCase().split(','))
    .map((coding) => coding.trim())
    .filter((coding) => coding !== '' && coding !== 'identity')
}

/** So many coded bytes may wait for what came before them; a service that is quicker is not kept. */
const mostWaitingBytes = 32 * 1024 * 1024

class DecodedTape {
  readonly #tape: Tape
  readonly #decoders: readonly Decoder[]
  readonly #unknown: string | undefined
  /** One after the other, so that every chunk keeps its place and its time. */
  #last: Promise<void> = Promise.resolve()
  #waitingBytes = 0
  #isCutShort = false
  #problem: { readonly reason: string; readonly atMs: number } | undefined

  constructor(tape: Tape, codings: readonly string[]) {
    this.#tape = tape
    this.#unknown = codings.find((coding) => !decoders.has(coding))
    this.#decoders = [...codings].reverse().flatMap((coding) => decoders.get(coding)?.() ?? [])
  }

  write(step: HeadStep | WriteStep): void {
    const bytes = step.do === 'write' ? step.bytes.length : 0
    this.#waitingBytes += bytes
    if (this.#waitingBytes > mostWaitingBytes) {
      this.#stop(
        'the answer comes faster than it can be decoded, and is not kept from here on',
        step,
      )
    }
    this.#last = this.#last.then(async () => {
      if (this.#isOpen) await this.#take(step)
      this.#waitingBytes -= bytes
    })
  }

  /** The body is whole by its framing, which its coding may not be. */
  finish(atMs: number): void {
    this.#last = this.#last.then(() => this.#keep({ atMs, do: 'write' }, rest(this.#decoders)))
  }

  cutShort(): void {
    if (this.#waitingBytes > 0) this.#isCutShort = true
  }

  /** Resolves when all that came before is on tape, and the tape is closed. */
  async over(close: () => Promise<void>): Promise<void> {
    await this.#last
    if (this.#problem) await this.#tape.fail(this.#problem.reason, this.#problem.atMs)
    else await (this.#isCutShort ? this.#tape.abandon() : close())
  }

  get #isOpen(): boolean {
    return this.#problem === undefined && !this.#isCutShort
  }

  #stop(reason: string, { atMs }: { readonly atMs: number }): void {
    this.#problem ??= { reason, atMs }
  }

  async #take(step: HeadStep | WriteStep): Promise<void> {
    if (step.do === 'head') {
      this.#tape.write({ ...step, headers: step.headers.filter(isPlain) })
      return
    }
    if (this.#unknown !== undefined) {
      const what = `the answer is coded with ${this.#unknown}`
      this.#stop(`${what}, which cannot be read here and so is not kept`, step)
      return
    }
    await this.#keep(step, decoded(step.bytes, this.#decoders))
  }

  async #keep(step: Omit<WriteStep, 'bytes'>, parts: AsyncIterable<Uint8Array>): Promise<void> {
    if (!this.#isOpen) return
    try {
      for await (const bytes of parts) {
        if (!this.#isOpen) return
        this.#tape.write({ ...step, bytes })
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#stop(`the answer cannot be decoded from here on: ${why}`, step)
    }
  }
}

/** Gives what a chunk holds as soon as it is there, not when a block of the coding is whole. */
interface Decoder {
  decode(bytes: Uint8Array): AsyncIterable<Uint8Array>
  /** What is left when there is no more; throws where the coding is not over. */
  rest(): AsyncIterable<Uint8Array>
}

async function* decoded(
  bytes: Uint8Array,
  [first, ...others]: readonly Decoder[],
): AsyncGenerator<Uint8Array> {
  if (!first) yield bytes
  else for await (const part of first.decode(bytes)) yield* decoded(part, others)
}

async function* rest([first, ...others]: readonly Decoder[]): AsyncGenerator<Uint8Array> {
  if (!first) return
  for await (const part of first.rest()) yield* decoded(part, others)
  yield* rest(others)
}

const decoders: ReadonlyMap<string, () => Decoder> = new Map([
  ['gzip', () => decoder(() => createGunzip())],
  ['x-gzip', () => decoder(() => createGunzip())],
  ['deflate', () => decoder(inflaterFor)],
  ['br', () => decoder(() => createBrotliDecompress())],
])

/** Some services leave the wrapper of zlib away that the standard asks for. */
const inflaterFor = (first: Uint8Array): Transform =>
  ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw()

/**
 * A few bytes may hold very many. They come in parts of 16 kB, each in a turn of its own and none
 * before the one ahead of it is taken, so that neither memory nor other streams have to bear them.
 */
function decoder(open: (first: Uint8Array) => Transform): Decoder {
  let stream: Transform | undefined
  let failure: Error | undefined
  let wake: () => void = () => undefined
  const opened = (first: Uint8Array): Transform =>
    open(first)
      .on('readable', () => wake())
      .on('error', (error: Error) => {
        failure = error
        wake()
      })
  async function* partsUntil(
    from: Transform,
    give: (taken: (error?: Error | null) => void) => void,
  ): AsyncGenerator<Uint8Array> {
    let isTaken = false
    give((error) => {
      isTaken = !error
      wake()
    })
    for (;;) {
      const part: Uint8Array | null = from.read()
      if (part) yield part
      else if (failure) throw failure
      else if (isTaken) return
      else {
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    }
  }
  return {
    async *decode(bytes) {
      if (bytes.length === 0) return
      stream ??= opened(bytes)
      const into = stream
      yield* partsUntil(into, (taken) => into.write(bytes, taken))
    },
    async *rest() {
      const from = stream
      if (from) yield* partsUntil(from, (taken) => from.once('end', taken).end())
    },
  }
}
