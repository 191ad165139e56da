/** How fast one large recording is replayed, and how much of it is ever held in memory. */
import { closeSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, stopServers, withCpuOf } from '../children.mjs'
import { errorsOf, medianOf, ratio } from '../figures.mjs'
import { doneFrame, path } from '../reply.mjs'
import { inTurn } from '../rounds.mjs'
import { percent, table, times, titleOf } from '../table.mjs'

const body = JSON.stringify({ question: 0 })
const replayOptions = ['--port', '0', '--pace', 'instant', '--log-level', 'error']
const framesTogether = 1000
const frame = `data: {"delta":"${'x'.repeat(983)}"}\n\n`

export async function replay(client, { dist, rounds, megabytes, limitMs }) {
  const folder = await mkdtemp(join(tmpdir(), 'stuntdouble-bench-'))
  const recording = join(folder, 'large.jsonl')
  const file = join(folder, 'large.txt')
  const groups = Math.ceil((megabytes * 1e6) / (frame.length * framesTogether))
  writeRecording(recording, groups)
  writeBytes(file, groups)
  const command = [`${dist}/cli/main.js`, 'replay', recording, ...replayOptions]
  const frames = groups * framesTogether + 1
  const bytes = groups * framesTogether * frame.length + doneFrame.length
  const ask = { do: 'long', body, frames, bytes, limitMs }
  const ways = [
    { name: 'stuntdouble', start: () => startServer('command', { command }) },
    { name: 'bare-file', start: () => startServer('bare-file', { file }) },
  ]
  try {
    const seen = await inTurn(ways, { rounds }, async ({ start }) => {
      const server = await start()
      const { port } = server
      const found = await withCpuOf(server, () => client.ask({ ...ask, port }, limitMs + 5000))
      const peakBytes = await server.child.ask({ do: 'peak' })
      await stopServers([server])
      return { ...found, peakBytes }
    })
    return { rows: ways.map(({ name }) => figures(name, seen, bytes / 1e6)) }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function figures(server, seen, megabytes) {
  const rounds = seen.get(server)
  const speed = ({ elapsedMs }) => megabytes / (elapsedMs / 1000)
  const cpu = ({ cpuMicros }) => cpuMicros / 1000 / megabytes
  const ours = seen.get('stuntdouble')
  return {
    server,
    megabytes,
    megabytesPerSecond: medianOf(rounds, speed),
    peakMegabytes: medianOf(rounds, ({ peakBytes }) => peakBytes / 1e6),
    cpuMsPerMegabyte: medianOf(rounds, cpu),
    speedRatio: ratio(ours.map(speed), rounds.map(speed)),
    cpuRatio: ratio(ours.map(cpu), rounds.map(cpu)),
    clientBusy: medianOf(rounds, ({ clientBusy }) => clientBusy),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

export function replayTable({ rows }) {
  return table(
    `Replay of one recording with a body of ${Math.round(rows[0].megabytes)} MB, no delays`,
    [
      'server',
      'MB/s',
      'ours is',
      'ms CPU/MB',
      'ours takes',
      'peak RSS MB',
      'client busy',
      'errors',
    ],
    rows.map((row) => [
      titleOf(row.server),
      row.megabytesPerSecond,
      row.server === 'stuntdouble' ? '' : times(row.speedRatio),
      row.cpuMsPerMegabyte,
      row.server === 'stuntdouble' ? '' : times(row.cpuRatio),
      row.peakMegabytes,
      percent(row.clientBusy),
      row.errors,
    ]),
  )
}

function writeRecording(to, groups) {
  const request = { method: 'POST', url: `http://127.0.0.1${path}`, headers: [], body }
  const head = { status: 200, headers: [['content-type', 'text/event-stream']] }
  const opening = [
    { recording: 1, by: 'a bench', at: '2026-01-01T00:00:00.000Z' },
    { request },
    { atMs: 1, head },
  ]
  const lines = (list) => list.map((line) => `${JSON.stringify(line)}\n`).join('')
  const middle = Buffer.from(lines([{ atMs: 2, text: frame }]).repeat(framesTogether))
  const closing = lines([
    { atMs: 3, text: doneFrame },
    { atMs: 3, end: 'end' },
  ])
  write(to, [lines(opening), ...Array.from({ length: groups }, () => middle), closing])
}

function writeBytes(to, groups) {
  const middle = Buffer.from(frame.repeat(framesTogether))
  write(to, [...Array.from({ length: groups }, () => middle), doneFrame])
}

function write(to, pieces) {
  const fd = openSync(to, 'w')
  for (const piece of pieces) writeSync(fd, piece)
  closeSync(fd)
}
