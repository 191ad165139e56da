/**
 * One exchange on its way to disk. Must never write a line that has not been through the
 * transcriber, never overwrite a file, and never keep the relay waiting.
 */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { HeadStep, WriteStep } from '../core/timeline.ts'
import type { RecordedEnding } from './format.ts'
import { Appender, joinLines } from './store-appender.ts'
import { type TapeHead, Transcriber } from './transcribe.ts'

/**
 * One exchange on its way to disk. Nothing here throws or waits: a tape never blocks the relay.
 * What was given to it is with the kernel when the call returns, unless the disk is slow or the
 * redactor holds it back, since a secret may begin in it.
 */
export interface Tape {
  /** Empty where the file could not be created. */
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

/** `2026-11-22T10-00-00.000Z-0001-post-v1-chat-completions`, which sorts by time. */
function fileName(head: TapeHead, path: string): string {
  const time = new Date(head.arrivedMs).toISOString().replaceAll(':', '-')
  const sequence = String(++exchanges).padStart(4, '0')
  const what = `${head.request.method}-${path}`.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')
  return `${time}-${sequence}-${what.slice(0, 60).replace(/-+$/, '')}.jsonl`
}

/**
 * Creates a file of its own, also beside another process that tapes into the same folder. The folder
 * is made when it is missed: to ask for it each time takes as long as to open a file in it.
 */
function createFile(folder: string, head: TapeHead, path: string): { fd: number; path: string } {
  for (;;) {
    const file = join(folder, fileName(head, path))
    try {
      return { fd: openSync(file, 'ax', 0o600), path: file }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined
      // What stands in the folder's place is named by this.
      const isMissing = code === 'ENOENT' || code === 'ENOTDIR'
      if (isMissing) mkdirSync(folder, { recursive: true, mode: 0o700 })
      else if (code !== 'EEXIST') throw error
    }
  }
}

/**
 * Opens the tape of one exchange. Where the folder cannot be written to, `onFailure` is told and
 * the exchange goes on untaped; it throws where nobody would be told.
 */
export function createTape(folder: string, head: TapeHead): Tape {
  try {
    return openTape(folder, head)
  } catch (error) {
    if (!head.onFailure || !(error instanceof Error)) throw error
    head.onFailure(error)
    return noTape
  }
}

const noTape: Tape = {
  path: '',
  write: () => undefined,
  end: () => Promise.resolve(),
  abandon: () => Promise.resolve(),
  fail: () => Promise.resolve(),
}

/** In one write, so that nobody who lists the folder meanwhile finds half a beginning. */
function begin({ fd, path }: { fd: number; path: string }, opening: string): void {
  try {
    writeSync(fd, opening)
  } catch (error) {
    closeSync(fd)
    rmSync(path, { force: true })
    throw error
  }
}

function openTape(folder: string, head: TapeHead): Tape {
  const transcriber = new Transcriber(head)
  const file = createFile(folder, head, transcriber.path)
  begin(file, joinLines(transcriber.opening))
  const appender = new Appender(file.fd, { onFailure: head.onFailure })
  let isOver = false
  const finish = (last: () => string[]): Promise<void> => {
    if (!isOver) appender.append(last())
    isOver = true
    return appender.close()
  }
  return {
    path: file.path,
    write: (...steps) => {
      if (isOver) return
      const [only] = steps
      const isOne = only !== undefined && steps.length === 1
      appender.append(
        isOne ? transcriber.push(only) : steps.flatMap((one) => transcriber.push(one)),
      )
    },
    end: (ending, atMs) => finish(() => transcriber.end(ending, atMs)),
    abandon: () => finish(() => []),
    fail: (reason, atMs) => finish(() => transcriber.fail(reason, atMs)),
  }
}
