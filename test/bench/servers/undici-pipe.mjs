/** A floor for the taping proxy: a route that only pipes, with the same client for HTTP. */
import { createServer } from 'node:http'
import { Pool } from 'undici'
import { answerAsServer, listenOnLoopback, settings } from '../answering.mjs'

const pool = new Pool(settings.upstream)

const server = createServer((request, response) => {
  const { method, url: path } = request
  const headers = { 'content-type': request.headers['content-type'] }
  const asked = { method, path, headers, body: request, opaque: response }
  pool.stream(asked, begin, (error) => {
    if (error) response.destroy()
  })
})

function begin({ statusCode, headers, opaque: response }) {
  response.writeHead(statusCode, { 'content-type': headers['content-type'] })
  return response
}

answerAsServer(() => listenOnLoopback(server))
