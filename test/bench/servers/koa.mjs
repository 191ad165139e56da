/** A floor: what Koa itself costs, with a reply that is ready as one buffer. */
import { createServer } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import { answerAsServer, listenOnLoopback } from '../answering.mjs'
import { frames, path } from '../reply.mjs'

const reply = Buffer.from(frames.join(''))

const router = new Router()
router.post(path, async (ctx) => {
  let body = ''
  for await (const data of ctx.req) body += data
  JSON.parse(body)
  ctx.type = 'text/event-stream'
  ctx.body = reply
})

answerAsServer(() => listenOnLoopback(createServer(new Koa().use(router.routes()).callback())))
