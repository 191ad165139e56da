/**
 * Says bytes on a bare socket just as they are given, in as many pieces, and hears all that comes until
 * the server ends the connection.
 */
import { connect, type Socket } from 'node:net'

export interface Said {
  /** Each is written by itself, a character a byte. */
  readonly pieces: readonly string[]
  /** Said when the first of an answer comes; without it, the client ends its side after the pieces. */
  readonly last?: string
}

export function talk(port: number, { pieces, last }: Said): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
    let heard = ''
    socket.setNoDelay(true)
    socket.once('connect', () => {
      say(socket, pieces).then(() => last === undefined && socket.end())
    })
    socket.on('data', (bytes: Buffer) => {
      if (heard === '' && last !== undefined) socket.write(last, 'latin1')
      heard += bytes.toString('latin1')
    })
    // Who is still talking when the server leaves hears of a reset in place of an end.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error)
    })
    socket.on('end', () => socket.destroy())
    socket.on('close', () => resolve(heard))
  })
}

/** One piece after the other, so that the server may read each by itself. */
async function say(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    if (socket.destroyed) return
    await new Promise((resolve) => socket.write(piece, 'latin1', resolve))
  }
}

/** All that two answers may differ in. */
export const undated = (heard: string): string => heard.replace(/\r\nDate: [^\r]*/g, '')
