/**
 * `npm run soak`: an hour in miniature, half of its streams broken by faults or left by the client,
 * over and over in the same mixture; `--streams 200000` is the whole hour. Ends with 1 where the
 * server holds more afterwards than it did when its caches had filled, or where it came to a stop.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { brokenPerRound, Keeping, kinds, mostMs, perRound } from './clients.mjs'

const here = (name) => fileURLToPath(new URL(name, import.meta.url))

const help = `npm run soak -- [options]

Ten thousand open idle streams first; then streams of all kinds, half of them broken by faults or left
by their clients. Fails where memory, sockets or timers do not end where they began.

  --streams N   how many, from 10000; 40000 unless said otherwise, 200000 are the whole hour (4 min)
  --clients N   how many at a time, 32 unless said otherwise
  --dist DIR    another build than dist/
  --help        this text
`

const values = readArguments()

/** For the tests there is `--counts`: counts alone decide, since a short run says nothing of memory. */
function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        streams: { type: 'string', default: '40000' },
        clients: { type: 'string', default: '32' },
        dist: { type: 'string', default: here('../../dist') },
        counts: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (!values.help) return checked(values)
    console.log(help)
    process.exit(0)
  } catch (error) {
    console.error(`soak: ${error.message}`)
    process.exit(2)
  }
}

function checked(values) {
  const least = values.counts ? 1 : 10_000
  const isCount = (text, from) => Number.isInteger(Number(text)) && Number(text) >= from
  if (!isCount(values.streams, least)) {
    throw new Error(
      `--streams takes a whole number from ${least}, not "${values.streams}": fewer say nothing of memory`,
    )
  }
  if (!isCount(values.clients, 1)) {
    throw new Error(`--clients takes a whole number from 1, not "${values.clients}"`)
  }
  return values
}

if (!values.counts) await idleStreams()

/** Ends this run where they fail. */
async function idleStreams() {
  const idle = fork(here('idle.mjs'), ['--dist', values.dist])
  const code = await new Promise((resolve) => idle.once('exit', resolve))
  if (code !== 0) process.exit(1)
}

/** What the streams of one round leave for good, if they do, is more than this each. */
const mostBytesEach = 32
const checkpoints = values.counts ? 3 : 5
/** Said while it runs, so that a slow one is known from one that has stopped. */
const saidEveryMs = 10_000
/** As many replies as a server keeps, and some. */
const keptReplies = 1100
let exchanges = 0
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
  if (!values.counts) await fillMemory()
  const watching = values.counts ? undefined : setInterval(sayProgress, saidEveryMs, startedMs)
  for (let nth = 0; nth < checkpoints; nth += 1) {
    await play(done, atCheckpoint(nth))
    done = atCheckpoint(nth)
    const seconds = Math.round((performance.now() - startedMs) / 1000)
    const found = { at: done * perRound, seconds, ...(await quiet()) }
    seen.push(found)
    if (!values.counts) console.log(`checkpoint: ${JSON.stringify(found)}`)
  }
  clearInterval(watching)
  print(seen)
  return grownBetween(seen[0], seen.at(-1))
}

function sayProgress(startedMs) {
  const seconds = (performance.now() - startedMs) / 1000
  const each = (exchanges / seconds).toFixed(0)
  console.log(`${Math.round(seconds)} s: ${exchanges} exchanges, ${each} a second`)
}

/** Replies that a service keeps are kept by the thousand: full before anything is measured. */
async function fillMemory() {
  const kind = kinds.find(({ name }) => name === 'Responses, kept')
  const way = { port, keeping: new Keeping(port) }
  for (let nth = 0; nth < keptReplies; nth += 1) {
    const headers = { 'x-stuntdouble-session': `soak-${nth % 200}` }
    await inTime(kind.name, kind.run(way, { headers }, nth))
  }
  way.keeping.close()
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
      await inTime(kind.name, kind.run(way, { headers }, nth))
      exchanges += 1
      if (nth % (jobs.length * 20) === 0) await asked('reload')
      if (nth % (jobs.length * 7) === 0) await asked('reset')
    }
    way.keeping.close()
  }
  await Promise.all(Array.from({ length: Number(values.clients) }, client))
}

/** Nothing here may wait for ever, or a soak that hangs would look like one that is slow. */
function inTime(name, exchange) {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${name}: nothing for ${mostMs} ms`)), mostMs)
    exchange.then(resolve, reject).finally(() => clearTimeout(late))
  })
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
