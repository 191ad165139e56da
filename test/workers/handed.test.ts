/** Connections on their way to a worker: what becomes of them when it dies. */
import { EventEmitter } from 'node:events'
import { expect, it } from 'vitest'
import { Handed } from '../../src/workers/handed.ts'

/** A process as Node's cluster uses it, whose other side we are. */
class Process extends EventEmitter {
  readonly sent: unknown[] = []

  send(...given: unknown[]): boolean {
    this.sent.push(given)
    return true
  }
}

class Connection {
  isOpen = true

  close(): void {
    this.isOpen = false
  }
}

const handing = (seq: number) => ({ cmd: 'NODE_CLUSTER', act: 'newconn', key: 'k', seq })

it('connections that a dead worker had not confirmed are closed, and no others', () => {
  const child = new Process()
  const handed = new Handed(child)
  const [taken, refused, waiting, other] = [1, 2, 3, 4].map(() => new Connection())
  child.send(handing(1), taken)
  child.send(handing(2), refused)
  child.send(handing(3), waiting)
  child.send({ act: 'something else', seq: 4 }, other)
  child.send('a word')
  child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 1, accepted: true })
  child.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack: 2, accepted: false })
  handed.closeAll()
  const open = [taken, refused, waiting, other].map((one) => one?.isOpen)
  expect(open).toEqual([true, true, false, true])
  expect(child.sent).toHaveLength(5)
})
