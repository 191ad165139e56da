/**
 * A live service for the taping proxy to stand before. At a pace, every chunk says when it was
 * written, on the monotonic clock that all processes of a machine share; at none, the reply goes out
 * at once.
 *
 * Its streams have nothing to do with each other, as those of a service's users have not: each begins
 * at a moment of its own between two chunks. Node's timers count whole milliseconds, so that by them
 * all that is due in one would be written together, and the last of a bunch would wait for the first.
 */
import { createServer } from 'node:net'
import { performance } from 'node:perf_hooks'
import process from 'node:process'
import seedrandom from 'seedrandom'
import { answerAsServer, listenOnLoopback } from '../answering.mjs'
import { doneFrame, framesPerReply, head, httpChunk, lastHttpChunk, wholeReply } from '../reply.mjs'
import { isWhole } from './requests.mjs'

let gapMs = 0

const server = createServer({ noDelay: true }, (socket) => {
  let request = ''
  const stream = new Stream(socket)
  socket.on('error', () => {})
  socket.on('close', () => streams.delete(stream))
  socket.on('data', (data) => {
    request += data.latin1Slice(0, data.length)
    if (!isWhole(request)) return
    request = ''
    if (gapMs === 0) socket.write(wholeReply)
    else begin(stream)
  })
})

const random = seedrandom('stamping')

class Stream {
  #socket
  #sent = 0
  dueMs = 0

  constructor(socket) {
    this.#socket = socket
  }

  begin() {
    this.#sent = 0
    this.dueMs = performance.now() + random() * gapMs
    this.#socket.write(head)
  }

  /** @returns whether it was the last */
  next() {
    this.#sent += 1
    this.dueMs += gapMs
    const isLast = this.#sent === framesPerReply
    const frame = isLast ? doneFrame : `data: {"stamp":"${process.hrtime.bigint()}"}\n\n`
    this.#socket.write(httpChunk(frame) + (isLast ? lastHttpChunk : ''))
    return isLast
  }
}

/** Those that are being told. */
const streams = new Set()
let isTelling = false

function begin(stream) {
  stream.begin()
  streams.add(stream)
  if (!isTelling) setImmediate(tell)
  isTelling = true
}

const sleeping = new Int32Array(new SharedArrayBuffer(4))

/** It comes to its sockets so often while it tells. */
const longestSleepMs = 0.2

function tell() {
  let untilMs = performance.now() + longestSleepMs
  for (const stream of streams) {
    if (stream.dueMs <= performance.now() && stream.next()) streams.delete(stream)
    else untilMs = Math.min(untilMs, stream.dueMs)
  }
  isTelling = streams.size > 0
  if (!isTelling) return
  const sleepMs = untilMs - performance.now()
  if (sleepMs > 0) Atomics.wait(sleeping, 0, 0, sleepMs)
  setImmediate(tell)
}

answerAsServer(() => listenOnLoopback(server), {
  pace: (asked) => {
    gapMs = asked.gapMs
  },
})
