/**
 * A floor: the least that a paced stream can cost behind Koa. The route writes prebuilt HTTP chunks
 * by itself, and one timer serves all streams.
 */
import { createServer } from 'node:http'
import Router from '@koa/router'
import Koa from 'koa'
import { answerAsServer, listenOnLoopback, settings } from '../answering.mjs'
import { httpChunks, inBursts, lastHttpChunk, path } from '../reply.mjs'
import { lags, pace } from './pacer.mjs'

const { gapMs } = settings

const bursts = inBursts(httpChunks).map((burst, index, all) =>
  Buffer.from(burst + (index === all.length - 1 ? lastHttpChunk : '')),
)

const router = new Router()
router.post(path, async (ctx) => {
  let body = ''
  for await (const data of ctx.req) body += data
  JSON.parse(body)
  ctx.respond = false
  const { res } = ctx
  res.writeHead(200, { 'content-type': 'text/event-stream', 'transfer-encoding': 'chunked' })
  res.chunkedEncoding = false
  pace(gapMs, bursts.length, (index) => {
    if (index < bursts.length - 1) res.write(bursts[index])
    else res.end(bursts[index])
    return !res.destroyed
  })
})

answerAsServer(() => listenOnLoopback(createServer(new Koa().use(router.routes()).callback())), {
  lag: () => lags.take(),
})
