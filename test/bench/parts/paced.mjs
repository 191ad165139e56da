/**
 * Many streams at once at a model's pace: how late every frame is, what one costs, how much longer
 * streams get than their script, and what one holds while it is in flight.
 */
import { startOwnClient, startServer, stopServers, withCpuOf } from '../children.mjs'
import { difference, errorsOf, medianOf, medianQuantiles, ratio, rounded } from '../figures.mjs'
import { framesPerReply } from '../reply.mjs'
import { inTurn } from '../rounds.mjs'
import { change, percent, table, times, titleOf } from '../table.mjs'
import { startWarm } from '../warm.mjs'

const all = ['stuntdouble', 'bare-net', 'node-http', 'aimock']

export async function paced(client, options) {
  const { dist, gapMs, warmUp, waves, servers = all } = options
  const memory = await Promise.all(servers.map((name) => memoryAlone(name, options)))
  const running = await startWarm(client, servers, { settings: { dist, gapMs }, warmUp })
  const rows = []
  for (const wave of waves) {
    const measured = running.filter(({ name }) => (wave.servers ?? servers).includes(name))
    const seen = await inTurn(measured, wave, (server) => waveOf(client, server, wave, options))
    rows.push(...measured.map(({ name }) => figures(name, wave.streams, seen)))
  }
  await stopServers(running)
  return { rows, memory }
}

async function waveOf(client, server, { streams }, { gapMs, rampMs, limitMs }) {
  const { name, child, port } = server
  await client.ask({ do: 'open', port, connections: streams })
  await child.ask({ do: 'lag' })
  const wave = await withCpuOf(server, () =>
    client.ask({ do: 'paced', server: name, gapMs, rampMs, limitMs }),
  )
  const frames = (streams - wave.errors) * framesPerReply
  const over = (key) => wave.lengthMs[key] / wave.scriptMs - 1
  return {
    ...wave,
    serverLagMs: await child.ask({ do: 'lag' }),
    lengthOver: { p50: over('p50'), p99: over('p99'), max: over('max') },
    cpuMicrosPerFrame: wave.cpuMicros / frames,
    serverBusy: wave.cpuMicros / 1000 / wave.elapsedMs,
  }
}

/**
 * In a process of its own, since RSS never falls, with a client of its own, since this takes no time
 * that is measured, and at a pace that leaves time to look.
 */
async function memoryAlone(name, { dist, inFlight, rampMs, limitMs }) {
  const { gapMs, streams, isWarm } = inFlight
  const client = startOwnClient()
  const server = await startServer(name, { dist, gapMs })
  // The first ones of a process also pay for what it needs but once.
  const first = await memoryOf(client, server, { streams, rampMs, limitMs })
  const memory = isWarm ? await memoryOf(client, server, { streams, rampMs, limitMs }) : first
  await stopServers([server])
  await client.stop()
  return { ...memory, firstBytesPerStream: first.liveBytesPerStream }
}

/** Garbage is collected first, each time: what counts is what a stream holds, not what it used. */
async function memoryOf(client, { name, child, port }, { streams, rampMs, limitMs }) {
  const idle = await child.ask({ do: 'memory' })
  await client.ask({ do: 'open', port, connections: streams })
  const connected = await child.ask({ do: 'memory' })
  await client.ask({ do: 'begin', rampMs, limitMs })
  const flying = await child.ask({ do: 'memory' })
  const inFlight = await client.ask({ do: 'leave' })
  return {
    server: name,
    streams: inFlight,
    liveBytesPerStream: rounded((flying.liveBytes - idle.liveBytes) / inFlight),
    ofThatConnection: rounded((connected.liveBytes - idle.liveBytes) / streams),
    rssBytesPerStream: rounded((flying.rssBytes - idle.rssBytes) / inFlight),
  }
}

const cpuMicros = ({ cpuMicrosPerFrame }) => cpuMicrosPerFrame
const lengthP99 = ({ lengthOver }) => lengthOver.p99

function figures(server, streams, seen) {
  const rounds = seen.get(server)
  const ours = seen.get('stuntdouble')
  const tellsLag = rounds.every(({ serverLagMs }) => serverLagMs !== null)
  return {
    server,
    streams,
    clientLagMs: medianQuantiles(rounds, ({ lagMs }) => lagMs),
    firstLagMs: medianQuantiles(rounds, ({ firstLagMs }) => firstLagMs),
    ownLagMs: medianQuantiles(rounds, ({ ownLagMs }) => ownLagMs),
    serverLagMs: tellsLag ? medianQuantiles(rounds, ({ serverLagMs }) => serverLagMs) : null,
    lengthOver: medianQuantiles(rounds, ({ lengthOver }) => lengthOver),
    cpuMicrosPerFrame: medianOf(rounds, cpuMicros),
    serverBusy: medianOf(rounds, ({ serverBusy }) => serverBusy),
    clientBusy: medianOf(rounds, ({ clientBusy }) => clientBusy),
    cpuRatio: ratio(ours.map(cpuMicros), rounds.map(cpuMicros)),
    lengthP99Over: difference(ours.map(lengthP99), rounds.map(lengthP99)),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

export function pacedTable({ rows, memory }, { gapMs }) {
  return `${wavesTable(rows, gapMs)}\n${memoryTable(memory)}`
}

function wavesTable(rows, gapMs) {
  return table(
    `Paced: ${framesPerReply} frames a stream, one every ${gapMs} ms; lag of each frame in ms`,
    [
      'server',
      'streams',
      'read p50',
      'p99',
      'max',
      'first p99',
      'client p99',
      'written p50',
      'p99',
      'max',
      'length p99',
      'µs CPU/frame',
      'ours takes',
      'server busy',
      'client busy',
      'errors',
    ],
    rows.map((row) => [
      titleOf(row.server),
      row.streams,
      ...lagCells(row.clientLagMs),
      row.firstLagMs.p99,
      row.ownLagMs.p99,
      ...lagCells(row.serverLagMs),
      change(row.lengthOver.p99),
      row.cpuMicrosPerFrame,
      row.server === 'stuntdouble' ? '' : times(row.cpuRatio),
      percent(row.serverBusy),
      percent(row.clientBusy),
      row.errors,
    ]),
  )
}

const kilobytes = (bytes) => (bytes === null ? null : bytes / 1000)

const lagCells = (lag) => (lag === null ? [null, null, null] : [lag.p50, lag.p99, lag.max])

function memoryTable(memory) {
  return table(
    'Memory a stream in flight, in kB: heap and external after a forced collection',
    ['server', 'streams', 'live', 'of that idle connection', 'RSS', 'live, the first ones'],
    memory.map((row) => [
      titleOf(row.server),
      row.streams,
      kilobytes(row.liveBytesPerStream),
      kilobytes(row.ofThatConnection),
      kilobytes(row.rssBytesPerStream),
      kilobytes(row.firstBytesPerStream),
    ]),
  )
}
