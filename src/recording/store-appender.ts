/**
 * Appends to one open file without ever keeping its caller waiting: lines queue while the disk is
 * busy, and go out together. Must never lose their order, nor let the queue grow without bound.
 */
import { closeSync, write } from 'node:fs'

/** A disk that falls behind by more than this has failed; memory must not pay for it. */
const longestQueueBytes = 64 * 1024 * 1024

/** Each on a line of its own. */
export const joinLines = (texts: readonly string[]): string =>
  texts.map((text) => `${text}\n`).join('')

/** Appends to one file in order, what has gathered meanwhile in one go. */
export class Appender {
  readonly #fd: number
  readonly #mostQueuedBytes: number
  readonly #onFailure: ((error: Error) => void) | undefined
  #queue: string[] = []
  #queuedBytes = 0
  #isWriting = false
  #hasFailed = false
  #closed: Promise<void> | undefined
  #resolveClosed: (() => void) | undefined

  constructor(
    fd: number,
    onFailure: ((error: Error) => void) | undefined,
    mostQueuedBytes = longestQueueBytes,
  ) {
    this.#fd = fd
    this.#mostQueuedBytes = mostQueuedBytes
    this.#onFailure = onFailure
  }

  append(texts: readonly string[]): void {
    if (texts.length === 0 || this.#hasFailed) return
    const text = joinLines(texts)
    this.#queue.push(text)
    this.#queuedBytes += text.length
    if (this.#queuedBytes > this.#mostQueuedBytes)
      this.#fail(new Error('the disk is too slow to tape'))
    else this.#next()
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#resolveClosed = resolve
      this.#next()
    })
    return this.#closed
  }

  #next(): void {
    if (this.#isWriting) return
    if (this.#queue.length > 0) this.#write(Buffer.from(this.#queue.join(''), 'utf8'))
    else if (this.#resolveClosed) this.#finish(this.#resolveClosed)
  }

  #finish(resolve: () => void): void {
    this.#resolveClosed = undefined
    closeSync(this.#fd)
    resolve()
  }

  #write(bytes: Buffer): void {
    this.#queue = []
    this.#queuedBytes = 0
    this.#isWriting = true
    this.#writeFrom(bytes, 0)
  }

  #writeFrom(bytes: Buffer, offset: number): void {
    write(this.#fd, bytes, offset, bytes.length - offset, null, (error, written) => {
      if (!error && offset + written < bytes.length) {
        this.#writeFrom(bytes, offset + written)
        return
      }
      this.#isWriting = false
      if (error) this.#fail(error)
      this.#next()
    })
  }

  /** What is on disk stays readable, as a recording that was cut off. */
  #fail(error: Error): void {
    if (this.#hasFailed) return
    this.#hasFailed = true
    this.#queue = []
    this.#queuedBytes = 0
    this.#onFailure?.(error)
  }
}
