/**
 * One exchange on its way to disk. Must never write a line that has not been through the
 * transcriber, never overwrite a file, and never keep the relay waiting.
 */
import { closeSync, mkdirSync, open, openSync, rmSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { HeadStep, WriteStep } from '../core/timeline.ts'
import type { RecordedEnding } from './format.ts'
import { Appender, joinLines } from './store-appender.ts'
import { type TapeHead, Transcriber } from './transcribe.ts'

/**
 * One exchange on its way to disk. Nothing here throws or waits: a tape never blocks the relay.
 * Once it is open, what was given to it is with the kernel when the call returns, unless the disk is
 * slow or the redactor holds it back, since a secret may begin in it.
 */
export interface Tape {
  /** Empty before the file is open, and where it could not be created. */
  readonly path: string
  /**
   * Redacted, and appended as soon as it is certain that no secret is in it; what is given together
   * in one write.
   */
  write(...steps: readonly (HeadStep | WriteStep)[]): void
  /** The exchange is over; resolves when the file is closed. Later calls do nothing. */
  end(ending: RecordedEnding, atMs: number): Promise<void>
  /** Taping stops before the exchange is over: the file gets no ending. */
  abandon(): Promise<void>
  /** The service was never reached. */
  fail(reason: string, atMs: number): Promise<void>
}

let exchanges = 0

/** A new file, for nobody else's eyes. */
const flags = 'ax'
const mode = 0o600

/** `2026-11-22T10-00-00.000Z-0001-post-v1-chat-completions`, which sorts by time. */
function fileName(head: TapeHead, path: string): string {
  const time = new Date(head.arrivedMs).toISOString().replaceAll(':', '-')
  const sequence = String(++exchanges).padStart(4, '0')
  const what = `${head.request.method}-${path}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return `${time}-${sequence}-${what.slice(0, 60).replace(/-+$/, '')}.jsonl`
}

/**
 * What is left to try where a new file could not be opened as such: the folder is made when it is
 * missed, since to ask for it each time takes as long as to open a file in it; and another process that
 * tapes into the same folder may have taken the name.
 */
function createFile(first: string, next: () => string): { fd: number; path: string } {
  for (let path = first; ; ) {
    try {
      return { fd: openSync(path, flags, mode), path }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      // What stands in the folder's place is named by this.
      const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
      if (isMissing) mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      else if (code === 'EEXIST') path = next()
      else throw error
    }
  }
}

/** In one write, so that nobody who lists the folder meanwhile finds half a beginning. */
function begin({ fd, path }: { fd: number; path: string }, opening: string): void {
  try {
    const bytes = Buffer.from(opening)
    // A disk that is filling up takes a part, and says so when it is given the rest.
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at)
  } catch (error) {
    closeSync(fd)
    rmSync(path, { force: true })
    throw error
  }
}

/**
 * Opens the tape of one exchange. Where the folder cannot be written to, `onFailure` is told and
 * the exchange goes on untaped.
 *
 * @param onOpen called later: from then on what is written is with the kernel at once, and before
 *   that it waits
 */
export function createTape(folder: string, head: TapeHead, onOpen: () => void = () => {}): Tape {
  return new FileTape(folder, head, onOpen)
}

class FileTape implements Tape {
  path = ''
  readonly #transcriber: Transcriber
  readonly #appender: Appender
  #isOver = false

  constructor(folder: string, head: TapeHead, onOpen: () => void) {
    this.#transcriber = new Transcriber(head)
    this.#appender = new Appender({ onFailure: head.onFailure })
    const opening = joinLines(this.#transcriber.opening)
    const next = (): string => join(folder, fileName(head, this.#transcriber.path))
    const path = next()
    const opened = (error: Error | null, fd: number): void => {
      try {
        const found = error ? createFile(path, next) : { fd, path }
        begin(found, opening)
        this.path = found.path
        this.#appender.open(found.fd)
      } catch (failure) {
        this.#appender.fail(failure)
      }
      onOpen()
    }
    // To make a file takes a disk most of a millisecond, in which streams are to go on; and so they are
    // between what has been done here and that.
    setImmediate(() => open(path, flags, mode, opened))
  }

  write(...steps: readonly (HeadStep | WriteStep)[]): void {
    if (this.#isOver) return
    const [only] = steps
    const isOne = only !== undefined && steps.length === 1
    this.#appender.append(
      isOne ? this.#transcriber.push(only) : steps.flatMap((one) => this.#transcriber.push(one)),
    )
  }

  end(ending: RecordedEnding, atMs: number): Promise<void> {
    return this.#finish(() => this.#transcriber.end(ending, atMs))
  }

  abandon(): Promise<void> {
    return this.#finish(() => [])
  }

  fail(reason: string, atMs: number): Promise<void> {
    return this.#finish(() => this.#transcriber.fail(reason, atMs))
  }

  #finish(last: () => string[]): Promise<void> {
    if (!this.#isOver) this.#appender.append(last())
    this.#isOver = true
    return this.#appender.close()
  }
}
