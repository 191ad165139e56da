/** Counters of the server, as Prometheus reads them. */
import type { Ended, Outcome } from '../time/play.ts'

/** Of what goes on at the moment. */
export interface Now {
  readonly open: number
  readonly waiting: number
  readonly connections: number
  /** Left out where there is no limit. */
  readonly maxConnections?: number
  readonly maxStreams?: number
}

const mostLimits = 100
const unbounded = Number.POSITIVE_INFINITY

export class Counters {
  /** Exchanges by how they ended. */
  readonly ended = new Map<Ended, number>()
  /** Requests that a limit refused, by its name. */
  readonly limited = new Map<string, number>()
  /** Connections and requests for which there was no room, by what was lacking. */
  readonly refused = new Map<string, number>()
  misses = 0
  bytes = 0
  chunks = 0
  faults = 0
  /** Streams that could not be kept on time. */
  late = 0
  maxLagMs = 0

  countLimited(limit: string): void {
    // Limits come and go with every reload, and each name is a series for whoever reads them.
    const name = this.limited.size < mostLimits || this.limited.has(limit) ? limit : 'others'
    this.limited.set(name, (this.limited.get(name) ?? 0) + 1)
  }

  countRefused(lacking: string): void {
    this.refused.set(lacking, (this.refused.get(lacking) ?? 0) + 1)
  }

  countEnd({ ended, bytes, chunks, maxLagMs, late }: Outcome): void {
    this.ended.set(ended, (this.ended.get(ended) ?? 0) + 1)
    this.bytes += bytes
    this.chunks += chunks
    this.maxLagMs = Math.max(this.maxLagMs, maxLagMs)
    if (late) this.late += 1
  }
}

/** In the text format of Prometheus. The library is loaded when somebody first asks. */
export async function renderMetrics(counters: Counters, at: Now): Promise<[string, string]> {
  const { Counter, Gauge, Registry } = await import('prom-client')
  const registry = new Registry()
  const registers = [registry]
  const exchanges = new Counter({
    name: 'stuntdouble_exchanges_total',
    help: 'Exchanges that are over, by how they ended',
    labelNames: ['ended'],
    registers,
  })
  for (const [ended, count] of counters.ended) exchanges.inc({ ended }, count)
  const limited = new Counter({
    name: 'stuntdouble_limited_total',
    help: 'Requests that a limit refused, by its name',
    labelNames: ['limit'],
    registers,
  })
  for (const [limit, count] of counters.limited) limited.inc({ limit }, count)
  const refused = new Counter({
    name: 'stuntdouble_refused_total',
    help: 'Connections and requests for which there was no room, by what was lacking',
    labelNames: ['lacking'],
    registers,
  })
  for (const [lacking, count] of counters.refused) refused.inc({ lacking }, count)
  const totals: readonly (readonly [string, string, number])[] = [
    ['misses', 'Requests that nothing answered', counters.misses],
    ['body_bytes', 'Body bytes written', counters.bytes],
    ['chunks', 'HTTP chunks written', counters.chunks],
    ['faults', 'Faults that acted', counters.faults],
    ['late_streams', 'Streams that could not be kept on time', counters.late],
  ]
  for (const [name, help, value] of totals) {
    new Counter({ name: `stuntdouble_${name}_total`, help, registers }).inc(value)
  }
  const now: readonly (readonly [string, string, number])[] = [
    ['open_exchanges', 'Exchanges that are being played', at.open],
    ['waiting_requests', 'Requests that wait for a place', at.waiting],
    ['connections', 'Connections that are open', at.connections],
    ['connections_limit', 'How many connections are taken', at.maxConnections ?? unbounded],
    ['streams_limit', 'How many streams are taken', at.maxStreams ?? unbounded],
    ['max_lag_seconds', 'The most any step was late against its script', counters.maxLagMs / 1000],
  ]
  for (const [name, help, value] of now) {
    new Gauge({ name: `stuntdouble_${name}`, help, registers }).set(value)
  }
  return [registry.contentType, await registry.metrics()]
}
