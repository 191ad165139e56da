/**
 * What HTTP/1.1 and HTTP/2 do differently about one exchange. The one place that asks a request
 * which of them it came by.
 */
import { Http2ServerRequest, type ServerHttp2Stream } from 'node:http2'
import type { Context } from 'koa'
import type { Sink } from '../../core/sink.ts'
import type { Wire } from '../../faults/wire.ts'
import { Http2Sink } from './http2-sink.ts'
import { type SinkOptions, SocketSink } from './sink.ts'

/** Undefined where the request came by HTTP/1.1. */
export function http2StreamOf({ req }: Context): ServerHttp2Stream | undefined {
  // HTTP/2 is not even loaded before the first connection that speaks it.
  if (req.httpVersionMajor < 2) return undefined
  const request: unknown = req
  return request instanceof Http2ServerRequest ? request.stream : undefined
}

/** What faults must know of it. */
export function wireOf(ctx: Context): Wire {
  const { method } = ctx
  if (http2StreamOf(ctx)) return { protocol: 'HTTP/2', method }
  return { protocol: ctx.req.httpVersion === '1.0' ? 'HTTP/1.0' : 'HTTP/1.1', method }
}

/** Takes the reply out of Koa's hands, which end every reply cleanly. Nothing else may do so. */
export function openSink(ctx: Context, options: SinkOptions): Sink & Replied {
  ctx.respond = false
  const stream = http2StreamOf(ctx)
  return stream ? new Http2Sink(stream, ctx.method, options) : new SocketSink(ctx, options)
}

interface Replied {
  /** Of the head that was sent, if any. */
  readonly status: number | undefined
}

/** Breaks the exchange off: its connection, or its stream where others share the connection. */
export function breakOff(ctx: Context): void {
  const stream = http2StreamOf(ctx)
  if (stream) stream.destroy(new Error('broken off'))
  else ctx.req.socket.destroy()
}

/**
 * Before the answer to a request whose body is not read to its end. What is left of it would be
 * taken for the next request, and over HTTP/2 be sent for nothing (RFC 9113, section 8.1).
 */
export function refuseRest(ctx: Context): void {
  if (ctx.req.complete) return
  const stream = http2StreamOf(ctx)
  if (stream) stream.once('finish', () => stream.close())
  else ctx.set('connection', 'close')
}

/** The name and port that the client called. */
export const hostOf = (ctx: Context): string => ctx.get('host') || ctx.get(':authority')

/** Calls `run` when the client leaves before it is answered; what it gives stops that. */
export function whenLeft({ res }: Context, run: () => void): () => void {
  res.on('close', run)
  return () => res.off('close', run)
}
