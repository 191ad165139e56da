/**
 * What it costs to tape a stream on its way: how much later a chunk arrives, and how many replies a
 * second pass, beside a route that only pipes.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer, stopServers } from '../children.mjs'
import { difference, errorsOf, medianOf, ratio } from '../figures.mjs'
import { bytesPerReply } from '../reply.mjs'
import { inTurn } from '../rounds.mjs'
import { percent, spread, table, times, titleOf } from '../table.mjs'
import { load } from '../warm.mjs'

const all = ['stuntdouble', 'undici-pipe', 'aimock']

/** A proxy that has taped an answer may give it again, and would then be measured as a player. */
const prompts = 'new'

export async function taping(client, options) {
  const folder = await mkdtemp(join(tmpdir(), 'stuntdouble-bench-'))
  const service = await startServer('stamping')
  const before = await proxiesBefore(service, folder, options)
  try {
    // As fast as they can comes first: it leaves them warm.
    const throughput = options.forMs === 0 ? [] : await speeds(client, before, options)
    await service.child.ask({ do: 'pace', gapMs: options.gapMs })
    const ways = [{ ...service, name: 'direct' }, ...before]
    return { chunks: await chunkTimes(client, ways, options), throughput }
  } finally {
    await stopServers([service, ...before])
    await rm(folder, { recursive: true, force: true })
  }
}

const proxiesBefore = ({ port }, folder, { dist, proxies = all }) =>
  Promise.all(
    proxies.map(async (proxy) => {
      const upstream = `http://127.0.0.1:${port}`
      const tapes = join(folder, proxy)
      return { ...(await startServer(proxy, { dist, upstream, tapes })), tapes }
    }),
  )

async function chunkTimes(client, ways, options) {
  const { rounds, spareMs, once, connections, rampMs, limitMs } = options
  const ask = { do: 'stamps', connections, rampMs, limitMs, prompts }
  // What comes at a pace takes other ways than what comes at once, and is to be warm as well.
  for (const { port } of ways) await client.ask({ ...ask, rampMs: 0, port })
  const ours = ways.find(({ name }) => name === 'stuntdouble')
  const before = await tapesOf(ours)
  let taped = 0
  const seen = await inTurn(ways, { rounds, spareMs, once }, ({ name, port }) => {
    if (name === ours.name) taped += connections
    return client.ask({ ...ask, port })
  })
  const rows = ways.map(({ name }) => chunkFigures(name, seen))
  const missing = taped - ((await tapesOf(ours)) - before)
  return rows.map((row) =>
    row.way === 'stuntdouble' && missing !== 0
      ? { ...row, errors: row.errors + 1, reasons: [...row.reasons, `${missing} tapes missing`] }
      : row,
  )
}

const tapesOf = async ({ tapes }) =>
  (await readdir(tapes)).filter((file) => file.endsWith('.jsonl')).length

function chunkFigures(way, seen) {
  const rounds = seen.get(way)
  const all = (of, key) => seen.get(of).map(({ tookMicros }) => tookMicros[key])
  const added = (key) => difference(all(way, key), all('direct', key))
  return {
    way,
    p50Micros: medianOf(rounds, ({ tookMicros }) => tookMicros.p50),
    p99Micros: medianOf(rounds, ({ tookMicros }) => tookMicros.p99),
    addedP50Micros: added('p50'),
    addedP99Micros: added('p99'),
    chunks: medianOf(rounds, ({ chunks }) => chunks),
    countedPart: medianOf(rounds, ({ countedPart }) => countedPart),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

async function speeds(client, ways, { speedRounds, warmUp, forMs, connections }) {
  for (const server of ways) await load(client, server, { connections, prompts, ...warmUp })
  const seen = await inTurn(ways, { rounds: speedRounds }, (server) =>
    load(client, server, { connections, prompts, forMs }),
  )
  return ways.map(({ name }) => speedFigures(name, seen))
}

const perSecond = (round) => round.perSecond
const cpuMicros = ({ cpuMicros, replies }) => cpuMicros / replies

function speedFigures(way, seen) {
  const rounds = seen.get(way)
  const ours = seen.get('stuntdouble')
  return {
    way,
    repliesPerSecond: medianOf(rounds, perSecond),
    megabytesPerSecond: medianOf(rounds, (round) => (round.perSecond * bytesPerReply) / 1e6),
    cpuMicrosPerReply: medianOf(rounds, cpuMicros),
    speedRatio: ratio(ours.map(perSecond), rounds.map(perSecond)),
    cpuRatio: ratio(ours.map(cpuMicros), rounds.map(cpuMicros)),
    clientBusy: medianOf(rounds, ({ clientBusy }) => clientBusy),
    rounds: rounds.length,
    ...errorsOf(rounds),
  }
}

export function tapingTable({ chunks, throughput }, { connections, gapMs }) {
  const late = table(
    `Taping proxy: µs from a chunk's writing to its reading, ${connections} streams at ${gapMs} ms`,
    ['way', 'p50', 'p99', 'added p50', 'added p99', 'counted', 'errors'],
    chunks.map((row) => [
      titleOf(row.way),
      row.p50Micros,
      row.p99Micros,
      row.way === 'direct' ? '' : spread(row.addedP50Micros),
      row.way === 'direct' ? '' : spread(row.addedP99Micros),
      percent(row.countedPart),
      row.errors,
    ]),
  )
  const speed = table(
    `Taping proxy: throughput, no delays, ${connections} connections`,
    ['way', 'replies/s', 'MB/s', 'ours is', 'µs CPU/reply', 'ours takes', 'client busy', 'errors'],
    throughput.map((row) => [
      titleOf(row.way),
      row.repliesPerSecond,
      row.megabytesPerSecond,
      row.way === 'stuntdouble' ? '' : times(row.speedRatio),
      row.cpuMicrosPerReply,
      row.way === 'stuntdouble' ? '' : times(row.cpuRatio),
      percent(row.clientBusy),
      row.errors,
    ]),
  )
  return `${late}\n${speed}`
}
