/** A floor: what Koa itself costs, with a reply that is ready as one buffer. */
import { createServer } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import { answerAsServer, listenOnLoopback } from '../answering.mjs'
import { frames, path } from '../reply.mjs'

const reply = Buffer.from(frames.join(''))

const router = new Router()
/** By events, as the packages do it that are used for this: to iterate costs a quarter more. */
const bodyOf = (request) =>
  new Promise((resolve) => {
    let body = ''
    request.on('data', (data) => {
      body += data
    })
    request.on('end', () => resolve(body))
  })

router.post(path, async (ctx) => {
  JSON.parse(await bodyOf(ctx.req))
  ctx.type = 'text/event-stream'
  ctx.body = reply
})

answerAsServer(() => listenOnLoopback(createServer(new Koa().use(router.routes()).callback())))
