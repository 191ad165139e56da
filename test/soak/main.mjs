/**
 * `npm run soak`: an hour in miniature. Two hundred thousand streams, half of them broken by faults
 * or left by the client, over and over in the same mixture; ends with 1 where the server holds more
 * afterwards than it did when its caches had filled.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { brokenPerRound, Keeping, kinds, perRound } from './clients.mjs'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '200000' },
    clients: { type: 'string', default: '32' },
    dist: { type: 'string', default: here('../../dist') },
    /** For the tests: counts alone decide, since a short run says nothing of memory. */
    counts: { type: 'boolean', default: false },
  },
})

/** What the streams of one round leave for good, if they do, is more than this each. */
const mostBytesEach = 32
const checkpoints = 5
/** Of all streams, those before the first measurement: what is cached and compiled is by then. */
const warmPart = 0.25

const upstream = createServer(answerAsService)
await new Promise((resolve) => upstream.listen(0, '127.0.0.1', resolve))
const folder = mkdtempSync(join(tmpdir(), 'stuntdouble-soak-'))
const server = fork(
  here('server.mjs'),
  [values.dist, folder, `http://127.0.0.1:${upstream.address().port}`],
  { execArgv: ['--expose-gc'] },
)
const { port } = await new Promise((resolve, reject) => {
  server.once('message', resolve)
  server.once('exit', (code) => reject(new Error(`the server ended with ${code}`)))
})
try {
  const grown = await soak()
  for (const one of grown) console.error(one)
  process.exitCode = grown.length === 0 ? 0 : 1
} finally {
  await asked('close')
  upstream.closeAllConnections()
  upstream.close()
  rmSync(folder, { recursive: true, force: true })
}

async function soak() {
  const rounds = Math.max(checkpoints, Math.ceil(Number(values.streams) / perRound))
  const warm = Math.max(1, Math.floor(rounds * warmPart))
  const atCheckpoint = (nth) => warm + Math.round(((rounds - warm) * nth) / (checkpoints - 1))
  console.log(
    `${rounds * perRound} streams, ${rounds * brokenPerRound} of them broken or left, at most ${values.clients} at a time`,
  )
  const startedMs = performance.now()
  const seen = []
  let done = 0
  for (let nth = 0; nth < checkpoints; nth += 1) {
    await play(done, atCheckpoint(nth))
    done = atCheckpoint(nth)
    const seconds = Math.round((performance.now() - startedMs) / 1000)
    seen.push({ at: done * perRound, seconds, ...(await quiet()) })
  }
  print(seen)
  return grownBetween(seen[0], seen.at(-1))
}

/** Rounds `from` to `to`, each of which is every kind as often as its parts say. */
async function play(from, to) {
  const jobs = kinds.flatMap((kind) => Array.from({ length: kind.parts }, () => kind))
  let next = from * jobs.length
  const client = async () => {
    const way = { port, keeping: new Keeping(port) }
    while (next < to * jobs.length) {
      const nth = next
      next += 1
      // A number that shares no factor with the jobs: kinds come mixed, and each as often as asked.
      const kind = jobs[(nth * 37) % jobs.length]
      const headers = { 'x-stuntdouble-session': `soak-${nth % 200}` }
      await kind.run(way, { headers }, nth)
      if (nth % (jobs.length * 20) === 0) await asked('reload')
      if (nth % (jobs.length * 7) === 0) await asked('reset')
    }
    way.keeping.close()
  }
  await Promise.all(Array.from({ length: Number(values.clients) }, client))
}

/** What is on its way out has ten seconds to be gone; then it is counted as what it is, a leak. */
async function quiet() {
  for (let left = 20; ; left -= 1) {
    const found = await asked('measure')
    if (left === 0 || (found.streams === 0 && found.sockets === 0)) return found
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

function grownBetween(first, last) {
  const counts = [
    'streams',
    'listed',
    'faults',
    'journal',
    'sockets',
    'timers',
    'resources',
    'files',
  ]
  const grown = counts
    .filter((name) => last[name] > first[name])
    .map((name) => `${name} grew from ${first[name]} to ${last[name]}`)
  if (last.journal > last.journalLimit) grown.push(`the journal has ${last.journal} entries`)
  if (values.counts) return grown
  const each = (name) => (last[name] - first[name]) / (last.at - first.at)
  const memory = ['heapUsed', 'external']
    .filter((name) => each(name) > mostBytesEach)
    .map((name) => `${name} grew by ${each(name).toFixed(1)} bytes a stream`)
  return [...grown, ...memory]
}

function print(seen) {
  const names = Object.keys(seen[0])
  const shown = (name, value) =>
    /heap|external|rss/.test(name) ? `${(value / 1e6).toFixed(2)} MB` : String(value)
  const rows = names.map((name) => [name, ...seen.map((one) => shown(name, one[name]))])
  for (const [name, ...cells] of rows) {
    console.log(name.padEnd(10) + cells.map((cell) => cell.padStart(12)).join(''))
  }
}

function asked(what) {
  return new Promise((resolve, reject) => {
    const id = Math.random()
    const hear = (message) => {
      if (message.id !== id) return
      server.off('message', hear)
      server.off('exit', gone)
      const { id: _, ...said } = message
      resolve(said)
    }
    const gone = (code) => reject(new Error(`the server ended with ${code}`))
    server.on('message', hear)
    server.once('exit', gone)
    server.send({ id, do: what })
  })
}

/** A live service: a few chunks, one after the other. */
function answerAsService(request, response) {
  request.resume()
  request.on('end', async () => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (let at = 0; at < 4 && !response.destroyed; at += 1) {
      response.write(`data: {"choices":[{"index":0,"delta":{"content":"word ${at}"}}]}\n\n`)
      await new Promise((resolve) => setImmediate(resolve))
    }
    response.end('data: [DONE]\n\n')
  })
  response.on('error', () => {})
}
