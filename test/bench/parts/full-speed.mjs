/** How many whole replies a second, without any delay, and what one costs. */
import { startServers, stopServers, withCpuOf } from '../children.mjs'
import { errorsOf, medianOf, ratio } from '../figures.mjs'
import { framesPerReply } from '../reply.mjs'
import { inTurn } from '../rounds.mjs'
import { percent, table, times, titleOf } from '../table.mjs'

const all = ['stuntdouble', 'aimock', 'koa', 'node-http', 'bare-net']

export async function fullSpeed(client, options) {
  const { dist, rounds, warmUpMs, forMs, connections, servers = all } = options
  const running = await startServers(servers, { dist })
  for (const { port } of running) {
    await client.ask({ do: 'check', port })
    await client.ask({ do: 'fullSpeed', port, connections: 32, forMs: warmUpMs })
  }
  const rows = []
  for (const count of connections) {
    const seen = await inTurn(running, { rounds }, (server) =>
      withCpuOf(server, () =>
        client.ask({ do: 'fullSpeed', port: server.port, connections: count, forMs }),
      ),
    )
    rows.push(...servers.map((name) => figures(name, count, seen)))
  }
  await stopServers(running)
  return { rows }
}

const cpuMicros = ({ cpuMicros, replies }) => cpuMicros / replies

function figures(server, connections, seen) {
  const rounds = seen.get(server)
  const ours = seen.get('stuntdouble')
  const perSecond = ({ perSecond }) => perSecond
  return {
    server,
    connections,
    repliesPerSecond: medianOf(rounds, perSecond),
    framesPerSecond: medianOf(rounds, (round) => round.perSecond * framesPerReply),
    cpuMicrosPerReply: medianOf(rounds, cpuMicros),
    clientBusy: medianOf(rounds, ({ clientBusy }) => clientBusy),
    speedRatio: ratio(ours.map(perSecond), rounds.map(perSecond)),
    cpuRatio: ratio(ours.map(cpuMicros), rounds.map(cpuMicros)),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

export function fullSpeedTable({ rows }) {
  return table(
    `Full speed: ${framesPerReply} frames a reply, no delays`,
    [
      'server',
      'connections',
      'replies/s',
      'frames/s',
      'ours is',
      'µs CPU/reply',
      'ours takes',
      'client busy',
      'errors',
    ],
    rows.map((row) => [
      titleOf(row.server),
      row.connections,
      row.repliesPerSecond,
      row.framesPerSecond,
      row.server === 'stuntdouble' ? '' : times(row.speedRatio),
      row.cpuMicrosPerReply,
      row.server === 'stuntdouble' ? '' : times(row.cpuRatio),
      percent(row.clientBusy),
      row.errors,
    ]),
  )
}
