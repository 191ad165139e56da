/**
 * The floor under all floors: no HTTP but prebuilt chunks, and one timer for all streams. What a
 * socket write costs on this machine is what this costs.
 */
import { createServer } from 'node:net'
import { answerAsServer, listenOnLoopback, settings } from '../answering.mjs'
import { httpChunks, lastHttpChunk } from '../reply.mjs'

const { gapMs = 0 } = settings

const head =
  'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n'
const whole = Buffer.from(head + httpChunks.join('') + lastHttpChunk)

/** What leaves at each time: the role with the first delta, the terminator with the finish. */
const bursts = [
  head + httpChunks.slice(0, 2).join(''),
  ...httpChunks.slice(2, -2),
  httpChunks.slice(-2).join('') + lastHttpChunk,
].map((burst) => Buffer.from(burst))

const streams = new Set()

const server = createServer({ noDelay: true }, (socket) => {
  let request = ''
  socket.on('error', () => {})
  socket.on('data', (data) => {
    request += data.toString('latin1')
    if (!isWhole(request)) return
    request = ''
    if (gapMs === 0) socket.write(whole)
    else begin(socket)
  })
})

function isWhole(request) {
  const bodyAt = request.indexOf('\r\n\r\n') + 4
  if (bodyAt < 4) return false
  const length = /content-length: *(\d+)/i.exec(request)?.[1] ?? 0
  return request.length >= bodyAt + Number(length)
}

let isTicking = false

function begin(socket) {
  streams.add({ socket, sent: 0, dueMs: performance.now() + gapMs })
  if (isTicking) return
  isTicking = true
  setTimeout(tick, 1)
}

function tick() {
  const nowMs = performance.now()
  for (const stream of streams) {
    while (stream.dueMs <= nowMs && stream.sent < bursts.length) {
      stream.socket.write(bursts[stream.sent++])
      stream.dueMs += gapMs
    }
    if (stream.sent === bursts.length || stream.socket.destroyed) streams.delete(stream)
  }
  isTicking = streams.size > 0
  if (isTicking) setTimeout(tick, 1)
}

answerAsServer(() => listenOnLoopback(server))
