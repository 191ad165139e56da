/** The load client against servers that answer as they should, and against those that do not. */
import { createServer, type Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
// @ts-expect-error: a script without types
import { Reader as UntypedReader, everyPromptNew as untypedNew } from './reader.mjs'
// @ts-expect-error: a script without types
import { head, lastHttpChunk, httpChunks as untypedChunks } from './reply.mjs'

interface OneReader {
  open(port: number): Promise<void>
  ask(onReply: (problem: string | undefined) => void): void
  close(): void
}

const Reader: new (options?: object) => OneReader = UntypedReader
const everyPromptNew: object = untypedNew
const httpChunks: readonly string[] = untypedChunks

const whole = head + httpChunks.join('') + lastHttpChunk

let stop = (): void => {}
afterEach(() => stop())

/** Answers every request with these bytes, in pieces if told so; gives what was asked. */
async function serve(reply: string, pieceBytes = reply.length) {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('data', (data) => {
      asked.push(`${data}`)
      for (let at = 0; at < reply.length; at += pieceBytes) {
        socket.write(reply.slice(at, at + pieceBytes))
      }
      if (reply === '') socket.destroy()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stop = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return { asked, port }
}

const asking = (reader: OneReader): Promise<string | undefined> =>
  new Promise((resolve) => reader.ask(resolve))

async function read(reply: string, pieceBytes?: number): Promise<string | undefined> {
  const { port } = await serve(reply, pieceBytes)
  const reader = new Reader()
  await reader.open(port)
  const problem = await asking(reader)
  reader.close()
  return problem
}

/** How many of so many requests differ from each other. */
async function different(requests: number, options?: object): Promise<number> {
  const { asked, port } = await serve(whole)
  const reader = new Reader(options)
  await reader.open(port)
  for (let n = 0; n < requests; n += 1) expect(await asking(reader)).toBeUndefined()
  reader.close()
  expect(asked).toHaveLength(requests)
  return new Set(asked).size
}

describe('a reader', () => {
  it('asks fifty prompts, and then the same again', async () => {
    expect(await different(120)).toBe(50)
  })

  it('asks nothing twice where every prompt is to be new', async () => {
    expect(await different(120, { expected: everyPromptNew })).toBe(120)
  })

  it.each([1, 2, 7, 1000])('takes the right reply, in pieces of %i bytes', async (bytes) => {
    expect(await read(whole, bytes)).toBeUndefined()
  })

  const oneMore = httpChunks[1] ?? ''
  const longer = oneMore.replace(/\r\n$/, 'x\r\n')
  it.each([
    ['another status', whole.replace('200', '500'), 'status 500'],
    ['a frame too few', whole.replace(oneMore, ''), '66 frames instead of 67'],
    ['a frame too many', whole.replace(oneMore, oneMore + oneMore), 'no terminator'],
    ['bytes behind the end', `${whole}x`, 'bytes behind the end'],
    ['no terminator', whole.replace('[DONE]', '[DINE]'), 'no terminator'],
    ['a longer chunk', whole.replace(oneMore, longer), 'a chunk that is longer than it says'],
    ['no chunk header', whole.replace(oneMore, `size ${oneMore}`), 'a chunk header that is none'],
    ['a connection that closes', '', 'the connection was closed'],
  ])('refuses %s', async (_, reply, problem) => {
    expect(await read(reply)).toBe(problem)
  })
})
