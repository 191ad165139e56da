/**
 * How much this process takes on at once: connections, streams, memory. What is past that is refused
 * and told so, for a process that takes everything ends by losing everything. Knows no sockets; must
 * never hold up what is under way.
 */
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { Clock } from '../../core/clock.ts'
import { StuntdoubleError } from '../../core/errors.ts'
import type { Log } from '../log.ts'

export interface CapacitySettings {
  readonly maxConnections: number
  /** Requests that are being read, kept waiting or answered, over HTTP/1.1 and HTTP/2 alike. */
  readonly maxStreams: number
  readonly heap?: () => HeapRoom
}

/** Of the memory for objects that last, in bytes. */
export interface HeapRoom {
  readonly used: number
  readonly limit: number
}

export type Shortage = 'connections' | 'streams' | 'memory'

/** Beside what a process needs for itself: its log, its scenarios, its watching of files. */
const leastRoom = 64

/** Where nobody knows how many files may be open. */
const usualConnections = 10_000

/** Streams on one HTTP/2 connection cost no file; so many fill a heap of usual size at worst. */
const usualStreams = 50_000

export interface Surroundings {
  /** How many files may be open; undefined where nobody knows. */
  readonly fileLimit: number | undefined
  /** How many files one stream may need: its connection, an upstream's, a recording, a tape. */
  readonly filesEach: number
}

/** What is left for connections and all that comes with them. */
const filesFor = (fileLimit: number): number =>
  fileLimit - Math.max(leastRoom, Math.ceil(fileLimit / 10))

export function usualCapacity({ fileLimit, filesEach }: Surroundings): CapacitySettings {
  const maxConnections =
    fileLimit === undefined
      ? usualConnections
      : Math.max(1, Math.floor(filesFor(fileLimit) / filesEach))
  return { maxConnections, maxStreams: filesEach === 1 ? usualStreams : maxConnections }
}

/** What somebody should know who asks for more connections than files may be open. */
export function capacityWarning(
  { maxConnections }: CapacitySettings,
  around: Surroundings,
): string | undefined {
  const { fileLimit } = around
  const most = usualCapacity(around).maxConnections
  if (fileLimit === undefined || maxConnections <= most) return undefined
  const files = `this process may open ${fileLimit} files, enough for ${most} connections`
  return `--max-connections ${maxConnections} is too many: ${files}; raise \`ulimit -n\` first`
}

/** What is kept free of a heap: this part of it, and room for what comes between two looks. */
const freePart = 0.1
const leastFree = 16 * 1024 * 1024

/** How often the heap is looked at: to look costs some microseconds, and garbage comes and goes. */
const lookMs = 50

/**
 * Where the heap is full of garbage nobody would know: it is cleared away when something asks for
 * room. So one stream is let in all the same, now and then, as long as half of what is kept is free:
 * beyond that V8 has cleared away what it could.
 */
const trialMs = 1000
const trialPart = 0.5

/** What is said of a shortage is said again after so long, if it lasts. */
const sayMs = 60_000

interface Around {
  readonly clock: Clock
  readonly log: Log
  /** One of several processes, among which the limits were divided. */
  readonly isWorker?: boolean
  /** Told of every refusal. */
  readonly onRefused: (shortage: Shortage) => void
}

export class Capacity {
  readonly settings: CapacitySettings
  connections = 0
  streams = 0
  /** Connections past the limit that may ask the control API, and nothing else. */
  readonly spare = new Set<object>()
  readonly #clock: Clock
  readonly #log: Log
  readonly #onRefused: (shortage: Shortage) => void
  /** Whose connections and streams are counted. */
  readonly #whose: string
  readonly #heap: () => HeapRoom
  /** Of what is kept free of the heap, the part that is. */
  #freeOfKept = 1
  #lookedMs = Number.NEGATIVE_INFINITY
  #triedMs = Number.NEGATIVE_INFINITY
  readonly #saidMs = new Map<string, number>()

  constructor(settings: CapacitySettings, { clock, log, isWorker, onRefused }: Around) {
    this.settings = settings
    this.#clock = clock
    this.#log = log
    this.#onRefused = onRefused
    this.#whose = isWorker ? ' in this worker' : ''
    this.#heap = settings.heap ?? heapRoom
  }

  /** What the next one would be refused for. */
  get full(): Shortage | undefined {
    const { maxConnections, maxStreams } = this.settings
    if (this.connections >= maxConnections) return 'connections'
    if (this.streams >= maxStreams) return 'streams'
    return this.#lacksMemory() ? 'memory' : undefined
  }

  /** For those who look after it; a limit that is none is left out. */
  get told() {
    const { maxConnections, maxStreams } = this.settings
    return {
      connections: this.connections,
      ...(Number.isFinite(maxConnections) ? { maxConnections } : {}),
      ...(Number.isFinite(maxStreams) ? { maxStreams } : {}),
    }
  }

  /** Takes a place for a connection; false where there is none. */
  connect(): boolean {
    if (this.connections >= this.settings.maxConnections) return false
    this.connections += 1
    return true
  }

  disconnect(): void {
    this.connections -= 1
  }

  /** A connection that the system could not hand over: its client saw it closed. */
  lost(error: Error): void {
    this.#say('lost', { error: error.message }, `a connection could not be taken: ${error.message}`)
  }

  /** Takes a place for a stream, to be given back by `leave`; or says what is lacking. */
  enter(): Shortage | undefined {
    if (this.streams >= this.settings.maxStreams) return 'streams'
    if (this.#lacksMemory() && !this.#isTrial()) return 'memory'
    this.streams += 1
    return undefined
  }

  /** One that has its place goes on after it has left, as a tape does whose client is gone. */
  goOn(): void {
    this.streams += 1
  }

  leave(): void {
    this.streams -= 1
  }

  /** Counts it, and says so now and then; the error is for the client. */
  refuse(shortage: Shortage): StuntdoubleError {
    this.#onRefused(shortage)
    const error = this.#errorOf(shortage)
    this.#say(shortage, {}, `full: ${error.message}`)
    return error
  }

  /** Once and not for each, or the log would be what fills the disk. */
  #say(about: string, fields: object, message: string): void {
    const nowMs = this.#clock.now()
    const saidMs = this.#saidMs.get(about) ?? Number.NEGATIVE_INFINITY
    if (nowMs - saidMs < sayMs) return
    this.#saidMs.set(about, nowMs)
    this.#log.warn(fields, message)
  }

  #errorOf(shortage: Shortage): StuntdoubleError {
    const { maxConnections, maxStreams } = this.settings
    switch (shortage) {
      case 'connections':
        return new StuntdoubleError(
          'too-many-connections',
          `${maxConnections} connections are open${this.#whose} and no more are taken; --max-connections raises that, as far as \`ulimit -n\` allows`,
        )
      case 'streams':
        return new StuntdoubleError(
          'too-many-streams',
          `${maxStreams} streams are open${this.#whose} and no more are taken; --max-streams raises that`,
        )
      case 'memory':
        return new StuntdoubleError(
          'too-little-memory',
          'the memory for JavaScript is nearly full, and no more streams are taken; NODE_OPTIONS=--max-old-space-size=MEGABYTES raises that',
        )
    }
  }

  #lacksMemory(): boolean {
    const nowMs = this.#clock.now()
    if (nowMs - this.#lookedMs >= lookMs) {
      this.#lookedMs = nowMs
      const { used, limit } = this.#heap()
      this.#freeOfKept = (limit - used) / Math.max(limit * freePart, leastFree)
    }
    return this.#freeOfKept < 1
  }

  #isTrial(): boolean {
    const nowMs = this.#clock.now()
    if (this.#freeOfKept < trialPart || nowMs - this.#triedMs < trialMs) return false
    this.#triedMs = nowMs
    return true
  }
}

/**
 * V8 counts its young objects into its limit, three times 16 MiB of them and from version 13 on (Node 24)
 * 64; the old ones cannot have that.
 */
const youngBytes = 3 * (Number.parseInt(process.versions.v8, 10) < 13 ? 16 : 64) * 1024 * 1024

/** What old objects may have, where somebody has said so. */
const askedBytes = ((): number | undefined => {
  const options = [process.env['NODE_OPTIONS'] ?? '', ...process.execArgv].join(' ')
  const asked = [...options.matchAll(/--max[-_]old[-_]space[-_]size=(\d+)/g)].at(-1)?.[1]
  return asked === undefined ? undefined : Number(asked) * 1024 * 1024
})()

/** Pages that hold so much of what they could are not emptied for what is new. */
const scattered = 0.92

/** V8 gives up when it may have no more pages; what is left in those it has is in small pieces. */
function heapRoom(): HeapRoom {
  const { heap_size_limit: limit } = getHeapStatistics()
  let [used, pages] = [0, 0]
  for (const space of getHeapSpaceStatistics()) {
    if (space.space_name.startsWith('new_')) continue
    used += space.space_used_size
    pages += space.space_size
  }
  return { used: Math.max(used, pages * scattered), limit: askedBytes ?? limit - youngBytes }
}
