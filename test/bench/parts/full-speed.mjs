/** How many whole replies a second, without any delay: what parallel tests wait for. */
import { startServer } from '../children.mjs'
import { medianOf, ratio, rounded, sum } from '../figures.mjs'
import { framesPerReply } from '../reply.mjs'
import { table, times } from '../table.mjs'

const servers = ['stuntdouble', 'aimock', 'koa', 'node-http', 'bare-net']

const titles = {
  koa: 'Koa, one prebuilt buffer',
  'node-http': 'node:http, a write a frame',
  'bare-net': 'bare net, prebuilt',
}

export async function fullSpeed(client, { rounds, warmUpMs, forMs, connections }) {
  const running = await Promise.all(servers.map((name) => startServer(name)))
  for (const { port } of running) {
    await client.ask({ do: 'check', port })
    await client.ask({ do: 'fullSpeed', port, connections: 8, forMs: warmUpMs })
  }
  const measured = []
  for (const count of connections) {
    const perServer = new Map(servers.map((name) => [name, []]))
    for (let round = 0; round < rounds; round += 1) {
      for (const { name, port } of running) {
        const ask = { do: 'fullSpeed', port, connections: count, forMs }
        perServer.get(name).push(await client.ask(ask))
      }
    }
    measured.push(...servers.map((name) => figures(name, count, perServer)))
  }
  await Promise.all(running.map(({ child }) => child.stop()))
  return measured
}

function figures(name, connections, perServer) {
  const rounds = perServer.get(name)
  const perSecond = (of) => perServer.get(of).map((round) => round.perSecond)
  const repliesPerSecond = medianOf(rounds, 'perSecond')
  return {
    server: name,
    connections,
    repliesPerSecond: rounded(repliesPerSecond),
    framesPerSecond: rounded(repliesPerSecond * framesPerReply),
    oursOverIt: ratio(perSecond('stuntdouble'), perSecond(name)),
    errors: sum(rounds.map(({ errors }) => errors)),
    reasons: rounds.flatMap(({ reasons }) => reasons),
  }
}

export function fullSpeedTable(measured) {
  return table(
    `Full speed: ${framesPerReply} frames a reply, no delays`,
    ['server', 'connections', 'replies/s', 'frames/s', 'stuntdouble is', 'errors'],
    measured.map((row) => [
      titles[row.server] ?? row.server,
      row.connections,
      row.repliesPerSecond,
      row.framesPerSecond,
      row.server === 'stuntdouble' ? '' : times(row.oursOverIt),
      row.errors,
    ]),
  )
}
