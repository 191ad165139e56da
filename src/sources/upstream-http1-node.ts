/**
 * One request over HTTP/1.1 by Node's client, on a connection that nobody else uses: for what is not
 * plain. Its parser is told to be lenient: what a service sends is taped as it is, and not judged.
 *
 * Must never pause the answer itself, only the connection: Node throws away what waits in an answer
 * whose connection breaks.
 */
import { type ClientRequest, type IncomingMessage, request as startRequest } from 'node:http'
import type { Headers } from '../core/http.ts'
import { type Leaving, watchLeaving } from './upstream-leaving.ts'
import { headerLines, targetOf } from './upstream-request.ts'
import type { Rest } from './upstream-response.ts'
import { tapped } from './upstream-tap.ts'
import {
  type Broken,
  type Connection,
  type Heard,
  maxHeaderBytes,
  type OutgoingRequest,
  type Transport,
} from './upstream-transport.ts'

/** An answer to a request that has been sent already, so far as it has been read. */
export interface Begun extends Rest {
  readonly leaving: Leaving
}

/** @param begun where the request has been sent, and some of its answer may have been told */
export function sendByNode(
  { connection, asked }: { readonly connection: Connection; readonly asked: OutgoingRequest },
  heard: Heard,
  begun?: Begun,
): Transport {
  const { socket } = connection
  const leaving = begun?.leaving ?? watchLeaving(socket)
  let answer: IncomingMessage | undefined
  /** The answer was whole by its own account before the connection ended. */
  let wasWhole = false
  let isOver = false
  let ownBytes = begun?.ownBytes ?? 0
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
    createConnection: () => tapped(connection, begun && { isSent: true, received: begun.bytes }),
    method: asked.method,
    path: targetOf(connection, asked),
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
    const coding = foreignCoding(response)
    if (coding !== undefined) {
      const message = `its transfer-encoding is ${coding}, which nobody has asked for`
      over(() => heard.onFailure(new Error(message)))
      return
    }
    answer = response
    if (!begun?.hasHead) heard.onHead(response.statusCode ?? 0, pairs(response.rawHeaders))
    response.on('data', (received: Uint8Array) => {
      const bytes = received.subarray(ownBytes)
      ownBytes -= received.length - bytes.length
      if (isOver || bytes.length === 0) return
      heard.onChunk(bytes)
      // What else has arrived in this turn is told before that.
      queueMicrotask(() => heard.onPause())
    })
    for (const event of ['end', 'error', 'close']) response.on(event, () => settle())
    heard.onPause()
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
function judge(left: Broken, answer: IncomingMessage | undefined): 'end' | Broken {
  if (!answer || left === 'reset') return left
  const { 'content-length': length, 'transfer-encoding': coding } = answer.headers
  return length !== undefined || /chunked/i.test(coding ?? '') ? left : 'end'
}

/**
 * A coding of the transfer is for the next hop to take away, which would be us; a client that did not
 * ask for it could not, nor could anybody see what is on the tape.
 */
function foreignCoding({ headers }: IncomingMessage): string | undefined {
  const codings = headers['transfer-encoding']?.split(',').map((coding) => coding.trim()) ?? []
  return codings.find((coding) => !/^(?:chunked|identity|)$/i.test(coding))
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
