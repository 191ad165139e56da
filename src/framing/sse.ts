/**
 * Server-sent events: bytes <-> frames. A frame is a block up to and with its blank line, comments
 * included. Must never lose a byte: the frames' bytes, joined, are the input.
 * Source: WHATWG HTML, section 9.2.6 (parsing and interpreting an event stream).
 */
import { looseText, utf8 } from '../core/bytes.ts'
import { StuntdoubleError } from '../core/errors.ts'
import type { Frame, Framing, Message } from '../core/frame.ts'
import type { Push } from '../core/push.ts'

export interface SseStyle {
  readonly eol: '\n' | '\r\n' | '\r'
  /** `data: x` or `data:x`; a reader must take both. */
  readonly spaceAfterColon: boolean
}

const LF = 10
const CR = 13

const usualStyle: SseStyle = { eol: '\n', spaceAfterColon: true }

export function sse(style: Partial<SseStyle> = {}): Framing {
  const { eol, spaceAfterColon } = { ...usualStyle, ...style }
  const colon = spaceAfterColon ? ': ' : ':'
  return {
    name: 'sse',
    contentType: 'text/event-stream',
    encode: (message) => encode(message, colon, eol),
    withData,
    decoder: () => new SseDecoder(),
  }
}

/** Nearly every frame of every stream is one line of data. */
const isOneLine = (data: string): boolean =>
  !data.startsWith(' ') && !data.includes('\n') && !data.includes('\r')

function encode(message: Message, colon: string, eol: string): Frame {
  const { data, event, id, retry, comment } = message
  const isBare = event === undefined && id === undefined && retry === undefined
  if (isBare && data !== undefined && comment === undefined && isOneLine(data)) {
    return { data, bytes: utf8(`data${colon}${data}${eol}${eol}`) }
  }
  return encodeFields(message, colon, eol)
}

function encodeFields(message: Message, colon: string, eol: string): Frame {
  // A reader takes one space after the colon away, so a value that begins with one needs another.
  const before = (value: string): string => (value.startsWith(' ') ? ': ' : colon)
  const field = (name: 'event' | 'id', value: string): string =>
    `${name}${before(value)}${oneLine(name, value)}${eol}`
  let block = ''
  if (message.comment !== undefined) {
    for (const line of lines(message.comment)) block += `: ${line}${eol}`
  }
  if (message.event !== undefined) block += field('event', message.event)
  if (message.id !== undefined) block += field('id', message.id)
  if (message.retry !== undefined) block += `retry${colon}${message.retry}${eol}`
  if (message.data !== undefined) {
    // Data with a line break becomes several data lines, which a reader joins again by LF.
    if (!/[\r\n]/.test(message.data)) block += `data${before(message.data)}${message.data}${eol}`
    else for (const line of lines(message.data)) block += `data${before(line)}${line}${eol}`
  }
  return { ...message, bytes: utf8(block + eol) }
}

/** The first line of data holds what is new, the other ones go; each keeps its own line end. */
function withData({ bytes, data }: Frame, other: string): Uint8Array | undefined {
  if (data === undefined) return undefined
  let isWritten = false
  const block = looseText(bytes).replace(
    /^(\uFEFF?)(data)(?:(: ?)([^\r\n]*))?(\r\n|\r|\n|$)/gm,
    (_line, mark: string, name: string, colon = ':', _old, eol: string) => {
      if (isWritten) return ''
      isWritten = true
      const each = lines(other).map((line) => `${name}${colon}${line}${eol}`)
      return mark + each.join('')
    },
  )
  return utf8(block)
}

const lines = (text: string): string[] => text.split(/\r\n|\r|\n/)

function oneLine(field: string, value: string): string {
  if (!/[\r\n\0]/.test(value)) return value
  throw new StuntdoubleError('bad-request', `An SSE ${field} cannot hold a line break or NUL`)
}

/**
 * Cuts at blank lines, whichever of CR, LF and CRLF ends each line. A CR that is the last byte seen
 * is left undecided until the next byte tells whether an LF belongs to it.
 */
class SseDecoder implements Push<Uint8Array, Frame> {
  #held: Uint8Array = Buffer.alloc(0)
  /** How much of `#held` is scanned already, so that no byte is looked at twice. */
  #scanned = 0
  #lineStart = 0
  #isFirst = true

  push(bytes: Uint8Array): Frame[] {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const frames: Frame[] = []
    let frameStart = 0
    let at = this.#scanned
    let lineStart = this.#lineStart
    const held = this.#held
    while (at < held.length) {
      const byte = held[at]
      if (byte !== LF && byte !== CR) {
        at++
        continue
      }
      if (byte === CR && at + 1 === held.length) break
      const next = at + (byte === CR && held[at + 1] === LF ? 2 : 1)
      if (at === lineStart) {
        frames.push(this.#read(held.subarray(frameStart, next)))
        frameStart = next
      }
      lineStart = next
      at = next
    }
    this.#held = held.subarray(frameStart)
    this.#scanned = at - frameStart
    this.#lineStart = lineStart - frameStart
    return frames
  }

  end(): Frame[] {
    const rest = this.#held
    this.#held = Buffer.alloc(0)
    if (rest.length === 0) return []
    // A CR was held back in case an LF followed; at the end of the body it is a line end.
    if (rest.at(-1) === CR && this.#lineStart === rest.length - 1) return [this.#read(rest)]
    return [{ bytes: rest, incomplete: true }]
  }

  /** A byte order mark is one only where the stream begins. */
  #read(bytes: Uint8Array): Frame {
    const text = looseText(bytes)
    const frame = readFrame(bytes, this.#isFirst ? text.replace(/^\uFEFF/, '') : text)
    this.#isFirst = false
    return frame
  }
}

type Draft = { -readonly [K in keyof Message]: Message[K] }

function readFrame(bytes: Uint8Array, text: string): Frame {
  const message: Draft = {}
  for (const line of lines(text)) {
    if (line !== '') readLine(message, line)
  }
  return { bytes, ...message }
}

function readLine(message: Draft, line: string): void {
  const colon = line.indexOf(':')
  const field = colon < 0 ? line : line.slice(0, colon)
  const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
  if (field === '') message.comment = joinLines(message.comment, value)
  else if (field === 'data') message.data = joinLines(message.data, value)
  else if (field === 'event') message.event = value
  else if (field === 'id') {
    // The standard passes over an id that holds a NUL.
    if (!value.includes('\0')) message.id = value
  } else if (field === 'retry' && /^\d+$/.test(value)) message.retry = Number(value)
}

const joinLines = (before: string | undefined, line: string): string =>
  before === undefined ? line : `${before}\n${line}`
