/** What a second process brings, and what it costs: `serve` with one worker and with two. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, stopServers, withCpuOf } from '../children.mjs'
import { startCommand } from '../commands.mjs'
import { errorsOf, medianOf, ratio } from '../figures.mjs'
import { inTurn } from '../rounds.mjs'
import { scenario } from '../scenario.mjs'
import { percent, table, times } from '../table.mjs'

/** An older build, measured beside this one, may know nothing of workers. */
export async function missingWorkers(dist) {
  const help = startCommand([`${dist}/cli/main.js`, 'serve', '--help'])
  let text = ''
  for await (const data of help.stdout) text += data
  return text.includes('--workers') ? undefined : 'this build has no --workers'
}

export async function workers(client, { dist, counts, rounds, warmUpMs, forMs, connections }) {
  const folder = await mkdtemp(join(tmpdir(), 'stuntdouble-bench-'))
  const file = join(folder, 'bench.yaml')
  await writeFile(file, JSON.stringify(scenario(0)))
  const serve = [`${dist}/cli/main.js`, 'serve', file, '--port', '0', '--log-level', 'error']
  const run = (server, ms) =>
    withCpuOf(server, () =>
      client.ask({ do: 'fullSpeed', port: server.port, connections, forMs: ms }),
    )
  const running = []
  try {
    for (const count of counts) {
      const command = [...serve, '--workers', `${count}`]
      running.push({ ...(await startServer('command', { command })), name: count })
    }
    for (const server of running) await run(server, warmUpMs)
    const seen = await inTurn(running, { rounds }, (server) => run(server, forMs))
    return { rows: counts.map((count) => figures(count, counts[0], seen)) }
  } finally {
    await stopServers(running)
    await rm(folder, { recursive: true, force: true })
  }
}

const perSecond = (round) => round.perSecond
const cpuMicros = ({ cpuMicros, replies }) => cpuMicros / replies

function figures(count, first, seen) {
  const rounds = seen.get(count)
  const one = seen.get(first)
  return {
    workers: count,
    repliesPerSecond: medianOf(rounds, perSecond),
    cpuMicrosPerReply: medianOf(rounds, cpuMicros),
    clientBusy: medianOf(rounds, ({ clientBusy }) => clientBusy),
    speedRatio: ratio(rounds.map(perSecond), one.map(perSecond)),
    cpuRatio: ratio(rounds.map(cpuMicros), one.map(cpuMicros)),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

export function workersTable({ rows }, { connections }) {
  return table(
    `Workers: full speed at ${connections} connections, over one worker`,
    ['workers', 'replies/s', 'over one', 'µs CPU/reply', 'over one', 'client busy', 'errors'],
    rows.map((row, index) => [
      `${row.workers}`,
      row.repliesPerSecond,
      index === 0 ? '' : times(row.speedRatio),
      row.cpuMicrosPerReply,
      index === 0 ? '' : times(row.cpuRatio),
      percent(row.clientBusy),
      row.errors,
    ]),
  )
}
