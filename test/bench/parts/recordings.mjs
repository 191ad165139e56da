/**
 * How soon `replay` listens, and how much memory it takes, with one small recording, with ten
 * thousand of them, with and without an index, and with one of a gigabyte, which is also played.
 */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync, writeSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { median, ratio, rounded } from '../figures.mjs'
import { table, times } from '../table.mjs'

const cli = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))
const limitMs = 30_000

export async function recordings(_client, { rounds, files, megabytes }) {
  const folder = await mkdtemp(join(tmpdir(), 'stuntdouble-bench-'))
  const paths = Object.fromEntries(
    ['one', 'many', 'large'].map((name) => [name, join(folder, name)]),
  )
  const reasons = []
  try {
    for (const path of Object.values(paths)) await mkdir(path)
    await makeMany(paths.one, 1)
    await makeMany(paths.many, files)
    makeLarge(join(paths.large, 'large.jsonl'), megabytes)
    const rows = await measureAll(paths, rounds, reasons)
    return { rows, errors: reasons.length, reasons }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measureAll({ one, many, large }, rounds, reasons) {
  const ways = {
    'one small': { path: one },
    'many, no index yet': { path: many, isFirst: true },
    'many, index': { path: many },
    'one large': { path: large },
    'one large, played': { path: large, plays: true },
  }
  const seen = Object.fromEntries(Object.keys(ways).map((name) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, way] of Object.entries(ways)) {
      // To play it once says what it takes.
      if (way.plays && round > 0) continue
      const found = await once(way)
      if (found.problem) reasons.push(`${name}: ${found.problem}`)
      else seen[name].push(found)
    }
  }
  return Object.entries(seen).map(([name, each]) => row(name, each, seen['one small']))
}

function row(name, each, small) {
  const ms = (list) => list.map(({ tookMs }) => tookMs)
  return {
    recordings: name,
    medianMs: rounded(median(ms(each))),
    overOneSmall: ratio(ms(each), ms(small)),
    peakMegabytes: rounded(median(each.map(({ peakMegabytes }) => peakMegabytes))),
  }
}

/** The index is written just after the server listens. */
async function indexed(folder) {
  const untilMs = performance.now() + limitMs
  while (!existsSync(join(folder, '.stuntdouble', 'index.jsonl'))) {
    if (performance.now() > untilMs) return 'no index in time'
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return undefined
}

async function once({ path, isFirst, plays }) {
  if (isFirst) await rm(join(path, '.stuntdouble'), { recursive: true, force: true })
  const running = await listening(path)
  try {
    if (running.problem) return running
    const problem = plays ? await play(running.port) : isFirst ? await indexed(path) : undefined
    return { tookMs: running.tookMs, peakMegabytes: await peakOf(running.child.pid), problem }
  } finally {
    running.child.kill('SIGKILL')
  }
}

/** Resolves at the first line, with the time it took to come. */
function listening(path) {
  return new Promise((resolve) => {
    const startedMs = performance.now()
    const command = [
      cli,
      'replay',
      path,
      '--port',
      '0',
      '--pace',
      'instant',
      '--log-level',
      'error',
    ]
    const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'ignore'] })
    const timer = setTimeout(() => resolve({ child, problem: 'no line in time' }), limitMs)
    child.stdout.once('data', (data) => {
      clearTimeout(timer)
      const port = Number(/:(\d+)\s/.exec(`${data}`)?.[1])
      resolve({ child, port, tookMs: performance.now() - startedMs })
    })
    child.once('close', () => {
      clearTimeout(timer)
      resolve({ child, problem: 'ended without a line' })
    })
  })
}

/** Reads the whole answer and keeps none of it; gives a problem, if there is one. */
function play(port) {
  return new Promise((resolve) => {
    const asking = request({ port, path: '/ask', method: 'POST', timeout: limitMs }, (response) => {
      response.on('data', () => undefined)
      response.on('end', () => resolve(response.complete ? undefined : 'the answer was cut'))
      response.on('error', (error) => resolve(error.message))
    })
    asking.on('error', (error) => resolve(error.message))
    asking.end('{"question":0}')
  })
}

/** Linux tells the most memory that a process ever had; elsewhere it is not known. */
async function peakOf(pid) {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024
  } catch {
    return 0
  }
}

const opening = (question) => {
  const url = 'http://127.0.0.1/ask'
  const body = JSON.stringify({ question })
  return [
    '{"recording":1,"by":"a bench","at":"2026-01-01T00:00:00.000Z"}',
    JSON.stringify({ request: { method: 'POST', url, headers: [], body } }),
    '{"atMs":1,"head":{"status":200,"headers":[["content-type","text/event-stream"]]}}',
  ]
}

const chunk = (text) => JSON.stringify({ atMs: 2, text: `data: {"delta":"${text}"}\n\n` })
const ending = '{"atMs":3,"end":"end"}'

async function makeMany(folder, count) {
  const chunks = Array.from({ length: 20 }, (_, i) => chunk(` word ${i}`))
  for (let from = 0; from < count; from += 100) {
    const some = Array.from({ length: Math.min(100, count - from) }, (_, i) => from + i)
    await Promise.all(
      some.map((i) => {
        const lines = [...opening(i), ...chunks, ending]
        const name = `2026-01-01T00-00-00.000Z-${String(i).padStart(4, '0')}-post-ask.jsonl`
        return writeFile(join(folder, name), `${lines.join('\n')}\n`)
      }),
    )
  }
}

function makeLarge(file, megabytes) {
  const fd = openSync(file, 'w')
  const lines = Buffer.from(`${chunk('x'.repeat(1000))}\n`.repeat(1000))
  writeSync(fd, `${opening(0).join('\n')}\n`)
  for (let bytes = 0; bytes < megabytes * 1e6; bytes += lines.length) writeSync(fd, lines)
  writeSync(fd, `${ending}\n`)
  closeSync(fd)
}

export function recordingsTable({ rows, errors }, { files, megabytes }) {
  return table(
    `Recordings: from replay to its first line (many: ${files}, large: ${megabytes} MB)`,
    ['recordings', 'ms', 'over one small', 'peak MB', 'errors'],
    rows.map((one) => [
      one.recordings,
      one.medianMs,
      one.recordings === 'one small' ? '' : times(one.overOneSmall),
      one.peakMegabytes,
      errors,
    ]),
  )
}
