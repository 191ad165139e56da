/**
 * Reads replies from a raw socket and checks them: the status, the framing of HTTP, the beginning,
 * the end and the number of all frames, the terminator, and that nothing follows. One reply of a
 * hundred is also taken apart and its text compared. A reply that is wrong in any of them is an
 * error, never a figure. It must stay cheap: what it costs is taken from the server beside it.
 */
import { connect } from 'node:net'
import process from 'node:process'
import {
  doneFrame,
  framesPerReply,
  numberMark,
  path,
  promptBodies,
  requestBody,
  requestBytes,
  text,
} from './reply.mjs'

const newline = 0x0a
const carriageReturn = 0x0d
const letterD = 0x64

/** The value of each byte as a digit in base 16, and -1 for those that are none. */
const hexDigits = Int8Array.from({ length: 256 }, (_, byte) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(byte).toLowerCase()),
)
const fullCheckEvery = 100

/** What is asked, one after the other and round again, and what the reply is held against. */
const usual = {
  requests: promptBodies.map((body) => requestBytes(path, body)),
  frames: framesPerReply,
  text,
}

/** The same, but no request comes twice: what a server remembers of earlier ones is of no use. */
const numbered = requestBytes(path, requestBody)
export const everyPromptNew = {
  requests: [numbered],
  numberAt: numbered.indexOf(numberMark),
  frames: framesPerReply,
  text,
}

/** One buffer for all sockets: what is read is looked at before the next read. */
const shared = Buffer.allocUnsafe(256 * 1024)

let asked = 0

/** How often anything was read from any socket. */
export let readsSoFar = 0

/** Where in a reply a reader is. */
const inHead = 0
const inSize = 1
const inData = 2
const behindData = 3
const inLength = 4
const over = 5

/** One connection, which asks one request at a time. */
export class Reader {
  /** How many frames of the present reply have come. */
  frames = 0
  #expected
  /** This reader's own copy, where the request has a number that is another each time. */
  #numbered
  #onFrame
  #onBytes
  #socket
  #onReply = () => {}
  #asking = false
  #state = inHead
  #head = ''
  /** Bytes that are left of a chunk or of a body with a length. */
  #left = 0
  #sizeDigits = 0
  #sawChunkEnd = false
  #frameBytes = 0
  #halfEnd = false
  #kept = undefined

  /**
   * @param onFrame is told the number of each frame, from 0, as soon as it is whole, and when
   * @param onBytes sees every piece of a body as it arrives; the text is then not compared
   */
  constructor({ expected = usual, onFrame, onBytes } = {}) {
    this.#expected = expected
    this.#numbered = 'numberAt' in expected ? Buffer.from(expected.requests[0]) : undefined
    this.#onFrame = onFrame
    this.#onBytes = onBytes
  }

  open(port) {
    return new Promise((resolve, reject) => {
      const onread = {
        buffer: shared,
        callback: (length, buffer) => {
          this.#feed(buffer, length)
          return true
        },
      }
      this.#socket = connect({ port, host: '127.0.0.1', noDelay: true, onread }, resolve)
      this.#socket.on('error', (error) => {
        reject(error)
        this.#finish(`socket: ${error.message}`)
      })
      this.#socket.on('close', () => this.#finish('the connection was closed'))
    })
  }

  /** `onReply` is called once, with undefined or what was wrong. */
  ask(onReply) {
    this.#onReply = onReply
    this.#asking = true
    this.#state = inHead
    this.#head = ''
    this.#left = 0
    this.#sizeDigits = 0
    this.#frameBytes = 0
    this.#halfEnd = false
    this.frames = 0
    asked += 1
    const isCompared = asked % fullCheckEvery === 1 && this.#expected.text !== undefined
    this.#kept = isCompared && !this.#onBytes ? [] : undefined
    this.#socket.write(this.#nextRequest())
  }

  get asking() {
    return this.#asking
  }

  close() {
    this.#asking = false
    this.#socket?.destroy()
  }

  /** Whoever waits for a reply is told that it did not come. */
  leave() {
    this.#finish('no end in time')
    this.#socket?.destroy()
  }

  #nextRequest() {
    const { requests, numberAt } = this.#expected
    if (!this.#numbered) return requests[asked % requests.length]
    let rest = asked
    for (let at = numberAt + numberMark.length - 1; at >= numberAt; at -= 1) {
      this.#numbered[at] = 0x30 + (rest % 10)
      rest = Math.trunc(rest / 10)
    }
    return this.#numbered
  }

  #feed(buffer, length) {
    readsSoFar += 1
    if (!this.#asking) return
    const nowMs = this.#onFrame === undefined ? 0 : performance.now()
    let at = 0
    while (at < length && this.#asking) {
      if (this.#state === inData || this.#state === inLength) {
        at = this.#readBody(buffer, at, length, nowMs)
      } else if (this.#state === inHead) at = this.#readHead(buffer, at, length)
      else if (this.#state === inSize) at = this.#readSize(buffer, at, length)
      else at = this.#skipLineEnd(buffer, at)
      if (this.#state === over) {
        if (at < length) this.#finish('bytes behind the end')
        else this.#judge()
        return
      }
    }
  }

  #readHead(buffer, at, length) {
    const before = this.#head.length
    this.#head += buffer.latin1Slice(at, length)
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return length
    const status = this.#head.slice(9, 12)
    if (status !== '200') this.#finish(`status ${status}`)
    const bodyLength = /^content-length: *(\d+)/im.exec(this.#head.slice(0, end))?.[1]
    this.#left = Number(bodyLength ?? 0)
    this.#state = bodyLength === undefined ? inSize : inLength
    return at + end + 4 - before
  }

  /** A chunk's header is a number in base 16 and a line end, and may come in pieces. */
  #readSize(buffer, from, length) {
    let at = from
    while (at < length) {
      const byte = buffer[at]
      at += 1
      if (byte === newline && this.#sizeDigits > 0) {
        this.#sizeDigits = 0
        this.#sawChunkEnd = this.#left === 0
        this.#state = this.#sawChunkEnd ? behindData : inData
        return at
      }
      const digit = hexDigits[byte]
      if (digit >= 0) {
        this.#left = this.#left * 16 + digit
        this.#sizeDigits += 1
      } else if (byte !== carriageReturn || (at < length && buffer[at] !== newline)) {
        this.#finish('a chunk header that is none')
        return at
      }
    }
    return at
  }

  #readBody(buffer, at, length, nowMs) {
    const end = Math.min(length, at + this.#left)
    this.#left -= end - at
    this.#kept?.push(buffer.latin1Slice(at, end))
    this.#onBytes?.(buffer, at, end)
    this.#countFrames(buffer, at, end, nowMs)
    if (this.#left === 0) this.#state = this.#state === inLength ? over : behindData
    return end
  }

  #skipLineEnd(buffer, at) {
    const byte = buffer[at]
    if (byte === newline) this.#state = this.#sawChunkEnd ? over : inSize
    else if (byte !== carriageReturn) this.#finish('a chunk that is longer than it says')
    return at + 1
  }

  #countFrames(buffer, from, to, nowMs) {
    let at = from
    if (this.#halfEnd) {
      this.#halfEnd = false
      if (buffer[at] === newline) {
        at += 1
        this.#frameEnds(1, nowMs, '')
      }
    }
    while (at < to) {
      if (this.#frameBytes === 0 && buffer[at] !== letterD) {
        this.#finish('a frame that does not begin with data')
        return
      }
      const end = buffer.indexOf(newline, at)
      if (end < 0 || end >= to) {
        this.#frameBytes += to - at
        return
      }
      const isLast = end + 1 === to
      if (!isLast && buffer[end + 1] === newline) {
        const isShort = end + 2 - at <= doneFrame.length
        const whole = isShort ? buffer.latin1Slice(at, end + 2) : ''
        this.#frameEnds(end + 2 - at, nowMs, whole)
        at = end + 2
        continue
      }
      this.#halfEnd = isLast
      this.#frameBytes += end + 1 - at
      at = end + 1
    }
  }

  /** The last frame alone is as short as the terminator; where it came in one piece, it is read. */
  #frameEnds(bytes, nowMs, read) {
    const length = this.#frameBytes + bytes
    const isLast = this.frames === this.#expected.frames - 1
    const isDone = length === doneFrame.length && (this.#frameBytes > 0 || read === doneFrame)
    if (isLast && !isDone) this.#finish('no terminator')
    this.#frameBytes = 0
    this.#onFrame?.(this.frames, nowMs, this)
    this.frames += 1
  }

  #judge() {
    const { frames } = this.#expected
    if (this.frames !== frames) this.#finish(`${this.frames} frames instead of ${frames}`)
    else if (this.#frameBytes > 0) this.#finish('half a frame at the end')
    else this.#finish(this.#kept && wrongText(this.#kept.join(''), this.#expected.text))
  }

  #finish(problem) {
    if (!this.#asking) return
    this.#asking = false
    this.#onReply(problem)
  }
}

/** undefined where the frames of a body say what they should. */
export function wrongText(body, expected) {
  const parts = body.split('\n\n').slice(0, -2)
  try {
    const chunks = parts.map((frame) => JSON.parse(frame.slice('data: '.length)))
    const said = chunks.map(({ choices: [choice] }) => choice?.delta.content ?? '').join('')
    const finish = chunks.at(-1)?.choices[0]?.finish_reason
    if (said === expected && finish === 'stop') return undefined
    return `the reply said "${said.slice(0, 40)}", finish ${finish}`
  } catch {
    return `a frame that is no JSON: ${parts.at(-1)?.slice(0, 60)}`
  }
}

/** Opens so many connections, some at a time. */
export async function openReaders(port, count, makeReader = () => new Reader()) {
  // A list of them, where several servers are asked in turn.
  const ports = [port].flat()
  const readers = Array.from({ length: count }, makeReader)
  const together = 100
  for (let from = 0; from < count; from += together) {
    const some = readers.slice(from, from + together)
    await Promise.all(some.map((reader, at) => reader.open(ports[(from + at) % ports.length])))
  }
  return readers
}

/** What this process spends from now on, in microseconds. */
export function watchCpu() {
  const before = process.cpuUsage()
  return () => {
    const { user, system } = process.cpuUsage(before)
    return user + system
  }
}
