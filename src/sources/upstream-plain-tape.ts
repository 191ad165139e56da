/**
 * A tape that can be read and searched for secrets, whatever coding the service has put its answer
 * in: gzip, deflate and brotli are taken away, chunk by chunk, and with them the header that names
 * them. The client gets the bytes as they came.
 *
 * Must never let a coded byte onto the tape: what cannot be searched is not kept.
 */
import type { Transform } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { joinBytes } from '../core/bytes.ts'
import type { Headers } from '../core/http.ts'
import type { HeadStep, WriteStep } from '../core/timeline.ts'
import type { RecordedEnding } from '../recording/format.ts'
import type { Tape } from '../recording/store.ts'

/** Behaves like the tape it is given, until the head of an answer names a coding. */
export const plainTape = (tape: Tape): Tape => new PlainTape(tape)

class PlainTape implements Tape {
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
    return this.#decoded?.over(() => tape.end(ending, atMs)) ?? tape.end(ending, atMs)
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

type Decode = (bytes: Uint8Array) => Promise<Uint8Array>

class DecodedTape {
  readonly #tape: Tape
  readonly #decoders: readonly Decode[]
  readonly #unknown: string | undefined
  /** One after the other, so that every chunk keeps its place and its time. */
  #last: Promise<void> = Promise.resolve()
  #problem: { readonly reason: string; readonly atMs: number } | undefined

  constructor(tape: Tape, codings: readonly string[]) {
    this.#tape = tape
    this.#unknown = codings.find((coding) => !decoders.has(coding))
    this.#decoders = [...codings].reverse().flatMap((coding) => decoders.get(coding)?.() ?? [])
  }

  write(step: HeadStep | WriteStep): void {
    this.#last = this.#last.then(() => this.#take(step))
  }

  /** Resolves when all that came before is on tape, and the tape is closed. */
  async over(close: () => Promise<void>): Promise<void> {
    await this.#last
    await (this.#problem ? this.#tape.fail(this.#problem.reason, this.#problem.atMs) : close())
  }

  async #take(step: HeadStep | WriteStep): Promise<void> {
    if (this.#problem) return
    const { atMs } = step
    if (step.do === 'head') {
      this.#tape.write({ ...step, headers: step.headers.filter(isPlain) })
      return
    }
    if (this.#unknown !== undefined) {
      const reason = `the answer is coded with ${this.#unknown}, which cannot be read here and so is not kept`
      this.#problem = { reason, atMs }
      return
    }
    try {
      let { bytes } = step
      for (const decode of this.#decoders) bytes = await decode(bytes)
      if (bytes.length > 0) this.#tape.write({ ...step, bytes })
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#problem = { reason: `the answer cannot be decoded from here on: ${why}`, atMs }
    }
  }
}

const decoders: ReadonlyMap<string, () => Decode> = new Map([
  ['gzip', () => decoder(() => createGunzip())],
  ['x-gzip', () => decoder(() => createGunzip())],
  ['deflate', () => decoder(inflaterFor)],
  ['br', () => decoder(() => createBrotliDecompress())],
])

/** Some services leave the wrapper of zlib away that the standard asks for. */
const inflaterFor = (first: Uint8Array): Transform =>
  ((first[0] ?? 0) & 0x0f) === 8 ? createInflate() : createInflateRaw()

/** Gives what a chunk holds as soon as it is there, not when a block of the coding is whole. */
function decoder(open: (first: Uint8Array) => Transform): Decode {
  let stream: Transform | undefined
  let parts: Uint8Array[] = []
  let failed: (error: Error) => void = () => undefined
  return (bytes) => {
    if (bytes.length === 0) return Promise.resolve(bytes)
    stream ??= open(bytes)
      .on('data', (part: Uint8Array) => parts.push(part))
      .on('error', (error: Error) => failed(error))
    const inflating = stream
    return new Promise((resolve, reject) => {
      failed = reject
      inflating.write(bytes, (error) => {
        if (error) {
          reject(error)
          return
        }
        const all = joinBytes(parts)
        parts = []
        resolve(all)
      })
    })
  }
}
