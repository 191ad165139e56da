/** A floor for replaying: bytes piped from a file, which knows nothing of chunks and times. */
import { createReadStream } from 'node:fs'
import { createServer } from 'node:http'
import { answerAsServer, listenOnLoopback, settings } from '../answering.mjs'

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  createReadStream(settings.file).pipe(response)
})

answerAsServer(() => listenOnLoopback(server))
