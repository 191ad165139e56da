/** Counters of the server, as Prometheus reads them. */
import type { Ended, Outcome } from '../time/play.ts'

export class Counters {
  /** Exchanges by how they ended. */
  readonly ended = new Map<Ended, number>()
  /** Requests that a limit refused, by its name. */
  readonly limited = new Map<string, number>()
  misses = 0
  bytes = 0
  chunks = 0
  faults = 0
  maxLagMs = 0

  countLimited(limit: string): void {
    this.limited.set(limit, (this.limited.get(limit) ?? 0) + 1)
  }

  countEnd({ ended, bytes, chunks, maxLagMs }: Outcome): void {
    this.ended.set(ended, (this.ended.get(ended) ?? 0) + 1)
    this.bytes += bytes
    this.chunks += chunks
    this.maxLagMs = Math.max(this.maxLagMs, maxLagMs)
  }
}

/** In the text format of Prometheus. The library is loaded when somebody first asks. */
export async function renderMetrics(
  counters: Counters,
  open: number,
  waiting = 0,
): Promise<[string, string]> {
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
  const totals: readonly (readonly [string, string, number])[] = [
    ['misses', 'Requests that nothing answered', counters.misses],
    ['body_bytes', 'Body bytes written', counters.bytes],
    ['chunks', 'HTTP chunks written', counters.chunks],
    ['faults', 'Faults that acted', counters.faults],
  ]
  for (const [name, help, value] of totals) {
    new Counter({ name: `stuntdouble_${name}_total`, help, registers }).inc(value)
  }
  const now: readonly (readonly [string, string, number])[] = [
    ['open_exchanges', 'Exchanges that are being played', open],
    ['waiting_requests', 'Requests that wait for a place', waiting],
    ['max_lag_seconds', 'The most any step was late against its script', counters.maxLagMs / 1000],
  ]
  for (const [name, help, value] of now) {
    new Gauge({ name: `stuntdouble_${name}`, help, registers }).set(value)
  }
  return [registry.contentType, await registry.metrics()]
}
