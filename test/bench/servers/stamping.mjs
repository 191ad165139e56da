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
  let stop = () => {}
  socket.on('error', () => {})
  socket.on('close', () => stop())
  socket.on('data', (data) => {
    request += data.latin1Slice(0, data.length)
    if (!isWhole(request)) return
    request = ''
    if (gapMs === 0) socket.write(wholeReply)
    else stop = tell(socket)
  })
})

/** Each from its own beginning: Node's intervals of one length fall into step, and streams do not. */
function tell(socket) {
  const startedMs = performance.now()
  let sent = 0
  let timer
  const wait = () => {
    timer = setTimeout(next, startedMs + (sent + 1) * gapMs - performance.now())
  }
  const next = () => {
    sent += 1
    const isLast = sent === framesPerReply
    const frame = isLast ? doneFrame : `data: {"stamp":"${process.hrtime.bigint()}"}\n\n`
    socket.write(httpChunk(frame) + (isLast ? lastHttpChunk : ''))
    if (!isLast) wait()
  }
  socket.write(head)
  wait()
  return () => clearTimeout(timer)
}

answerAsServer(() => listenOnLoopback(server), {
  pace: (asked) => {
    gapMs = asked.gapMs
  },
})
