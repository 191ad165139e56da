/**
 * One line of a recording: what each kind may hold, and what is wrong with it.
 * Pure. Must never guess: a line it does not understand is a mistake.
 */
import { messageOf } from '../core/errors.ts'
import type { Headers } from '../core/http.ts'
import { suggestion } from '../core/suggest.ts'
import {
  type AboutLine,
  type LostPart,
  lostParts,
  type RecordedRequest,
  type RecordingLine,
  recordedEndings,
} from './format.ts'
import { isBase64 } from './read-long.ts'

/** A mistake within a line; `key` is where in the line to point. */
export class LineMistake extends Error {
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

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function object(value: unknown, what: string): Fields {
  if (isFields(value)) return value
  throw new LineMistake(`${what} must be a JSON object`)
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
  if (!isBase64(value)) {
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

/** Throws a `LineMistake`, or what `JSON.parse` throws. */
export function parseLine(line: string): RecordingLine {
  const fields = object(JSON.parse(line), 'a line')
  return textLine(fields) ?? parseFields(fields)
}

/** Nearly all lines, told without a search; undefined where it takes a closer look. */
function textLine(fields: Fields): RecordingLine | undefined {
  const { atMs, text: written } = fields
  const isOne = typeof atMs === 'number' && atMs >= 0 && typeof written === 'string'
  return isOne && Object.keys(fields).length === 2 ? { atMs, text: written } : undefined
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
export function columnOf(line: string, mistake: unknown): number {
  if (mistake instanceof LineMistake) {
    return mistake.key === undefined ? 1 : Math.max(line.indexOf(`"${mistake.key}"`), 0) + 1
  }
  const position = /position (\d+)/.exec(messageOf(mistake))?.[1]
  if (position !== undefined) return Number(position) + 1
  return /end of JSON/.test(messageOf(mistake)) ? line.length + 1 : 1
}
