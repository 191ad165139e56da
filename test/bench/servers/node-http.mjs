/** A floor: node:http with a write a frame, which is what a mock written in an hour does. */
import { createServer } from 'node:http'
import { answerAsServer, listenOnLoopback } from '../answering.mjs'
import { frames } from '../reply.mjs'

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (data) => {
    body += data
  })
  request.on('end', () => {
    JSON.parse(body)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const frame of frames) response.write(frame)
    response.end()
  })
})

answerAsServer(() => listenOnLoopback(server))
