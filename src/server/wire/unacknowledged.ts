/**
 * What the kernel has sent, or is about to, and the other side's has not acknowledged. Linux tells
 * it in `/proc/net/tcp`; elsewhere nobody does without native code. Read only when somebody asks.
 */
import { readFile } from 'node:fs/promises'
import type { Socket } from 'node:net'

const tables = ['/proc/net/tcp', '/proc/net/tcp6']

/** Undefined where the system does not tell, or the connection is gone. */
export async function unacknowledgedBytes(socket: Socket | undefined): Promise<number | undefined> {
  const { localPort, remotePort } = socket ?? {}
  if (localPort === undefined || remotePort === undefined) return undefined
  const found: number[] = []
  for (const table of tables) {
    const text = await readFile(table, 'latin1').catch(() => '')
    found.push(...queued(text, portOf(localPort), portOf(remotePort)))
  }
  // Two clients on different machines may have one port: then nobody can say which is meant.
  return found.length === 1 ? found[0] : undefined
}

/** Columns: number, local address, remote address, state, tx_queue:rx_queue, and more. */
function queued(text: string, local: string, remote: string): number[] {
  return text.split('\n').flatMap((line) => {
    const [, from = '', to = '', , queues = ''] = line.trim().split(/\s+/)
    if (!from.endsWith(local) || !to.endsWith(remote)) return []
    return [Number.parseInt(queues.split(':')[0] ?? '', 16)]
  })
}

const portOf = (port: number): string => `:${port.toString(16).toUpperCase().padStart(4, '0')}`
