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
  for (const { kind, options } of expandProfiles(specs)) {
    const need = faultKind(kind)?.needs?.(options)
    const lack = need && lackOf(need, wire)
    if (lack !== undefined) return `${kind}${need === 'http2-code' ? '.code' : ''}: ${lack}`
  }
  return checkTogether(specs)?.why
}

function lackOf(need: WireNeed, { protocol, method }: Wire): string | undefined {
  const came = `and the request came by ${protocol}`
  if (need === 'length') return undefined
  if (need === 'connection-headers') {
    return protocol === 'HTTP/2' ? `HTTP/2 has no headers of one connection, ${came}` : undefined
  }
  if (need === 'http2' || need === 'http2-code') {
    if (protocol === 'HTTP/2') return undefined
    return need === 'http2'
      ? `only HTTP/2 has such frames, ${came}`
      : `only over HTTP/2 has a reset a code, ${came}`
  }
  if (protocol !== 'HTTP/1.1') return `only HTTP/1.1 sends a body in chunks, ${came}`
  return method === 'HEAD' ? 'the answer to HEAD has no body and so no chunks' : undefined
}

/** Which fault of a list, from 0, and why. */
export interface Impossible {
  readonly at: number
  readonly why: string
}

/** Faults that no request can have together, by whatever protocol it comes. */
export function checkTogether(specs: readonly FaultSpec[]): Impossible | undefined {
  const seen: FaultSpec[] = []
  for (const [at, spec] of specs.entries()) {
    for (const member of expandProfiles([spec])) {
      for (const other of seen) {
        const why = clash(other, member) ?? clash(member, other)
        if (why !== undefined) return { at, why }
      }
      seen.push(member)
    }
  }
  return undefined
}

const http1Needs: ReadonlySet<WireNeed | undefined> = new Set(['chunks', 'connection-headers'])
const http2Needs: ReadonlySet<WireNeed | undefined> = new Set(['http2', 'http2-code'])

function clash(one: FaultSpec, other: FaultSpec): string | undefined {
  const [need, otherNeed] = [needOf(one), needOf(other)]
  const both = `${one.kind} and ${other.kind}`
  if (need === 'chunks' && otherNeed === 'length') {
    return `${both}: a body is sent in chunks or has a Content-Length, never both`
  }
  if (http1Needs.has(need) && http2Needs.has(otherNeed)) {
    return `${both}: the one is for HTTP/1.1 and the other for HTTP/2; no request comes by both`
  }
  if (!hasNoBody(one) || !bodyKinds.has(other.kind)) return undefined
  return `${both}: an answer of that status has no body, so that nothing is left for ${other.kind}`
}

const needOf = ({ kind, options }: FaultSpec): WireNeed | undefined =>
  faultKind(kind)?.needs?.(options)

/** For certain: where chance decides, there may be a body. */
const hasNoBody = ({ kind, options, probability }: FaultSpec): boolean =>
  probability === 1 && faultKind(kind)?.leavesNoBody?.(options) === true

/** Kinds that do nothing but to a body. */
const bodyKinds = new Set([
  ...['throttle', 'jitter', 'heartbeats', 'slice', 'merge', 'duplicate', 'drop', 'swap', 'corrupt'],
  ...['truncate-json', 'replace', 'inject', 'no-terminator', 'after-terminator', 'bad-gzip'],
  ...['garbage', 'short-chunk'],
])

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
