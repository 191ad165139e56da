/**
 * Reads replies from a raw socket and checks them as cheaply as can be: status, number of frames,
 * terminator, last HTTP chunk. A reply that is wrong in any of them is an error, never a figure.
 */
import { connect } from 'node:net'
import { framesPerReply, path, requestBody } from './reply.mjs'

const request = Buffer.from(
  [
    `POST ${path} HTTP/1.1`,
    'host: localhost',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(requestBody)}`,
    '',
    requestBody,
  ].join('\r\n'),
)

const frameEnd = Buffer.from('\n\n')
const newline = 0x0a
const done = 'data: [DONE]\n\n'
const lastChunk = '\r\n0\r\n\r\n'
const tailLength = done.length + lastChunk.length

/** One buffer for all sockets: what is read is looked at before the next read. */
const shared = Buffer.allocUnsafe(256 * 1024)

/** One connection, which asks one request at a time. */
export class Reader {
  #socket
  #onReply = () => {}
  #onBytes
  #head = ''
  #inHead = true
  #status = 0
  #bodyLeft = Number.NaN
  #frames = 0
  #tail = ''
  #asking = false

  /** @param onBytes sees every piece of a body as it arrives */
  constructor(onBytes) {
    this.#onBytes = onBytes
  }

  open(port) {
    return new Promise((resolve, reject) => {
      const onread = {
        buffer: shared,
        callback: (length, buffer) => {
          this.#feed(buffer.subarray(0, length))
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
    this.#inHead = true
    this.#head = ''
    this.#frames = 0
    this.#tail = ''
    this.#socket.write(request)
  }

  close() {
    this.#asking = false
    this.#socket?.destroy()
  }

  #feed(bytes) {
    if (!this.#asking) return
    const body = this.#inHead ? this.#readHead(bytes) : bytes
    if (body === undefined || body.length === 0) return
    this.#onBytes?.(body)
    this.#countFrames(body)
    const end = body.latin1Slice(Math.max(0, body.length - tailLength), body.length)
    this.#tail = end.length === tailLength ? end : (this.#tail + end).slice(-tailLength)
    this.#bodyLeft -= body.length
    if (this.#bodyLeft <= 0 || this.#tail.endsWith(lastChunk)) this.#judge()
  }

  /** The part of `bytes` that belongs to the body; undefined while the head is not whole. */
  #readHead(bytes) {
    const before = this.#head.length
    this.#head += bytes.latin1Slice(0, bytes.length)
    const end = this.#head.indexOf('\r\n\r\n')
    if (end < 0) return undefined
    const head = this.#head.slice(0, end)
    this.#inHead = false
    this.#status = Number(head.slice(9, 12))
    const length = /^content-length: *(\d+)/im.exec(head)?.[1]
    // NaN is never below zero: a chunked body ends where its last chunk does.
    this.#bodyLeft = length === undefined ? Number.NaN : Number(length)
    return bytes.subarray(end + 4 - before)
  }

  #countFrames(body) {
    if (body[0] === newline && /[^\n]\n$/.test(this.#tail)) this.#frames += 1
    let at = body.indexOf(frameEnd)
    while (at >= 0) {
      this.#frames += 1
      at = body.indexOf(frameEnd, at + 2)
    }
  }

  #judge() {
    if (this.#status !== 200) this.#finish(`status ${this.#status}`)
    else if (this.#frames !== framesPerReply) this.#finish(`${this.#frames} frames`)
    else if (!this.#tail.includes(done.trim())) this.#finish('no terminator')
    else this.#finish(undefined)
  }

  #finish(problem) {
    if (!this.#asking) return
    this.#asking = false
    this.#onReply(problem)
  }
}

/** Opens so many connections, some at a time. */
export async function openReaders(port, count, makeReader = () => new Reader()) {
  const readers = Array.from({ length: count }, makeReader)
  const together = 100
  for (let at = 0; at < count; at += together) {
    await Promise.all(readers.slice(at, at + together).map((reader) => reader.open(port)))
  }
  return readers
}
