/** Many streams at once at a model's pace: what it costs, and how late they end. */
import { startServer } from '../children.mjs'
import { medianOf, quantile, ratio, rounded, sum } from '../figures.mjs'
import { framesPerReply, pacedLength } from '../reply.mjs'
import { table, times } from '../table.mjs'

const servers = ['stuntdouble', 'aimock', 'bare-net']

/** aimock waits before each frame but the terminator, so its own script is one gap longer. */
const scriptMs = (name, gapMs) => pacedLength(gapMs) + (name === 'aimock' ? gapMs : 0)

export async function paced(client, { rounds, waves, gapMs, rampMs, limitMs }) {
  const measured = []
  for (const { streams, repeats } of waves) {
    const perServer = new Map(servers.map((name) => [name, []]))
    for (let round = 0; round < rounds; round += 1) {
      for (const name of servers) {
        const wave = { streams, repeats, gapMs, rampMs, limitMs }
        perServer.get(name).push(await runOnce(client, name, wave))
      }
    }
    measured.push(...servers.map((name) => figures(name, streams, perServer)))
  }
  return measured
}

/** A new process each time, since memory that was once taken is seldom given back. */
async function runOnce(client, name, { streams, repeats, gapMs, rampMs, limitMs }) {
  const { child, port } = await startServer(name, { gapMs })
  try {
    const warmUp = Math.min(streams, 100)
    await client.ask({ do: 'open', port, connections: warmUp })
    await client.ask({ do: 'paced', repeats: 1, rampMs: 0, limitMs })
    const idle = await child.ask({ do: 'usage' })
    await client.ask({ do: 'open', port, connections: streams })
    const before = await child.ask({ do: 'usage' })
    const peak = watchMemory(child)
    const wave = await client.ask({ do: 'paced', repeats, rampMs, limitMs })
    const peakBytes = await peak.stop()
    const after = await child.ask({ do: 'usage' })
    const script = scriptMs(name, gapMs)
    const late = (part) => quantile(wave.lengthsMs, part) / script - 1
    return {
      scriptMs: script,
      errors: wave.errors,
      reasons: wave.reasons,
      lateP50: late(0.5),
      lateP99: late(0.99),
      lateMax: late(1),
      cpuMicrosPerFrame:
        (after.cpuMicros - before.cpuMicros) / (wave.lengthsMs.length * framesPerReply),
      rssBytesPerStream: Math.max(0, peakBytes - idle.rssBytes) / streams,
    }
  } finally {
    await child.stop()
  }
}

/** Asks a few times a second, which costs the server nothing that could be measured. */
function watchMemory(child) {
  let isOver = false
  const watching = (async () => {
    let peakBytes = 0
    while (!isOver) {
      peakBytes = Math.max(peakBytes, (await child.ask({ do: 'usage' })).rssBytes)
      await new Promise((resolve) => setTimeout(resolve, 200))
    }
    return peakBytes
  })()
  return {
    stop: () => {
      isOver = true
      return watching
    },
  }
}

const medians = ['lateP50', 'lateP99', 'lateMax', 'cpuMicrosPerFrame', 'rssBytesPerStream']

function figures(name, streams, perServer) {
  const rounds = perServer.get(name)
  const cpu = (of) => perServer.get(of).map((round) => round.cpuMicrosPerFrame)
  return {
    server: name,
    streams,
    scriptMs: rounds[0].scriptMs,
    ...Object.fromEntries(medians.map((key) => [key, rounded(medianOf(rounds, key))])),
    oursOverIt: ratio(cpu('stuntdouble'), cpu(name)),
    errors: sum(rounds.map(({ errors }) => errors)),
    reasons: rounds.flatMap(({ reasons }) => reasons),
  }
}

const percent = (part) =>
  part === null ? '-' : `${part < 0 ? '' : '+'}${(part * 100).toFixed(1)} %`

export function pacedTable(measured, { gapMs }) {
  return table(
    `Paced: ${framesPerReply} frames a stream, one every ${gapMs} ms; length against the script`,
    ['server', 'streams', 'p50', 'p99', 'max', 'µs CPU/frame', 'ours is', 'kB/stream', 'errors'],
    measured.map((row) => [
      row.server === 'bare-net' ? 'bare net, one timer' : row.server,
      row.streams,
      percent(row.lateP50),
      percent(row.lateP99),
      percent(row.lateMax),
      row.cpuMicrosPerFrame,
      row.server === 'stuntdouble' ? '' : times(row.oursOverIt),
      row.rssBytesPerStream / 1000,
      row.errors,
    ]),
  )
}
