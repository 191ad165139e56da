/** How much later a chunk arrives when it is taped on its way. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startServer } from '../children.mjs'
import { medianOf, quantile, rounded, sum } from '../figures.mjs'
import { table } from '../table.mjs'

export async function taping(client, { rounds, connections, gapMs, rampMs, limitMs }) {
  const tapes = await mkdtemp(join(tmpdir(), 'stuntdouble-bench-'))
  const service = await startServer('stamping', { gapMs })
  const upstream = `http://127.0.0.1:${service.port}`
  const proxy = await startServer('stuntdouble', { upstream, tapes })
  const ways = { direct: [], taped: [] }
  try {
    const ask = { do: 'stamps', connections, rampMs, limitMs }
    // The first round warms up and counts for nothing but its tapes.
    for (let round = 0; round <= rounds; round += 1) {
      const direct = await client.ask({ ...ask, port: service.port })
      const taped = await client.ask({ ...ask, port: proxy.port })
      if (round === 0) continue
      ways.direct.push(quantiles(direct))
      ways.taped.push(quantiles(taped))
    }
    return figures(ways, (rounds + 1) * connections, await readdir(tapes))
  } finally {
    await Promise.all([proxy.child.stop(), service.child.stop()])
    await rm(tapes, { recursive: true, force: true })
  }
}

const quantiles = ({ tookMicros, errors, reasons }) => ({
  p50Micros: quantile(tookMicros, 0.5),
  p99Micros: quantile(tookMicros, 0.99),
  errors,
  reasons,
})

function figures({ direct, taped }, streams, files) {
  const both = [...direct, ...taped]
  const missing = Math.max(0, streams - files.filter((file) => file.endsWith('.jsonl')).length)
  const added = (key) => direct.map((round, index) => ({ added: taped[index][key] - round[key] }))
  const row = (rounds) => ({
    p50Micros: rounded(medianOf(rounds, 'p50Micros')),
    p99Micros: rounded(medianOf(rounds, 'p99Micros')),
  })
  return {
    direct: row(direct),
    taped: row(taped),
    added: {
      p50Micros: rounded(medianOf(added('p50Micros'), 'added')),
      p99Micros: rounded(medianOf(added('p99Micros'), 'added')),
    },
    errors: sum(both.map(({ errors }) => errors)) + missing,
    reasons: [
      ...both.flatMap(({ reasons }) => reasons),
      ...(missing > 0 ? [`${missing} recordings missing`] : []),
    ],
  }
}

export function tapingTable({ direct, taped, added, errors }, { connections, gapMs }) {
  const row = (name, { p50Micros, p99Micros }) => [name, p50Micros, p99Micros, errors]
  return table(
    `Taping proxy: from a chunk's writing to its reading, ${connections} streams at ${gapMs} ms`,
    ['way', 'p50 µs', 'p99 µs', 'errors'],
    [row('direct', direct), row('through record', taped), row('added', added)],
  )
}
