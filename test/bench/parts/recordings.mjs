/**
 * How soon `replay` listens, and how much memory it takes, with one small recording and with ten
 * thousand of them, with and without an index.
 */
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstLine, startCommand } from '../commands.mjs'
import { errorsOf, medianOf, ratio } from '../figures.mjs'
import { peakBytesOf } from '../processes.mjs'
import { inTurn } from '../rounds.mjs'
import { table, times } from '../table.mjs'

const limitMs = 30_000

export async function recordings(_client, { dist, rounds, files }) {
  const folder = await mkdtemp(join(tmpdir(), 'stuntdouble-bench-'))
  const [one, many] = ['one', 'many'].map((name) => join(folder, name))
  const ways = [
    { name: 'one small', path: one, dist },
    { name: 'many, no index yet', path: many, dist, isFirst: true },
    { name: 'many, index', path: many, dist },
  ]
  try {
    await writeRecordings(one, 1)
    await writeRecordings(many, files)
    const seen = await inTurn(ways, { rounds }, once)
    return { rows: ways.map(({ name }) => figures(name, seen)) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function once({ path, dist, isFirst }) {
  if (isFirst) await rm(join(path, '.stuntdouble'), { recursive: true, force: true })
  const startedMs = performance.now()
  const child = startCommand([`${dist}/cli/main.js`, 'replay', path, '--port', '0'])
  const closed = new Promise((resolve) => child.once('close', resolve))
  const { atMs, problem: broken } = await firstLine(child)
  const problem = broken ?? (isFirst ? await indexed(path) : undefined)
  const peakBytes = peakBytesOf(child.pid)
  child.kill('SIGKILL')
  await closed
  const reasons = problem ? [problem] : []
  return { tookMs: atMs - startedMs, peakBytes, errors: reasons.length, reasons }
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

const tookMs = (round) => round.tookMs

function figures(name, seen) {
  const rounds = seen.get(name)
  return {
    recordings: name,
    medianMs: medianOf(rounds, tookMs),
    overOneSmall: ratio(rounds.map(tookMs), seen.get('one small').map(tookMs)),
    peakMegabytes: medianOf(rounds, ({ peakBytes }) => peakBytes / 1e6),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

export function recordingsTable({ rows }, { files }) {
  return table(
    `Recordings: from replay to its first line (many: ${files})`,
    ['recordings', 'ms', 'over one small', 'peak MB', 'errors'],
    rows.map((row) => [
      row.recordings,
      row.medianMs,
      row.recordings === 'one small' ? '' : times(row.overOneSmall),
      row.peakMegabytes,
      row.errors,
    ]),
  )
}

async function writeRecordings(folder, count) {
  await mkdir(folder)
  for (let from = 0; from < count; from += 100) {
    const some = Array.from({ length: Math.min(100, count - from) }, (_, index) => from + index)
    await Promise.all(
      some.map((number) => {
        const name = `2026-01-01T00-00-00.000Z-${String(number).padStart(4, '0')}-post-ask.jsonl`
        return writeFile(join(folder, name), recording(number))
      }),
    )
  }
}

function recording(question) {
  const body = JSON.stringify({ question })
  const request = { method: 'POST', url: 'http://127.0.0.1/ask', headers: [], body }
  const head = { status: 200, headers: [['content-type', 'text/event-stream']] }
  const chunks = Array.from({ length: 20 }, (_, word) => ({
    atMs: 2,
    text: `data: {"delta":" word ${word}"}\n\n`,
  }))
  const first = { recording: 1, by: 'a bench', at: '2026-01-01T00:00:00.000Z' }
  const lines = [first, { request }, { atMs: 1, head }, ...chunks, { atMs: 3, end: 'end' }]
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}
