/**
 * Reads the lines of a recording, one at a time, and names every mistake in them.
 * Pure. Must never guess: a line it does not understand is a mistake, not a chunk left out.
 */
import type { Mistake } from '../core/errors.ts'
import { messageOf } from '../core/errors.ts'
import type { Headers } from '../core/http.ts'
import { suggestion } from '../core/suggest.ts'
import type { Step } from '../core/timeline.ts'
import {
  type AboutLine,
  type LostPart,
  lostParts,
  type RecordedRequest,
  type Recording,
  type RecordingInfo,
  type RecordingLine,
  type RequestLine,
  recordedEndings,
  stepOf,
} from './format.ts'

/** A mistake within a line; `key` is where in the line to point. */
class LineMistake extends Error {
  readonly key: string | undefined

  constructor(message: string, key?: string) {
    super(message)
    this.key = key
  }
}

type Fields = Readonly<Record<string, unknown>>

/** What each kind of line may hold, by the key that makes it that kind. */
const keysByKind = {
  recording: ['recording', 'by', 'at', 'dialect', 'note', 'lost'],
  request: ['request'],
  head: ['atMs', 'head'],
  text: ['atMs', 'text'],
  base64: ['atMs', 'base64'],
  end: ['atMs', 'end'],
  failed: ['atMs', 'failed'],
} as const

type Kind = keyof typeof keysByKind

const kinds: readonly string[] = Object.keys(keysByKind)

const isKind = (key: string): key is Kind => Object.hasOwn(keysByKind, key)

function object(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new LineMistake(`${what} must be a JSON object`)
  }
  return Object.fromEntries(Object.entries(value))
}

function only(fields: Fields, known: readonly string[], what: string): void {
  for (const key of Object.keys(fields)) {
    if (!known.includes(key)) {
      throw new LineMistake(`unknown key "${key}" in ${what}${suggestion(key, known)}`, key)
    }
  }
}

function text(fields: Fields, key: string): string {
  const value = fields[key]
  if (typeof value !== 'string') throw new LineMistake(`"${key}" must be a text`, key)
  return value
}

const optionalText = (fields: Fields, key: string): string | undefined =>
  fields[key] === undefined ? undefined : text(fields, key)

function time(fields: Fields): number {
  const value = fields['atMs']
  if (typeof value !== 'number' || value < 0) {
    throw new LineMistake(
      '"atMs" must be milliseconds since the request arrived, 0 or more',
      'atMs',
    )
  }
  return value
}

function base64(fields: Fields): string {
  const value = text(fields, 'base64')
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value)) {
    throw new LineMistake('"base64" must be base64 with its padding', 'base64')
  }
  return value
}

function headers(fields: Fields): Headers {
  const value = fields['headers']
  const wrong = new LineMistake('"headers" must be a list of [name, value] pairs', 'headers')
  if (!Array.isArray(value)) throw wrong
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw wrong
    const [name, content]: unknown[] = pair
    if (typeof name !== 'string' || typeof content !== 'string') throw wrong
    return [name, content] as const
  })
}

function aboutLine(fields: Fields): AboutLine {
  if (fields['recording'] !== 1) {
    throw new LineMistake('this program reads recordings of version 1', 'recording')
  }
  const dialect = optionalText(fields, 'dialect')
  const note = optionalText(fields, 'note')
  return {
    recording: 1,
    by: text(fields, 'by'),
    at: text(fields, 'at'),
    ...(dialect === undefined ? {} : { dialect }),
    ...(note === undefined ? {} : { note }),
    ...(fields['lost'] === undefined ? {} : { lost: lost(fields['lost']) }),
  }
}

function lost(value: unknown): LostPart[] {
  const known = Array.isArray(value) ? lostParts.filter((part) => value.includes(part)) : []
  if (Array.isArray(value) && known.length === value.length) return known
  throw new LineMistake(`"lost" must be a list of ${lostParts.join(', ')}`, 'lost')
}

function recordedRequest(value: unknown): RecordedRequest {
  const fields = object(value, '"request"')
  only(fields, ['method', 'url', 'asked', 'headers', 'body', 'base64'], '"request"')
  return {
    method: text(fields, 'method'),
    url: text(fields, 'url'),
    asked: optionalText(fields, 'asked'),
    headers: headers(fields),
    body: optionalText(fields, 'body'),
    base64: fields['base64'] === undefined ? undefined : base64(fields),
  }
}

function headLine(fields: Fields): RecordingLine {
  const head = object(fields['head'], '"head"')
  only(head, ['status', 'headers'], '"head"')
  const status = head['status']
  if (typeof status !== 'number' || !Number.isInteger(status) || status < 200 || status > 999) {
    throw new LineMistake('"status" must be an HTTP status from 200 to 999', 'status')
  }
  return { atMs: time(fields), head: { status, headers: headers(head) } }
}

function endLine(fields: Fields): RecordingLine {
  const end = recordedEndings.find((ending) => ending === fields['end'])
  if (!end) throw new LineMistake(`"end" must be one of ${recordedEndings.join(', ')}`, 'end')
  return { atMs: time(fields), end }
}

const parseByKind: Readonly<Record<Kind, (fields: Fields) => RecordingLine>> = {
  recording: aboutLine,
  request: (fields) => ({ request: recordedRequest(fields['request']) }),
  head: headLine,
  text: (fields) => ({ atMs: time(fields), text: text(fields, 'text') }),
  base64: (fields) => ({ atMs: time(fields), base64: base64(fields) }),
  end: endLine,
  failed: (fields) => ({ atMs: time(fields), failed: text(fields, 'failed') }),
}

function parseFields(fields: Fields): RecordingLine {
  const kind = Object.keys(fields).find(isKind)
  if (!kind) {
    const stranger = Object.keys(fields).find((key) => key !== 'atMs')
    const hint = stranger === undefined ? '' : `"${stranger}" is none${suggestion(stranger, kinds)}`
    throw new LineMistake(`a line holds one of ${kinds.join(', ')}; ${hint || 'this has none'}`)
  }
  only(fields, keysByKind[kind], `a line with "${kind}"`)
  return parseByKind[kind](fields)
}

/** Where to point: at the key, or where JSON stopped making sense. 1-based. */
function columnOf(line: string, mistake: unknown): number {
  if (mistake instanceof LineMistake) {
    return mistake.key === undefined ? 1 : Math.max(line.indexOf(`"${mistake.key}"`), 0) + 1
  }
  const position = /position (\d+)/.exec(messageOf(mistake))?.[1]
  if (position !== undefined) return Number(position) + 1
  return /end of JSON/.test(messageOf(mistake)) ? line.length + 1 : 1
}

export type ReadRecording =
  | { readonly info: RecordingInfo; readonly last: Step | undefined }
  | { readonly mistakes: readonly Mistake[] }

type StepLine = Exclude<RecordingLine, AboutLine | RequestLine>

/** Reads line by line; holds no step longer than the call. */
export class RecordingReader {
  readonly #file: string
  readonly #mistakes: Mistake[] = []
  #lineNumber = 0
  #lastMs = 0
  #about: AboutLine | undefined
  #request: RecordedRequest | undefined
  #status: number | undefined
  #ending: RecordingInfo['ending']
  #failed: string | undefined
  /** A last line that is no JSON was cut off with the rest; elsewhere it is a mistake. */
  #broken: Mistake | undefined

  constructor(file: string) {
    this.#file = file
  }

  /** Takes the next line, and gives the step it stands for, if any. */
  push(line: string): Step | undefined {
    this.#lineNumber++
    if (this.#broken) this.#mistakes.push(this.#broken)
    this.#broken = undefined
    try {
      const parsed = parseFields(object(JSON.parse(line), 'a line'))
      this.#take(parsed)
      return stepOf(parsed)
    } catch (thrown) {
      const mistake = this.#mistakeAt(line, thrown)
      if (thrown instanceof LineMistake) this.#mistakes.push(mistake)
      else this.#broken = mistake
      return undefined
    }
  }

  end(): ReadRecording {
    const about = this.#about
    const request = this.#request
    if (!about || !request) return { mistakes: this.#mistakesOfNoRecording() }
    if (this.#mistakes.length > 0) return { mistakes: this.#mistakes }
    const info: RecordingInfo = {
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
    return { info, last: this.#isOver() ? undefined : { atMs: this.#lastMs, do: 'close' } }
  }

  #mistakesOfNoRecording(): readonly Mistake[] {
    const mistakes = this.#broken ? [...this.#mistakes, this.#broken] : this.#mistakes
    // Of a file that is something else altogether, the first line says enough.
    if (mistakes.length > 0) return this.#about ? mistakes : mistakes.slice(0, 1)
    const message = 'no recording: it must begin with a "recording" and a "request" line'
    return [{ file: this.#file, line: this.#lineNumber + 1, column: 1, message }]
  }

  #mistakeAt(line: string, thrown: unknown): Mistake {
    const message = thrown instanceof LineMistake ? thrown.message : `no JSON: ${messageOf(thrown)}`
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
  }
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
  if ('mistakes' in read) return read
  if (read.last) steps.push(read.last)
  return { recording: { ...read.info, steps, timeline: () => steps } }
}
