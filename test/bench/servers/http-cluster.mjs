/**
 * A floor: what a second process costs where next to nothing is done and nothing is shared, as
 * node:http with a reply that is ready as one buffer, in processes of node:cluster.
 */
import cluster from 'node:cluster'
import { once } from 'node:events'
import { createServer } from 'node:http'
import process from 'node:process'
import { answerAsServer, listenOnLoopback, settings } from '../answering.mjs'
import { frames } from '../reply.mjs'

const reply = Buffer.from(frames.join(''))

const serve = () =>
  listenOnLoopback(
    createServer((request, response) => {
      let body = ''
      request.on('data', (data) => {
        body += data
      })
      request.on('end', () => {
        JSON.parse(body)
        response.writeHead(200, { 'content-type': 'text/event-stream' })
        response.end(reply)
      })
    }),
  )

async function listen() {
  if (settings.count === 1) return serve()
  const workers = Array.from({ length: settings.count }, () => cluster.fork())
  const ports = await Promise.all(workers.map((worker) => once(worker, 'message')))
  return ports[0][0]
}

if (cluster.isPrimary) answerAsServer(listen)
else process.send(await serve())
