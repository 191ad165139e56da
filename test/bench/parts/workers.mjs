/**
 * What a second process brings, and what it costs: `serve` with one worker and with two. Two
 * processes that are busy at once cost more than one each, whatever they do, where they share a core,
 * its caches and a load client. So beside them stand two servers that share nothing, and a floor; and
 * all are measured twice. A client that never sleeps has a core for itself, and leaves two servers no
 * more room than one; one that sleeps has to be woken, which one server pays for more often than two.
 */
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

const apart = 'two servers apart'

/** Each is held against the one named `over`, with as many processes or with one. */
function subjects(serve) {
  const workers = (count) => ({
    ...{ name: count, over: 1, processes: count, server: 'command' },
    settings: { command: [...serve, '--workers', `${count}`] },
  })
  const floor = (count) => ({
    ...{ name: `node:http, ${count}`, over: 'node:http, 1', processes: count },
    ...{ server: 'http-cluster', settings: { count } },
  })
  const settings = { command: [...serve, '--workers', '1'], count: 2 }
  const two = { name: apart, over: 1, processes: 2, server: 'apart', settings }
  return [workers(1), workers(2), two, floor(1), floor(2)]
}

/** @param warmUp replies for each process, and the most time for all of them */
export async function workers(client, { dist, rounds, warmUp, forMs, connections }) {
  const folder = await mkdtemp(join(tmpdir(), 'stuntdouble-bench-'))
  const file = join(folder, 'bench.yaml')
  await writeFile(file, JSON.stringify(scenario(0)))
  const serve = [`${dist}/cli/main.js`, 'serve', file, '--port', '0', '--log-level', 'error']
  const run = (server, asked) =>
    withCpuOf(server, () =>
      client.ask({ do: 'fullSpeed', port: server.port, connections, ...asked }),
    )
  const running = []
  try {
    for (const { name, over, processes, server, settings } of subjects(serve)) {
      running.push({ ...(await startServer(server, settings)), name, over, processes })
    }
    for (const server of running) {
      const mostReplies = warmUp.replies * server.processes
      await run(server, { forMs: warmUp.forMs, mostReplies })
    }
    const rows = []
    for (const awake of [false, true]) {
      const seen = await inTurn(running, { rounds }, (server) => run(server, { forMs, awake }))
      rows.push(...running.map((server) => ({ ...figures(server, seen), isAwake: awake })))
    }
    return { rows }
  } finally {
    await stopServers(running)
    await rm(folder, { recursive: true, force: true })
  }
}

const perSecond = (round) => round.perSecond
const cpuMicros = ({ cpuMicros, replies }) => cpuMicros / replies

function figures({ name, over, processes }, seen) {
  const rounds = seen.get(name)
  const one = seen.get(over)
  const isWorkers = name === processes && processes > 1
  return {
    workers: name,
    repliesPerSecond: medianOf(rounds, perSecond),
    cpuMicrosPerReply: medianOf(rounds, cpuMicros),
    clientBusy: medianOf(rounds, ({ clientBusy }) => clientBusy),
    speedRatio: ratio(rounds.map(perSecond), one.map(perSecond)),
    cpuRatio: ratio(rounds.map(cpuMicros), one.map(cpuMicros)),
    ...(isWorkers
      ? { cpuOverApart: ratio(rounds.map(cpuMicros), seen.get(apart).map(cpuMicros)) }
      : {}),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

export function workersTable({ rows }, { connections }) {
  const isFirst = ({ workers }) => workers === 1 || workers === 'node:http, 1'
  return table(
    `Workers: full speed at ${connections} connections, over one process`,
    [
      'workers',
      'client',
      'replies/s',
      'over one',
      'µs CPU/reply',
      'over one',
      'over apart',
      'client busy',
      'errors',
    ],
    rows.map((row) => [
      `${row.workers}`,
      row.isAwake ? 'never sleeps' : 'sleeps',
      row.repliesPerSecond,
      isFirst(row) ? '' : times(row.speedRatio),
      row.cpuMicrosPerReply,
      isFirst(row) ? '' : times(row.cpuRatio),
      row.cpuOverApart ? times(row.cpuOverApart) : '',
      percent(row.clientBusy),
      row.errors,
    ]),
  )
}
