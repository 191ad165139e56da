/** How a request stands on a connection of HTTP/1.1. Pure. */
import type { Connection, OutgoingRequest } from './upstream-transport.ts'

/** A proxy that is not tunnelled through is asked for whole URLs. */
export const targetOf = ({ isAskedInFull }: Connection, { origin, path }: OutgoingRequest) =>
  isAskedInFull ? origin + path : path

/** Flat, since Node's client then sends them in this order and these letters, and adds nothing. */
export function headerLines(connection: Connection, asked: OutgoingRequest): string[] {
  const { method, body, headers } = asked
  const isCounted = body.length > 0 || !/^(?:GET|HEAD|DELETE|OPTIONS|TRACE)$/.test(method)
  const lines = ['host', asked.origin.slice(asked.origin.indexOf('//') + 2)]
  lines.push('connection', 'keep-alive')
  for (const [name, value] of connection.proxyHeaders) lines.push(name, value)
  for (const [name, value] of headers) lines.push(name, value)
  if (isCounted) lines.push('content-length', String(body.length))
  return lines
}

/** RFC 9110, section 5.6.2, and what may stand in a value; all else is for Node to refuse. */
const plainName = /^[!#$%&'*+.^_`|~\w-]+$/
const plainValue = /^[\t -~\u0080-\u00ff]*$/
/** Those that mean nothing but a question with its answer. */
const plainMethod = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)$/
const plainTarget = /^[!-~]+$/

/** Undefined where Node is to write it, or to say what is wrong with it. */
export function plainHead(connection: Connection, asked: OutgoingRequest): string | undefined {
  const target = targetOf(connection, asked)
  if (!plainMethod.test(asked.method) || !plainTarget.test(target)) return undefined
  const lines = headerLines(connection, asked)
  let text = `${asked.method} ${target} HTTP/1.1\r\n`
  for (let at = 0; at + 1 < lines.length; at += 2) {
    const name = lines[at] ?? ''
    const value = lines[at + 1] ?? ''
    if (!plainName.test(name) || !plainValue.test(value)) return undefined
    text += `${name}: ${value}\r\n`
  }
  return `${text}\r\n`
}
