/** The load: a process of its own, so that reading does not slow down whoever writes. */
import process from 'node:process'
import { answerParent } from './answering.mjs'
import { stayAwake } from './awake.mjs'
import { quantiles } from './figures.mjs'
import { watchQuiet } from './machine.mjs'
import { OwnLag } from './own-lag.mjs'
import { everyPromptNew, openReaders, Reader, readsSoFar, watchCpu, wrongText } from './reader.mjs'
import { framesPerReply, path, requestBody, requestBytes, scheduleOf, text } from './reply.mjs'

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** The first wrong replies in words, and the number of all. */
class Errors {
  count = 0
  reasons = new Set()

  note(problem) {
    this.count += 1
    if (this.reasons.size < 5) this.reasons.add(problem)
  }

  report() {
    return { errors: this.count, reasons: [...this.reasons] }
  }
}

/** How much of one core this process needed: near 1 it is what limits the figures. */
function watchBusy({ awake = false } = {}) {
  const startedMs = performance.now()
  const spent = watchCpu()
  const idleMs = awake ? stayAwake(() => readsSoFar) : () => 0
  return () => {
    const elapsedMs = performance.now() - startedMs
    return { elapsedMs, clientBusy: (spent() / 1000 - idleMs()) / elapsedMs }
  }
}

/** Says once, and with a real HTTP client, whether a server gives the reply at all. */
async function check({ port }) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: requestBody,
  })
  const body = await response.text()
  const problem = wrongText(body, text)
  if (problem) throw new Error(`status ${response.status}, ${problem}`)
  const frames = body.split('\n\n').length - 1
  if (frames !== framesPerReply) throw new Error(`${frames} frames`)
}

/** Readers ask the usual prompts in turn, or each time one that was never asked. */
const asking = (prompts, options = {}) =>
  new Reader(prompts === 'new' ? { ...options, expected: everyPromptNew } : options)

/**
 * Asks again as soon as a reply is whole, on every connection, for so long or until so many have been
 * answered, whichever comes first.
 *
 * @param awake whether it never sleeps meanwhile, see awake.mjs
 */
async function fullSpeed({ port, connections, forMs, mostReplies = Infinity, prompts, awake }) {
  const readers = await openReaders(port, connections, () => asking(prompts))
  const errors = new Errors()
  let replies = 0
  const busy = watchBusy({ awake })
  const untilMs = performance.now() + forMs
  const stopped = setTimeout(() => closeAll(readers), forMs + 10_000)
  await Promise.all(
    readers.map(
      (reader) =>
        new Promise((resolve) => {
          const next = (problem) => {
            if (problem === undefined) replies += 1
            else errors.note(problem)
            const isOver = replies >= mostReplies || performance.now() >= untilMs
            if (problem !== undefined || isOver) resolve()
            else reader.ask(next)
          }
          reader.ask(next)
        }),
    ),
  )
  clearTimeout(stopped)
  const { elapsedMs, clientBusy } = busy()
  closeAll(readers)
  return { perSecond: (replies / elapsedMs) * 1000, replies, clientBusy, ...errors.report() }
}

/** What is still waited for is an error: its connection is gone. */
function closeAll(readers) {
  for (const reader of readers) reader.leave()
}

/** The time to the first whole frame of replies that are asked for one after the other. */
async function firstFrames({ port, forMs }) {
  const took = []
  let askedMs = 0
  const onFrame = (number, nowMs) => {
    if (number === 0) took.push(nowMs - askedMs)
  }
  const [reader] = await openReaders(port, 1, () => new Reader({ onFrame }))
  const errors = new Errors()
  const untilMs = performance.now() + forMs
  while (performance.now() < untilMs) {
    askedMs = performance.now()
    const problem = await new Promise((resolve) => reader.ask(resolve))
    if (problem !== undefined) {
      errors.note(problem)
      break
    }
    await pause(1)
  }
  reader.close()
  return { firstMs: quantiles(took), ...errors.report() }
}

/**
 * The same where so many are asked for every second, whether earlier ones are answered or not: what
 * has to wait for a connection counts from when it was due, or a slow server would be asked less.
 */
async function firstFramesUnderLoad({ port, connections, perSecond, forMs }) {
  const took = []
  const errors = new Errors()
  const askedMs = new Map()
  const onFrame = (number, nowMs, reader) => {
    if (number === 0) took.push(nowMs - askedMs.get(reader))
  }
  const readers = await openReaders(port, connections, () => new Reader({ onFrame }))
  const free = [...readers]
  const waiting = []
  const ask = (reader, fromMs) => {
    askedMs.set(reader, fromMs)
    reader.ask((problem) => {
      if (problem !== undefined) errors.note(problem)
      else if (waiting.length > 0) ask(reader, waiting.shift())
      else free.push(reader)
    })
  }
  const busy = watchBusy()
  const startedMs = performance.now()
  for (let sent = 0; sent < (forMs / 1000) * perSecond; ) {
    const nowMs = performance.now()
    const dueMs = startedMs + (sent / perSecond) * 1000
    if (dueMs > nowMs) await pause(1)
    else {
      sent += 1
      const reader = free.pop()
      if (reader) ask(reader, nowMs)
      else waiting.push(dueMs)
    }
  }
  const untilMs = performance.now() + 10_000
  while (free.length + errors.count < connections && performance.now() < untilMs) await pause(5)
  for (let missing = connections - free.length - errors.count; missing > 0; missing -= 1) {
    errors.note('no end in time')
  }
  const { clientBusy } = busy()
  for (const reader of readers) reader.close()
  return { firstMs: quantiles(took), clientBusy, ...errors.report() }
}

let held = []

/** Opens connections, which cost the server something too, before anything is measured. */
async function open({ port, connections }) {
  held = await openReaders(port, connections, () => new PacedReader())
}

const own = new OwnLag()

/** Notes how late every frame is against the request's moment and the script, and by whose doing. */
class PacedReader extends Reader {
  askedMs = 0
  /** Where they are noted: of all frames, of first ones, and those that may be this process's. */
  lags = undefined
  scheduleMs = []

  constructor() {
    super({ onFrame: (number, nowMs) => this.#note(number, nowMs) })
  }

  #note(number, nowMs) {
    if (this.lags === undefined) return
    const lagMs = nowMs - this.askedMs - (this.scheduleMs[number] ?? 0)
    this.lags.all.note(lagMs)
    if (number === 0) this.lags.first.note(lagMs)
    this.lags.own.note(own.atMost(nowMs))
  }
}

/** Every figure is kept, so that no quantile of them is a guess. */
class Lags {
  #values
  #count = 0

  constructor(most) {
    this.#values = new Float64Array(most)
  }

  note(value) {
    this.#values[this.#count] = value
    this.#count += 1
  }

  report() {
    return { count: this.#count, ...quantiles(this.#values.subarray(0, this.#count)) }
  }
}

/** One stream on each open connection, begun evenly over `rampMs`. */
async function paced({ server, gapMs, rampMs, limitMs }) {
  const errors = new Errors()
  const scheduleMs = scheduleOf(server, gapMs)
  const frames = held.length * framesPerReply
  const lags = { all: new Lags(frames), first: new Lags(held.length), own: new Lags(frames) }
  const lengths = new Lags(held.length)
  const busy = watchBusy()
  const stopped = setTimeout(() => closeAll(held), limitMs)
  await Promise.all(
    held.map(async (reader, index) => {
      await pause((index / held.length) * rampMs)
      Object.assign(reader, { lags, scheduleMs, askedMs: performance.now() })
      const problem = await new Promise((resolve) => reader.ask(resolve))
      if (problem === undefined) lengths.note(performance.now() - reader.askedMs)
      else errors.note(problem)
    }),
  )
  clearTimeout(stopped)
  const spent = busy()
  for (const reader of held) reader.close()
  held = []
  const scriptMs = scheduleMs.at(-1)
  return {
    ...spent,
    scriptMs,
    lagMs: lags.all.report(),
    firstLagMs: lags.first.report(),
    ownLagMs: lags.own.report(),
    lengthMs: lengths.report(),
    ...errors.report(),
  }
}

/** Begins a stream on each open connection, and leaves them in flight when all have begun. */
async function begin({ rampMs, limitMs }) {
  const untilMs = performance.now() + limitMs
  held.forEach((reader, index) => {
    setTimeout(() => reader.ask(() => {}), (index / held.length) * rampMs)
  })
  while (held.some(({ frames }) => frames === 0) && performance.now() < untilMs) await pause(5)
}

/** @returns how many streams were still in flight when they were left */
function leave() {
  const inFlight = held.filter(({ asking }) => asking).length
  for (const reader of held) reader.close()
  held = []
  return inFlight
}

/** With fewer chunks than this part of all, those that the host did not disturb say little. */
const leastCounted = 0.1

/**
 * How long each chunk of a stamping server took until it was read here, in microseconds. A host that
 * takes the machine away for 10 ms delays more than one chunk in a hundred of a whole round; what was
 * on its way meanwhile is left out, whoever sent it.
 */
async function stamps({ port, connections, rampMs, limitMs, prompts }) {
  const tookMicros = []
  const readMs = []
  const errors = new Errors()
  const onBytes = (buffer, from, to) => {
    const now = process.hrtime.bigint()
    const nowMs = performance.now()
    for (const [, stamp] of buffer.latin1Slice(from, to).matchAll(/"stamp":"(\d+)"/g)) {
      tookMicros.push(Number(now - BigInt(stamp)) / 1000)
      readMs.push(nowMs)
    }
  }
  const quiet = watchQuiet()
  const readers = await openReaders(port, connections, () => asking(prompts, { onBytes }))
  const stopped = setTimeout(() => closeAll(readers), limitMs)
  await Promise.all(
    readers.map(async (reader, index) => {
      await pause((index / connections) * rampMs)
      const problem = await new Promise((resolve) => reader.ask(resolve))
      if (problem !== undefined) errors.note(problem)
    }),
  )
  clearTimeout(stopped)
  closeAll(readers)
  const wasQuiet = quiet()
  const quietOnes = tookMicros.filter((_, at) => wasQuiet(readMs[at]))
  const counted = quietOnes.length < tookMicros.length * leastCounted ? tookMicros : quietOnes
  return {
    tookMicros: quantiles(counted),
    chunks: tookMicros.length,
    countedPart: counted.length / tookMicros.length,
    ...errors.report(),
  }
}

/** One long reply, read to its end and counted. */
async function long({ port, body, frames, bytes, limitMs }) {
  let read = 0
  const onBytes = (_buffer, from, to) => {
    read += to - from
  }
  const expected = { requests: [requestBytes(path, body)], frames }
  const [reader] = await openReaders(port, 1, () => new Reader({ expected, onBytes }))
  const stopped = setTimeout(() => reader.leave(), limitMs)
  const busy = watchBusy()
  const problem = await new Promise((resolve) => reader.ask(resolve))
  const spent = busy()
  clearTimeout(stopped)
  reader.close()
  const errors = new Errors()
  if (problem !== undefined) errors.note(problem)
  else if (read !== bytes) errors.note(`${read} bytes instead of ${bytes}`)
  return { ...spent, ...errors.report() }
}

answerParent({
  check,
  fullSpeed,
  firstFrames,
  firstFramesUnderLoad,
  open,
  paced,
  begin,
  leave,
  stamps,
  long,
})
