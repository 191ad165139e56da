/**
 * Memory for bytes that are on their way to the kernel: nearly always it takes all at once, so that
 * the same memory serves the next write. A new buffer for each reply of 13 kB made its copying and its
 * sending wait for memory that no cache held: 60 µs of 150.
 */
import type { Socket } from 'node:net'

const scratchBytes = 64 * 1024

let scratch = Buffer.allocUnsafeSlow(scratchBytes)

/** To be filled, written to a socket, and then given back; before the next is asked for. */
export const scratchOf = (length: number): Buffer =>
  length <= scratchBytes ? scratch.subarray(0, length) : Buffer.allocUnsafeSlow(length)

/** What the socket has not handed over yet, it goes on reading. */
export function giveBack(socket: Socket): void {
  if (socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(scratchBytes)
}
