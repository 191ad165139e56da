/** The load: a process of its own, so that reading does not slow down whoever writes. */
import process from 'node:process'
import { answerParent } from './answering.mjs'
import { openReaders, Reader } from './reader.mjs'
import { path, requestBody, text } from './reply.mjs'

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

/** Says once, and with a real HTTP client, whether a server gives the reply at all. */
async function check({ port }) {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: requestBody,
  })
  const frames = (await response.text()).split('\n\n').slice(0, -1)
  const chunks = frames.slice(0, -1).map((frame) => JSON.parse(frame.slice('data: '.length)))
  const said = chunks.map(({ choices: [choice] }) => choice?.delta.content ?? '').join('')
  if (said !== text) throw new Error(`expected "${text}", got ${response.status} "${said}"`)
  return frames.length
}

/** Asks again as soon as a reply is whole, on every connection, for so long. */
async function fullSpeed({ port, connections, forMs }) {
  const readers = await openReaders(port, connections)
  const errors = new Errors()
  let replies = 0
  const startedMs = performance.now()
  const untilMs = startedMs + forMs
  await Promise.all(
    readers.map(
      (reader) =>
        new Promise((resolve) => {
          const next = (problem) => {
            if (problem === undefined) replies += 1
            else errors.note(problem)
            if (problem !== undefined || performance.now() >= untilMs) resolve()
            else reader.ask(next)
          }
          reader.ask(next)
          setTimeout(() => resolve(), forMs + 5000).unref()
        }),
    ),
  )
  const elapsedMs = performance.now() - startedMs
  for (const reader of readers) reader.close()
  return { perSecond: (replies / elapsedMs) * 1000, replies, ...errors.report() }
}

let held = []

/** Opens connections, which cost the server something too, before anything is measured. */
async function open({ port, connections }) {
  held = await openReaders(port, connections)
}

/** `repeats` streams on each open connection, begun evenly over `rampMs`. */
async function paced({ repeats, rampMs, limitMs }) {
  const errors = new Errors()
  const lengthsMs = []
  const stopMs = performance.now() + limitMs
  await Promise.all(
    held.map(async (reader, index) => {
      await pause((index / held.length) * rampMs)
      for (let n = 0; n < repeats; n += 1) {
        const askedMs = performance.now()
        const problem = await askWithin(reader, stopMs - askedMs)
        if (problem !== undefined) {
          errors.note(problem)
          return
        }
        lengthsMs.push(performance.now() - askedMs)
      }
    }),
  )
  for (const reader of held) reader.close()
  held = []
  return { lengthsMs, ...errors.report() }
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

function askWithin(reader, limitMs) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('no end in time'), Math.max(0, limitMs))
    reader.ask((problem) => {
      clearTimeout(timer)
      resolve(problem)
    })
  })
}

/** How long each chunk of a stamping server took until it was read here, in microseconds. */
async function stamps({ port, connections, rampMs, limitMs }) {
  const tookMicros = []
  const read = (body) => {
    const now = process.hrtime.bigint()
    for (const [, stamp] of body.latin1Slice(0, body.length).matchAll(/"stamp":"(\d+)"/g)) {
      tookMicros.push(Number(now - BigInt(stamp)) / 1000)
    }
  }
  held = await openReaders(port, connections, () => new Reader(read))
  const { errors, reasons } = await paced({ repeats: 1, rampMs, limitMs })
  return { tookMicros, errors, reasons }
}

answerParent({ check, fullSpeed, open, paced, stamps })
