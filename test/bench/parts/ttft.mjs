/** How long the first frame takes where nothing delays it, and how much of that is the server's. */
import { stopServers } from '../children.mjs'
import { difference, errorsOf, medianOf } from '../figures.mjs'
import { inTurn } from '../rounds.mjs'
import { spread, table, titleOf } from '../table.mjs'
import { startWarm } from '../warm.mjs'

const all = ['stuntdouble', 'aimock', 'koa', 'node-http', 'bare-net']
const floor = 'bare-net'

export async function ttft(client, options) {
  const { dist, servers = all, rounds, warmUp, idleMs, loadMs, connections, perSecond } = options
  const running = await startWarm(client, servers, { settings: { dist }, warmUp })
  const loads = {
    idle: { do: 'firstFrames', forMs: idleMs },
    [`${perSecond}/s`]: { do: 'firstFramesUnderLoad', connections, perSecond, forMs: loadMs },
  }
  const rows = []
  for (const [load, ask] of Object.entries(loads)) {
    const seen = await inTurn(running, { rounds }, ({ port }) => client.ask({ ...ask, port }))
    rows.push(...servers.map((name) => figures(name, load, seen)))
  }
  await stopServers(running)
  return { rows }
}

function figures(server, load, seen) {
  const rounds = seen.get(server)
  const added = (key) =>
    difference(
      rounds.map(({ firstMs }) => firstMs[key]),
      seen.get(floor).map(({ firstMs }) => firstMs[key]),
    )
  return {
    server,
    load,
    p50Ms: medianOf(rounds, ({ firstMs }) => firstMs.p50),
    p99Ms: medianOf(rounds, ({ firstMs }) => firstMs.p99),
    addedP50Ms: added('p50'),
    addedP99Ms: added('p99'),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

export function ttftTable({ rows }) {
  return table(
    'Time to the first frame, in ms, and what is added to that of bare net',
    ['server', 'asked', 'p50', 'p99', 'added p50', 'added p99', 'errors'],
    rows.map((row) => [
      titleOf(row.server),
      row.load,
      row.p50Ms,
      row.p99Ms,
      row.server === floor ? '' : spread(row.addedP50Ms),
      row.server === floor ? '' : spread(row.addedP99Ms),
      row.errors,
    ]),
  )
}
