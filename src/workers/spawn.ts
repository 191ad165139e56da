/**
 * The processes: the one place that starts workers, and the one in which a worker finds its way back
 * to who started it. Must never know what is said between them.
 *
 * Connections are dealt out by turns (`SCHED_RR`): of 32 that came at once, neither of two workers got
 * more than 18 in twelve tries. Where workers took them from the kernel themselves, one got all 32
 * in three of twelve. It costs 125 µs of CPU for each new connection, all processes together, and
 * nothing after that.
 */
import cluster, { type Worker } from 'node:cluster'
import { Socket } from 'node:net'
import { availableParallelism } from 'node:os'
import process from 'node:process'
import { Duplex } from 'node:stream'
import { Handed } from './handed.ts'
import type { Message, Wire } from './line.ts'

/** What a worker is told before it says its first word. */
export interface Place {
  /** From 1. */
  readonly number: number
  /** How many there are. */
  readonly of: number
}

/** A worker as a process. */
export interface Spawned {
  readonly pid: number
  readonly wire: Wire
  /** A second way to it, for bytes; the worker's end is `pipeOfWorker`. */
  readonly pipe: Duplex
  /** Resolves when the process is over, however that came. */
  readonly over: Promise<Ended>
  /** It is over now, whatever it does. */
  kill(): void
}

export interface Ended {
  readonly code: number | null
  readonly signal: string | null
}

const variable = 'STUNTDOUBLE_WORKER'

export const coreCount = (): number => availableParallelism()

/** Another process of this same command line. */
export function spawnWorker(place: Place): Spawned {
  cluster.schedulingPolicy = cluster.SCHED_RR
  // JSON costs 27 µs a message there and back, the structured form 47.
  cluster.setupPrimary({
    serialization: 'json',
    stdio: ['inherit', 'inherit', 'inherit', 'ipc', 'pipe'],
  })
  const worker = cluster.fork({ [variable]: `${place.number}/${place.of}` })
  const child = worker.process
  const handed = new Handed(child)
  return {
    pid: child.pid ?? 0,
    wire: wireOf(worker, child),
    pipe: pipeTo(child),
    over: new Promise((resolve) => {
      worker.once('exit', (code: number | null, signal: string | null) => {
        handed.closeAll()
        resolve({ code, signal })
      })
      // It did not start at all.
      child.once('error', () => {
        if (child.pid === undefined) resolve({ code: null, signal: null })
      })
    }),
    kill: () => child.kill('SIGKILL'),
  }
}

/** Undefined in a process that no other started as its worker. */
export function placeOfWorker(): Place | undefined {
  const [number, of] = (cluster.isWorker ? (process.env[variable] ?? '') : '').split('/')
  return of === undefined ? undefined : { number: Number(number), of: Number(of) }
}

/**
 * The wire of a worker to who started it. From here on signals are that one's business: a terminal
 * sends them to all processes, and a worker that followed its own would leave before it is told to.
 */
export function wireOfWorker(): Wire {
  const { worker } = cluster
  if (!worker) throw new Error('this process is nobody’s worker')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined)
  return wireOf(worker, process)
}

/** Where it stands among what a worker is given to begin with. */
const pipeNumber = 4

export const pipeOfWorker = (): Duplex =>
  new Socket({ fd: pipeNumber, readable: true, writable: true })

/** To a process that did not start there is none, and nothing that is said to it arrives. */
function pipeTo(child: Worker['process']): Duplex {
  const pipe = child.stdio?.[pipeNumber]
  if (pipe instanceof Duplex) return pipe
  return new Duplex({ read: () => undefined, write: (_data, _coding, done) => done() })
}

/** Where the one that started them is gone, Node ends its workers by itself. */
function wireOf(worker: Worker, end: NodeJS.EventEmitter): Wire {
  return {
    send(batch, sent) {
      if (!worker.isConnected()) {
        sent()
        return
      }
      try {
        worker.process.send?.(batch, undefined, undefined, () => sent())
      } catch {
        // It broke in this very moment: 'disconnect' tells it.
        sent()
      }
    },
    listen(hear, gone) {
      end.on('message', (batch: unknown) => {
        if (isBatch(batch)) hear(batch)
      })
      end.once('disconnect', gone)
      // Of a pipe that breaks while something is sent; the callback has been told, too.
      if (end !== process) end.on('error', () => undefined)
    },
  }
}

const isBatch = (given: unknown): given is readonly Message[] => Array.isArray(given)

export const ownPid = (): number => process.pid

/** Nothing that still runs may keep it alive. */
export const leave = (code: number): never => process.exit(code)
