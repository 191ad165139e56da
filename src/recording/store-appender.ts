/**
 * Appends to one open file: what is appended is with the kernel when the call returns, so that a
 * process that is killed loses none of it. Where the disk is slow, lines queue instead and go out
 * together, so that no caller is kept waiting.
 * Must never lose their order, nor let the queue grow without bound.
 */
import { closeSync, fstatSync, write, writeSync } from 'node:fs'
import { RealClock } from '../time/clock.ts'

/** A disk that falls behind by more than this has failed; memory must not pay for it. */
const longestQueueBytes = 64 * 1024 * 1024

/** A write that takes longer than this keeps every stream of the process waiting. */
const slowMs = 200

/** How long a disk that was slow is not trusted to be quick. */
const slowForMs = 1000

/**
 * What is known of the disk. One slow write may be the machine's fault, which was busy elsewhere;
 * after two in a row the next ones are not waited for.
 */
export class DiskPace {
  readonly #now: () => number
  #slowWrites = 0
  #slowUntilMs = Number.NEGATIVE_INFINITY

  constructor(now: () => number) {
    this.#now = now
  }

  get isSlow(): boolean {
    return this.#now() < this.#slowUntilMs
  }

  measure(write: () => void): void {
    const startedMs = this.#now()
    write()
    const endedMs = this.#now()
    this.#slowWrites = endedMs - startedMs > slowMs ? this.#slowWrites + 1 : 0
    if (this.#slowWrites > 1) this.#slowUntilMs = endedMs + slowForMs
  }
}

const clock = new RealClock()

/** All tapes of a process usually go to one disk. */
const sharedPace = new DiskPace(() => clock.now())

export interface AppenderOptions {
  /** Told once when the file cannot be written any more; where there is none, to close it fails. */
  readonly onFailure?: ((error: Error) => void) | undefined
  readonly mostQueuedBytes?: number
  readonly pace?: DiskPace
}

/** Each on a line of its own. */
export function joinLines(texts: readonly string[]): string {
  const [only] = texts
  if (only === undefined) return ''
  return texts.length === 1 ? `${only}\n` : `${texts.join('\n')}\n`
}

/** Appends to one file in order; what comes before the file is open waits for it. */
export class Appender {
  #fd: number | undefined
  readonly #mostQueuedBytes: number
  readonly #onFailure: ((error: Error) => void) | undefined
  readonly #pace: DiskPace
  #queue: string[] = []
  #queuedBytes = 0
  /** Nothing else can be written now. */
  #isWriting = true
  #hasFailed = false
  /** Nobody was told of it. */
  #failure: Error | undefined
  #closed: Promise<void> | undefined
  #resolveClosed: (() => void) | undefined

  constructor(options: AppenderOptions = {}) {
    this.#mostQueuedBytes = options.mostQueuedBytes ?? longestQueueBytes
    this.#onFailure = options.onFailure
    this.#pace = options.pace ?? sharedPace
  }

  /** To be called once, if not `fail`. */
  open(fd: number): void {
    this.#fd = fd
    this.#isWriting = false
    this.#next()
  }

  /** The file cannot be opened. */
  fail(error: unknown): void {
    this.#fail(error)
    this.#isWriting = false
    this.#next()
  }

  append(texts: readonly string[]): void {
    if (texts.length === 0 || this.#hasFailed) return
    const text = joinLines(texts)
    if (this.#isWriting || this.#queue.length > 0 || this.#pace.isSlow) this.#enqueue(text)
    else this.#writeNow(text)
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#resolveClosed = resolve
      this.#next()
    })
    if (this.#failure) throw this.#failure
  }

  #writeNow(text: string): void {
    const fd = this.#fd
    if (fd === undefined) return
    try {
      this.#pace.measure(() => {
        // As a text, of which no bytes need be made here unless the disk takes a part of it only.
        let at = writeSync(fd, text)
        if (at >= Buffer.byteLength(text)) return
        const bytes = Buffer.from(text, 'utf8')
        while (at < bytes.length) at += writeSync(fd, bytes, at)
      })
    } catch (error) {
      this.#fail(error)
    }
  }

  #enqueue(text: string): void {
    this.#queue.push(text)
    this.#queuedBytes += text.length
    if (this.#queuedBytes > this.#mostQueuedBytes)
      this.#fail(new Error('the disk is too slow to tape'))
    else this.#next()
  }

  #next(): void {
    if (this.#isWriting) return
    if (this.#queue.length > 0) this.#write(Buffer.from(this.#queue.join(''), 'utf8'))
    else if (this.#resolveClosed) this.#finish(this.#resolveClosed)
  }

  #finish(resolve: () => void): void {
    this.#resolveClosed = undefined
    if (this.#fd !== undefined) {
      // All was written, and nobody will ever find it.
      if (fstatSync(this.#fd).nlink === 0) this.#fail(new Error('its file was removed meanwhile'))
      closeSync(this.#fd)
    }
    resolve()
  }

  #write(bytes: Buffer): void {
    this.#queue = []
    this.#queuedBytes = 0
    this.#isWriting = true
    if (this.#fd !== undefined) this.#writeFrom(this.#fd, bytes)
  }

  #writeFrom(fd: number, bytes: Buffer, offset = 0): void {
    write(fd, bytes, offset, bytes.length - offset, null, (error, written) => {
      if (!error && offset + written < bytes.length) {
        this.#writeFrom(fd, bytes, offset + written)
        return
      }
      this.#isWriting = false
      if (error) this.#fail(error)
      this.#next()
    })
  }

  /** What is on disk stays readable, as a recording that was cut off. */
  #fail(error: unknown): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#queue = []
    this.#queuedBytes = 0
    const failure = error instanceof Error ? error : new Error(String(error))
    if (this.#onFailure) this.#onFailure(failure)
    else this.#failure = failure
  }
}
