/**
 * The floor under all floors: no HTTP but prebuilt chunks, and one timer for all streams. What a
 * socket write costs on this machine is what this costs.
 */
import { createServer } from 'node:net'
import { answerAsServer, listenOnLoopback, settings } from '../answering.mjs'
import { head, httpChunks, inBursts, lastHttpChunk } from '../reply.mjs'
import { lags, pace } from './pacer.mjs'

const { gapMs = 0 } = settings

const whole = Buffer.from(head + httpChunks.join('') + lastHttpChunk)
const bursts = inBursts(httpChunks).map((burst, index, all) =>
  Buffer.from((index === 0 ? head : '') + burst + (index === all.length - 1 ? lastHttpChunk : '')),
)

const server = createServer({ noDelay: true }, (socket) => {
  let request = ''
  const write = (index) => {
    socket.write(bursts[index])
    return !socket.destroyed
  }
  socket.on('error', () => {})
  socket.on('data', (data) => {
    request += data.latin1Slice(0, data.length)
    if (!isWhole(request)) return
    request = ''
    if (gapMs === 0) socket.write(whole)
    else pace(gapMs, bursts.length, write)
  })
})

function isWhole(request) {
  const bodyAt = request.indexOf('\r\n\r\n') + 4
  if (bodyAt < 4) return false
  const length = /content-length: *(\d+)/i.exec(request)?.[1] ?? 0
  return request.length >= bodyAt + Number(length)
}

answerAsServer(() => listenOnLoopback(server), {
  lag: () => lags.take(),
})
