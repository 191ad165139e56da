/**
 * One request over HTTP/1.1, on a connection that nobody else uses. Node's parser is told to be
 * lenient: what a service sends is taped as it is, and not judged.
 *
 * Must never pause the answer itself, only the connection: Node throws away what waits in an answer
 * whose connection breaks.
 */
import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http'
import type { Headers } from '../core/http.ts'
import { watchLeaving } from './upstream-leaving.ts'
import { tapped } from './upstream-tap.ts'
import {
  type Connection,
  type Heard,
  maxHeaderBytes,
  type OutgoingRequest,
  type Transport,
} from './upstream-transport.ts'

export function sendHttp1(connection: Connection, asked: OutgoingRequest, heard: Heard): Transport {
  const { socket } = connection
  const leaving = watchLeaving(socket)
  let answer: IncomingMessage | undefined
  /** The answer was whole by its own account before the connection ended. */
  let wasWhole = false
  let isOver = false
  const note = (): void => {
    wasWhole ||= answer?.complete === true
  }
  // Before Node hears of it, which takes an end of the connection for the end of an answer.
  socket.on('end', note)
  socket.on('error', note)

  const over = (tell: () => void): void => {
    if (isOver) return
    isOver = true
    tell()
  }
  const settle = (error?: Error): void => {
    if (isOver) return
    const { how } = leaving
    if (wasWhole || (answer?.complete && !how)) over(() => heard.onEnd('end'))
    else if (how) how.then((left) => over(() => heard.onEnd(judge(left, answer))))
    else if (answer) over(() => heard.onEnd('close'))
    else over(() => heard.onFailure(error ?? new Error('the connection was closed')))
  }

  const sent = startRequest({
    createConnection: () => tapped(socket),
    method: asked.method,
    path: connection.isAskedInFull ? asked.origin + asked.path : asked.path,
    headers: headerLines(connection, asked),
    insecureHTTPParser: true,
    maxHeaderSize: maxHeaderBytes,
  })
  sent.maxHeadersCount = 0
  sent.on('error', (error) => {
    if (!answer) settle(explain(error))
  })
  sent.on('upgrade', () => {
    const message = 'it switches to another protocol (101), which nobody has asked for'
    over(() => heard.onFailure(new Error(message)))
  })
  sent.on('response', (response) => {
    answer = response
    heard.onHead(response.statusCode ?? 0, pairs(response.rawHeaders))
    response.on('data', (bytes: Uint8Array) => {
      if (!isOver) heard.onChunk(bytes)
    })
    for (const event of ['end', 'error', 'close']) response.on(event, () => settle())
  })
  sent.end(asked.body)
  return {
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    destroy: () => leave(sent, socket, () => over(() => undefined)),
  }
}

function leave(sent: ClientRequest, socket: Connection['socket'], silence: () => void): void {
  silence()
  sent.on('error', () => undefined)
  socket.on('error', () => undefined) // Nothing is left to lose.
  sent.destroy()
  socket.destroy()
}

/** A connection's end is the end of a body that says nothing of its length, and else a break. */
function judge(left: 'close' | 'reset', answer: IncomingMessage | undefined): 'end' | typeof left {
  if (!answer || left === 'reset') return left
  const { 'content-length': length, 'transfer-encoding': coding } = answer.headers
  return length !== undefined || /chunked/i.test(coding ?? '') ? left : 'end'
}

/** Flat, since Node then sends them in this order and these letters, and adds nothing. */
function headerLines(connection: Connection, asked: OutgoingRequest): string[] {
  const { method, body, headers } = asked
  const isCounted = body.length > 0 || !/^(?:GET|HEAD|DELETE|OPTIONS|TRACE)$/.test(method)
  return [
    ...['host', asked.origin.slice(asked.origin.indexOf('//') + 2)],
    ...['connection', 'keep-alive'],
    ...connection.proxyHeaders.flat(),
    ...headers.flat(),
    ...(isCounted ? ['content-length', String(body.length)] : []),
  ]
}

function pairs(raw: readonly string[]): Headers {
  const headers: [string, string][] = []
  for (let i = 0; i + 1 < raw.length; i += 2) headers.push([raw[i] ?? '', raw[i + 1] ?? ''])
  return headers
}

/** A service without TLS that begins with a SETTINGS frame wants HTTP/2. */
function explain(error: Error): Error {
  const packet = 'rawPacket' in error ? error.rawPacket : undefined
  if (!(packet instanceof Uint8Array) || packet[0] !== 0 || packet[3] !== 4) return error
  return new Error('it speaks HTTP/2 without TLS; write its URL as h2c://', { cause: error })
}
