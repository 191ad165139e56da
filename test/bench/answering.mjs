/** The child's side of the conversation with its parent: a table of what it can be asked to do. */
import process from 'node:process'
import { quantiles } from './figures.mjs'
import { cpuMicrosBelow, peakBytesOf } from './processes.mjs'

/** What the parent gave this child to work with. */
export const settings = JSON.parse(process.argv[2] ?? '{}')

export function answerParent(actions) {
  process.on('message', async (message) => {
    try {
      process.send({ value: (await actions[message.do](message)) ?? null })
    } catch (error) {
      process.send({ error: error instanceof Error ? (error.stack ?? error.message) : `${error}` })
    }
  })
  process.on('disconnect', () => process.exit())
}

/**
 * What every server under test can be asked: to listen, what all its processes have used so far,
 * what it holds once its garbage is gone, the most that its process ever held, and how late it wrote
 * since it was last asked; and what this one alone can do.
 */
export function answerAsServer(listen, { lag = () => null, pid = () => process.pid, ...own } = {}) {
  answerParent({ listen, usage, memory, lag, peak: () => peakBytesOf(pid()), ...own })
}

function usage() {
  const { user, system } = process.cpuUsage()
  return { cpuMicros: user + system + cpuMicrosBelow(process.pid) }
}

const settleMs = 100
const steadyBytes = 20_000

/**
 * Live bytes are V8's heap and what belongs to objects in it; the kernel's buffers are in neither.
 * What has just been closed takes a few turns to be gone, so it looks until nothing falls any more.
 */
async function memory() {
  let liveBytes = Number.POSITIVE_INFINITY
  for (let times = 0; times < 10; times += 1) {
    await new Promise((resolve) => setTimeout(resolve, settleMs))
    globalThis.gc()
    const { heapUsed, external } = process.memoryUsage()
    const before = liveBytes
    liveBytes = heapUsed + external
    if (liveBytes > before - steadyBytes) break
  }
  return { liveBytes, rssBytes: process.memoryUsage.rss() }
}

/** How late the bench's own servers write, kept one by one. */
export class WriteLags {
  #lateMs = []

  note(lateMs) {
    this.#lateMs.push(lateMs)
  }

  /** Since the last time; null where nothing was paced. */
  take() {
    const lateMs = this.#lateMs
    this.#lateMs = []
    return lateMs.length === 0 ? null : quantiles(lateMs)
  }
}

/** Listens on a free port of the loopback and gives the port. */
export function listenOnLoopback(server) {
  return new Promise((resolve, reject) => {
    server.on('error', reject)
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
      resolve(server.address().port),
    )
  })
}
