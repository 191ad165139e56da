/**
 * The floor under all floors: no HTTP but prebuilt chunks, and one timer for all streams. What a
 * socket write costs on this machine is what this costs.
 */
import { createServer } from 'node:net'
import { answerAsServer, listenOnLoopback, settings } from '../answering.mjs'
import { head, httpChunks, inBursts, lastHttpChunk, wholeReply } from '../reply.mjs'
import { lags, pace } from './pacer.mjs'
import { isWhole } from './requests.mjs'

const { gapMs = 0 } = settings

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
    if (gapMs === 0) socket.write(wholeReply)
    else pace(gapMs, bursts.length, write)
  })
})

answerAsServer(() => listenOnLoopback(server), {
  lag: () => lags.take(),
})
