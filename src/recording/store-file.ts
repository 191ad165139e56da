/**
 * A recording in a file: what is known of it is kept, what it holds is read when asked for.
 * Must never answer from a file that is gone, nor play past a mistake.
 */
import { type Mistake, messageOf, StuntdoubleError } from '../core/errors.ts'
import type { Step, Timeline } from '../core/timeline.ts'
import type { RecordedRequest, Recording } from './format.ts'
import { explainBroken, RecordingReader } from './read.ts'
import { readLines } from './store-lines.ts'
import { Recent } from './store-recent.ts'
import {
  type Facts,
  type FileVersion,
  isSameVersion,
  readRequest,
  smallBytes,
  versionOf,
} from './store-scan.ts'

/** Told of mistakes that are found while playing. */
export type OnMistakes = (mistakes: readonly Mistake[]) => void

export interface FileRecordingOptions {
  readonly file: string
  readonly version: FileVersion
  readonly facts: Facts
  /** What was derived before, by name. */
  readonly keys?: ReadonlyMap<string, string> | undefined
  /** Something was derived under this name that is not remembered on disk yet. */
  readonly onDerived?: ((name: string) => void) | undefined
  /** Where nobody is told, a mistake is thrown instead. */
  readonly onMistakes: OnMistakes | undefined
}

interface KeptSteps {
  readonly version: FileVersion
  readonly steps: readonly Step[]
}

/** Steps of small files that have been played. */
const recentSteps = new Recent<FileRecording, KeptSteps>(64 * 1024 * 1024)

const recentRequests = new Recent<FileRecording, RecordedRequest>(8 * 1024 * 1024)

/** What an object weighs beside its texts, roughly. */
const objectBytes = 500

export class FileRecording implements Recording {
  readonly file: string
  readonly fileVersion: FileVersion
  readonly #facts: Facts
  #keys: ReadonlyMap<string, string>
  readonly #onDerived: ((name: string) => void) | undefined
  readonly #onMistakes: OnMistakes | undefined

  constructor({ file, version, facts, keys, onDerived, onMistakes }: FileRecordingOptions) {
    this.file = file
    this.fileVersion = version
    this.#facts = facts
    this.#keys = keys ?? noKeys
    this.#onDerived = onDerived
    this.#onMistakes = onMistakes
  }

  get version(): Facts['version'] {
    return this.#facts.version
  }

  get by(): Facts['by'] {
    return this.#facts.by
  }

  get at(): Facts['at'] {
    return this.#facts.at
  }

  get dialect(): Facts['dialect'] {
    return this.#facts.dialect
  }

  get note(): Facts['note'] {
    return this.#facts.note
  }

  get lost(): Facts['lost'] {
    return this.#facts.lost
  }

  get status(): Facts['status'] {
    return this.#facts.status
  }

  get ending(): Facts['ending'] {
    return this.#facts.ending
  }

  get failed(): Facts['failed'] {
    return this.#facts.failed
  }

  get broken(): Facts['broken'] {
    return this.#facts.broken
  }

  /** Neither changed nor gone since it was looked at. */
  get isCurrent(): boolean {
    const version = versionOf(this.file)
    return version !== undefined && isSameVersion(version, this.fileVersion)
  }

  get edition(): string {
    return Object.values(this.fileVersion).join('-')
  }

  get request(): RecordedRequest {
    const found = recentRequests.get(this)
    if (found) return found
    const request = requestOf(this.file)
    this.remember(request)
    return request
  }

  /** For a while: who looks at a file for the first time asks for its request next. */
  remember(request: RecordedRequest): void {
    const bytes = (request.body?.length ?? 0) + (request.base64?.length ?? 0) + objectBytes
    recentRequests.keep(this, request, bytes)
  }

  /** What is kept of it in an index. */
  get facts(): Facts {
    return this.#facts
  }

  get keys(): ReadonlyMap<string, string> {
    return this.#keys
  }

  derived(name: string, make: (request: RecordedRequest) => string): string {
    const known = this.#keys.get(name)
    if (known !== undefined) return known
    const made = make(this.request)
    this.#keys = new Map([...this.#keys, [name, made]])
    this.#onDerived?.(name)
    return made
  }

  timeline(): Timeline {
    const version = versionOf(this.file)
    if (!version) throw badRecording(`${this.file} is gone: it was there when it was looked for`)
    if (version.size > smallBytes) return { [Symbol.iterator]: () => this.#read() }
    return this.#small(version)
  }

  #small(version: FileVersion): readonly Step[] {
    const kept = recentSteps.get(this)
    if (kept && isSameVersion(kept.version, version)) return kept.steps
    const steps = [...this.#read()]
    recentSteps.keep(this, { version, steps }, version.size + objectBytes)
    return steps
  }

  *#read(): Generator<Step> {
    const reader = new RecordingReader(this.file)
    for (const line of readLines(this.file)) {
      const step = reader.push(line)
      // Later lines may make sense, but they no longer say what was taped.
      if (reader.isBroken) break
      if (step) yield step
    }
    const read = reader.end()
    if ('info' in read) {
      if (read.last) yield read.last
      return
    }
    if (!this.#onMistakes || !read.rest) throw badRecording(firstOf(read.mistakes))
    this.#onMistakes(explainBroken(read.rest.info))
    if (read.rest.last) yield read.rest.last
  }
}

function requestOf(file: string): RecordedRequest {
  try {
    const request = readRequest(file)
    if (request) return request
  } catch (error) {
    throw badRecording(`${file}: its request cannot be read: ${messageOf(error)}`, error)
  }
  throw badRecording(`${file}: its second line holds no request`)
}

const noKeys: ReadonlyMap<string, string> = new Map()

export const badRecording = (message: string, cause?: unknown): StuntdoubleError =>
  new StuntdoubleError('bad-recording', message, cause === undefined ? undefined : { cause })

export function firstOf(mistakes: readonly Mistake[]): string {
  const [first] = mistakes
  const more = mistakes.length > 1 ? ` (and ${mistakes.length - 1} more)` : ''
  return first ? `${first.file}:${first.line}:${first.column}: ${first.message}${more}` : ''
}
