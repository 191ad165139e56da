/**
 * Whether the protocol that a request came by has what its faults are about. What it lacks is said
 * before anything is sent; a fault is never left out in silence.
 */
import { expandProfiles } from './expand.ts'
import type { FaultSpec, WireNeed } from './fault.ts'
import { faultKind } from './registry.ts'

export interface Wire {
  readonly protocol: 'HTTP/1.0' | 'HTTP/1.1' | 'HTTP/2'
  readonly method: string
}

/** Why one of the faults cannot be done on this wire, or undefined where all can. */
export function checkWire(specs: readonly FaultSpec[], wire: Wire): string | undefined {
  const needs = new Map<WireNeed, string>()
  for (const { kind, options } of expandProfiles(specs)) {
    const need = faultKind(kind)?.needs?.(options)
    if (need === undefined) continue
    const lack = lackOf(need, wire)
    if (lack !== undefined) return `${kind}: ${lack}`
    needs.set(need, kind)
  }
  const [chunks, length] = [needs.get('chunks'), needs.get('length')]
  if (chunks === undefined || length === undefined) return undefined
  return `${chunks} and ${length}: a body is sent in chunks or has a Content-Length, never both`
}

function lackOf(need: WireNeed, { protocol, method }: Wire): string | undefined {
  if (need === 'length') return undefined
  if (need === 'http2') {
    if (protocol === 'HTTP/2') return undefined
    return `only HTTP/2 has such frames, and the request came by ${protocol}`
  }
  if (protocol !== 'HTTP/1.1') {
    return `only HTTP/1.1 sends a body in chunks, and the request came by ${protocol}`
  }
  return method === 'HEAD' ? 'the answer to HEAD has no body and so no chunks' : undefined
}

/**
 * Kinds after which a declared length would be a lie; a clean end before it would leave the client
 * waiting for the rest.
 */
const lengthChanging = new Set([
  ...['end', 'duplicate', 'drop', 'inject', 'heartbeats', 'truncate-json', 'replace'],
  ...['no-terminator', 'after-terminator', 'bad-gzip', 'garbage', 'short-chunk'],
])

export const mayChangeLength = (specs: readonly FaultSpec[]): boolean =>
  expandProfiles(specs).some(({ kind }) => lengthChanging.has(kind))
