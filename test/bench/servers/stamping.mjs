/**
 * A live service for the taping proxy to stand before. At a pace, every chunk says when it was
 * written, on the monotonic clock that all processes of a machine share; at none, the reply goes out
 * at once.
 */
import { createServer } from 'node:net'
import process from 'node:process'
import { answerAsServer, listenOnLoopback } from '../answering.mjs'
import { doneFrame, framesPerReply, head, httpChunk, lastHttpChunk, wholeReply } from '../reply.mjs'
import { isWhole } from './requests.mjs'

let gapMs = 0

const server = createServer({ noDelay: true }, (socket) => {
  let request = ''
  let timer
  socket.on('error', () => {})
  socket.on('close', () => clearInterval(timer))
  socket.on('data', (data) => {
    request += data.latin1Slice(0, data.length)
    if (!isWhole(request)) return
    request = ''
    if (gapMs === 0) socket.write(wholeReply)
    else timer = tell(socket)
  })
})

function tell(socket) {
  let sent = 0
  socket.write(head)
  const timer = setInterval(() => {
    sent += 1
    const isLast = sent === framesPerReply
    const frame = isLast ? doneFrame : `data: {"stamp":"${process.hrtime.bigint()}"}\n\n`
    socket.write(httpChunk(frame) + (isLast ? lastHttpChunk : ''))
    if (isLast) clearInterval(timer)
  }, gapMs)
  return timer
}

answerAsServer(() => listenOnLoopback(server), {
  pace: (asked) => {
    gapMs = asked.gapMs
  },
})
