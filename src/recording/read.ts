/**
 * Reads the lines of a recording, one at a time, and names every mistake in them.
 * Pure. Must never leave a line out: what follows a mistake is not what was taped.
 */
import type { Mistake } from '../core/errors.ts'
import { messageOf } from '../core/errors.ts'
import type { Step, Timeline } from '../core/timeline.ts'
import {
  type AboutLine,
  type Broken,
  type RecordedRequest,
  type Recording,
  type RecordingInfo,
  type RecordingLine,
  type RequestLine,
  stepOf,
} from './format.ts'
import { columnOf, LineMistake, parseLine } from './read-line.ts'
import { longChunk } from './read-long.ts'

function textOf(line: Buffer): string {
  try {
    return line.toString('utf8')
  } catch {
    throw new LineMistake(`a line of ${line.length} bytes, which is more than can be read`)
  }
}

/** Enough of a long line to point into; what it says of its time stands here. */
const beginningOf = (line: Buffer): string => line.toString('latin1', 0, 80)

/** What is known of a recording once its last line is read. */
/** Newer engines say line and column as well, as if the line were the whole file. */
const withoutPlace = (message: string): string => message.replace(/ \(line \d+ column \d+\)$/, '')

export type ReadRecording =
  | {
      readonly info: RecordingInfo
      /** The ending, where the file has none of its own. */
      readonly last: Step | undefined
    }
  | {
      readonly mistakes: readonly Mistake[]
      /** What still plays; undefined where nothing does. */
      readonly rest: Rest | undefined
    }

interface Rest {
  readonly info: RecordingInfo & { readonly broken: Broken }
  readonly last: Step | undefined
}

type StepLine = Exclude<RecordingLine, AboutLine | RequestLine>

/** Reads line by line; holds no step longer than the call. */
export class RecordingReader {
  readonly #file: string
  readonly #mistakes: Mistake[] = []
  /** What was read before the first mistake, once there is one. */
  #sound: Rest | undefined
  #lineNumber = 0
  #lastMs = 0
  #about: AboutLine | undefined
  #request: RecordedRequest | undefined
  #status: number | undefined
  #ending: RecordingInfo['ending']
  #failed: string | undefined
  #chunks = 0
  /** A last line that is no JSON was cut off with the rest; elsewhere it is a mistake. */
  #broken: Mistake | undefined

  constructor(file: string) {
    this.#file = file
  }

  /** A mistake was found: no step that is given from now on may be played. */
  get isBroken(): boolean {
    return this.#mistakes.length > 0
  }

  /** Takes the next line, and gives the step it stands for, if any. */
  push(line: string | Buffer): Step | undefined {
    this.#lineNumber++
    if (this.#broken) this.#add(this.#broken)
    this.#broken = undefined
    try {
      if (typeof line !== 'string') return this.#pushLong(line)
      const parsed = parseLine(line)
      this.#take(parsed)
      return stepOf(parsed)
    } catch (thrown) {
      const mistake = this.#mistakeAt(typeof line === 'string' ? line : beginningOf(line), thrown)
      if (thrown instanceof LineMistake) this.#add(mistake)
      else this.#broken = mistake
      return undefined
    }
  }

  /** A line that is too long to be made a text of, unless it must be. */
  #pushLong(line: Buffer): Step | undefined {
    const step = longChunk(line)
    if (!step) {
      this.#lineNumber--
      return this.push(textOf(line))
    }
    this.#take({ atMs: step.atMs, text: '' })
    return step
  }

  end(): ReadRecording {
    const info = this.#info()
    if (!info) return { mistakes: this.#mistakesOfNoRecording(), rest: undefined }
    if (!this.isBroken) return { info, last: this.#lastStep() }
    return { mistakes: this.#mistakes, rest: this.#sound }
  }

  /** What comes before the first mistake still plays, if there is a head among it. */
  #add(mistake: Mistake): void {
    const info = this.isBroken ? undefined : this.#info()
    this.#mistakes.push(mistake)
    if (info?.status === undefined) return
    const broken: Broken = { mistakes: this.#mistakes, chunks: this.#chunks }
    this.#sound = { info: { ...info, broken }, last: this.#lastStep() }
  }

  /** A file without an ending closes where it stops. */
  #lastStep(): Step | undefined {
    return this.#isOver() ? undefined : { atMs: this.#lastMs, do: 'close' }
  }

  #info(): RecordingInfo | undefined {
    const about = this.#about
    const request = this.#request
    if (!about || !request) return undefined
    return {
      file: this.#file,
      version: about.recording,
      by: about.by,
      at: about.at,
      dialect: about.dialect,
      note: about.note,
      lost: about.lost ?? [],
      request,
      status: this.#status,
      ending: this.#ending,
      failed: this.#failed,
    }
  }

  #mistakesOfNoRecording(): readonly Mistake[] {
    const mistakes = this.#broken ? [...this.#mistakes, this.#broken] : this.#mistakes
    // Of a file that is something else altogether, the first line says enough.
    if (mistakes.length > 0) return this.#about ? mistakes : mistakes.slice(0, 1)
    const message = 'no recording: it must begin with a "recording" and a "request" line'
    return [{ file: this.#file, line: this.#lineNumber + 1, column: 1, message }]
  }

  #mistakeAt(line: string, thrown: unknown): Mistake {
    const message =
      thrown instanceof LineMistake ? thrown.message : `no JSON: ${withoutPlace(messageOf(thrown))}`
    return { file: this.#file, line: this.#lineNumber, column: columnOf(line, thrown), message }
  }

  #isOver(): boolean {
    return this.#ending !== undefined || this.#failed !== undefined
  }

  #take(line: RecordingLine): void {
    if ('recording' in line) {
      if (this.#lineNumber !== 1) throw new LineMistake('only the first line says "recording"')
      this.#about = line
    } else if (this.#lineNumber === 1) {
      throw new LineMistake('the first line must be {"recording":1,…}')
    } else if ('request' in line) {
      if (this.#lineNumber !== 2) throw new LineMistake('only the second line says "request"')
      this.#request = line.request
    } else if (this.#lineNumber === 2) {
      throw new LineMistake('the second line must be {"request":{…}}')
    } else {
      this.#takeStep(line)
    }
  }

  #takeStep(line: StepLine): void {
    if (this.#isOver()) throw new LineMistake('nothing may follow the line that says how it ended')
    if (line.atMs < this.#lastMs) {
      const message = `"atMs" goes back in time, from ${this.#lastMs} to ${line.atMs}`
      throw new LineMistake(message, 'atMs')
    }
    if ('head' in line) {
      if (this.#status !== undefined) throw new LineMistake('a second "head"', 'head')
      this.#status = line.head.status
    } else if ('end' in line) {
      this.#ending = line.end
    } else if ('failed' in line) {
      this.#failed = line.failed
    } else if (this.#status === undefined) {
      throw new LineMistake('a chunk before the "head"')
    }
    this.#lastMs = line.atMs
    if ('text' in line || 'base64' in line) this.#chunks++
  }
}

/** The mistakes of a file of which something plays; the first, where playing stops, says what. */
export function explainBroken({
  broken,
  ending,
}: Pick<RecordingInfo, 'broken' | 'ending'>): Mistake[] {
  const [first, ...more] = broken?.mistakes ?? []
  if (!first || !broken) return []
  const plays = ending === undefined ? whatPlays(broken.chunks) : 'all before it still plays'
  return [{ ...first, message: `${first.message}; ${plays}` }, ...more]
}

function whatPlays(chunks: number): string {
  if (chunks === 0) return 'the head before it still plays, then the connection closes'
  const count = chunks === 1 ? '1 chunk' : `${chunks} chunks`
  return `the head and ${count} before it still play, then the connection closes`
}

export type ParsedRecording =
  | { readonly recording: Recording & { readonly steps: readonly Step[] } }
  | { readonly mistakes: readonly Mistake[] }

/** A whole recording, held in memory. */
export function parseRecording(lines: Iterable<string>, file: string): ParsedRecording {
  const reader = new RecordingReader(file)
  const steps: Step[] = []
  for (const line of lines) {
    const step = reader.push(line)
    if (step) steps.push(step)
  }
  const read = reader.end()
  if ('mistakes' in read) return { mistakes: read.mistakes }
  if (read.last) steps.push(read.last)
  return { recording: { ...inMemory(read.info, steps), steps } }
}

/** A recording that is kept in memory, request and all. */
function inMemory(info: RecordingInfo, timeline: Timeline): Recording {
  const made = new Map<string, string>()
  return {
    ...info,
    timeline: () => timeline,
    derived: (name, make) => {
      const text = made.get(name) ?? make(info.request)
      made.set(name, text)
      return text
    },
  }
}
