/** All HTTP/1.1 connections of a listener that Node's server does not read. */
import type { Socket } from 'node:net'
import type { Clock } from '../../core/clock.ts'
import { Slots } from '../../core/slots.ts'
import type { Connections } from './connections.ts'
import { DirectConnection, type DirectHost } from './direct.ts'
import { HttpDate } from './direct-head.ts'
import type { Line } from './line.ts'

export interface DirectServing {
  readonly clock: Clock
  readonly connections: Connections
  /** A longer body is refused. */
  readonly maxBodyBytes: number
  serve(line: Line): void
}

interface Given extends DirectServing, Pick<DirectHost, 'toNode' | 'refuse'> {
  readonly idleMs: number
}

/** A longer body is no longer cheap, whoever reads it. */
const plainBodyBytes = 128 * 1024

export class DirectConnections implements DirectHost {
  readonly date: HttpDate
  readonly keptMs: number
  readonly mostBodyBytes: number
  isRetired = false
  readonly #given: Given
  readonly #open = new Slots<DirectConnection>()

  constructor(given: Given) {
    this.#given = given
    this.date = new HttpDate(given.clock)
    this.keptMs = given.idleMs
    this.mostBodyBytes = Math.min(given.maxBodyBytes, plainBodyBytes)
  }

  /** With the first bytes that came. */
  take(socket: Socket, received: Buffer): void {
    const numbered = this.#given.connections.of(socket)
    const connection = new DirectConnection(socket, numbered, this)
    connection.slot = this.#open.put(connection)
    connection.receive(received)
  }

  serve(line: Line): void {
    this.#given.serve(line)
  }

  toNode(socket: Socket, received: Buffer): void {
    this.#given.toNode(socket, received)
  }

  refuse(socket: Socket, receivedBytes: number): void {
    this.#given.refuse(socket, receivedBytes)
  }

  /** It is closed, or another's. */
  forget({ slot }: DirectConnection): void {
    if (slot !== undefined) this.#open.clear(slot)
  }

  /** Nothing more is asked on any of them but what is being sent already. */
  retire(): void {
    this.isRetired = true
    for (const connection of [...this.#open]) if (connection.isSilent) connection.socket.destroy()
  }

  closeIdle(): void {
    for (const connection of [...this.#open]) if (connection.isIdle) connection.socket.destroy()
  }

  closeAll(): void {
    for (const connection of [...this.#open]) connection.socket.destroy()
  }
}
