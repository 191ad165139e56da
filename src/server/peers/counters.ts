/** The counters of several workers as those of one server. */
import { Counters, type Now } from '../metrics.ts'
import type { ServerState } from '../server-state.ts'
import type { CountersPart } from './peers.ts'

export function countersPart({ counters, streams, limits, capacity }: ServerState): CountersPart {
  const { misses, bytes, chunks, faults, maxLagMs, late } = counters
  return {
    ended: [...counters.ended],
    limited: [...counters.limited],
    refused: [...counters.refused],
    ...{ misses, bytes, chunks, faults, maxLagMs, late },
    now: { open: streams.size, waiting: limits.waiting, ...capacity.told },
  }
}

export function joinCounters(parts: readonly CountersPart[]): { counters: Counters; now: Now } {
  const counters = new Counters()
  for (const part of parts) {
    counters.misses += part.misses
    counters.bytes += part.bytes
    counters.chunks += part.chunks
    counters.faults += part.faults
    counters.late += part.late
    counters.maxLagMs = Math.max(counters.maxLagMs, part.maxLagMs)
    addAll(counters.ended, part.ended)
    addAll(counters.limited, part.limited)
    addAll(counters.refused, part.refused)
  }
  return { counters, now: joinNow(parts.map(({ now }) => now)) }
}

/** A limit that one of them does not have, they do not have together. */
export function joinNow(all: readonly Now[]): Now {
  const sum = (of: (now: Now) => number | undefined): number =>
    all.reduce((total, now) => total + (of(now) ?? Number.POSITIVE_INFINITY), 0)
  const maxConnections = sum((now) => now.maxConnections)
  const maxStreams = sum((now) => now.maxStreams)
  return {
    open: sum((now) => now.open),
    waiting: sum((now) => now.waiting),
    connections: sum((now) => now.connections),
    ...(Number.isFinite(maxConnections) ? { maxConnections } : {}),
    ...(Number.isFinite(maxStreams) ? { maxStreams } : {}),
  }
}

function addAll<K>(to: Map<K, number>, pairs: readonly (readonly [K, number])[]): void {
  for (const [key, count] of pairs) to.set(key, (to.get(key) ?? 0) + count)
}
