/** A floor: node:http with a write a frame, which is what a mock written in an hour does. */
import { createServer } from 'node:http'
import { answerAsServer, listenOnLoopback, settings } from '../answering.mjs'
import { frames, inBursts } from '../reply.mjs'
import { lags, pace } from './pacer.mjs'

const { gapMs = 0 } = settings

/** Which frames leave together, as lists. */
const bursts = inBursts(frames).map((burst) => burst.split(/(?<=\n\n)/))

const server = createServer((request, response) => {
  let body = ''
  request.on('data', (data) => {
    body += data
  })
  request.on('end', () => {
    JSON.parse(body)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    if (gapMs === 0) {
      for (const frame of frames) response.write(frame)
      response.end()
    } else pace(gapMs, bursts.length, (index) => writeBurst(response, index))
  })
})

function writeBurst(response, index) {
  for (const frame of bursts[index]) response.write(frame)
  if (index === bursts.length - 1) response.end()
  return !response.destroyed
}

answerAsServer(() => listenOnLoopback(server), {
  lag: () => lags.take(),
})
