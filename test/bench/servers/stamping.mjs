/**
 * A live service for the taping proxy to stand before: every chunk says when it was written, on the
 * monotonic clock that all processes of a machine share.
 */
import { createServer } from 'node:http'
import process from 'node:process'
import { answerAsServer, listenOnLoopback, settings } from '../answering.mjs'
import { doneFrame, framesPerReply } from '../reply.mjs'

const { gapMs } = settings

const server = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    let sent = 0
    const timer = setInterval(() => {
      sent += 1
      if (sent < framesPerReply) {
        response.write(`data: {"stamp":"${process.hrtime.bigint()}"}\n\n`)
        return
      }
      clearInterval(timer)
      response.end(doneFrame)
    }, gapMs)
    response.on('close', () => clearInterval(timer))
  })
})

answerAsServer(() => listenOnLoopback(server))
