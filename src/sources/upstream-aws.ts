/**
 * AWS Signature Version 4, which Bedrock asks for. A signature holds for one host, so that a relay
 * breaks it: with credentials the request is signed anew, without them it is said why not.
 *
 * Must never sign what the client had not signed itself, nor write a secret into a message.
 */
import { createHash, createHmac } from 'node:crypto'
import { type Headers, header } from '../core/http.ts'
import { NotRelayable } from './upstream-failure.ts'
import type { OutgoingRequest } from './upstream-transport.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  /** Whatever the host says. */
  readonly region?: string | undefined
  /** Where the host does not say it; that of the client's own signature unless given. */
  readonly fallbackRegion?: string | undefined
}

/** What the client has signed its request for. */
interface Scope {
  readonly region: string
  readonly service: string
}

const scopeOf = (headers: Headers): Scope | undefined => {
  const signed = header(headers, 'authorization') ?? ''
  const [, region, service] =
    /^AWS4-\S+\s+Credential=[^/,]*\/\d+\/([^/,]+)\/([^/,]+)\/aws4_request/i.exec(signed) ?? []
  return region && service ? { region, service } : undefined
}

/** A host that checks signatures for certain. */
export const isAws = (hostname: string): boolean => /\.amazonaws\.com(?:\.cn)?$/i.test(hostname)

const regionIn = (hostname: string): string | undefined =>
  isAws(hostname) ? /\.([a-z]{2}(?:-[a-z]+)+-\d+)\./.exec(hostname)?.[1] : undefined

/** The request as it can be sent; throws where it would only be refused. */
export function signedForAws(
  asked: OutgoingRequest,
  credentials: AwsCredentials | undefined,
  atMs: number,
): OutgoingRequest {
  const scope = scopeOf(asked.headers)
  if (!scope) return asked
  const { hostname } = new URL(asked.origin)
  if (!credentials) {
    if (isAws(hostname)) throw new NotRelayable(unsignable)
    return asked
  }
  if (/^STREAMING-/i.test(header(asked.headers, 'x-amz-content-sha256') ?? '')) {
    throw new NotRelayable('each part of its body is signed by itself, which cannot be done anew')
  }
  const region =
    credentials.region ?? regionIn(hostname) ?? credentials.fallbackRegion ?? scope.region
  const headers = signatureHeaders(asked, credentials, { ...scope, region }, atMs)
  return { ...asked, headers }
}

const unsignable = [
  'the request carries an AWS signature, which holds for the host that the client has called and',
  'would be refused here. To have it signed anew, start stuntdouble with AWS_ACCESS_KEY_ID and',
  'AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN, where you have one) in its environment; or let',
  'the client use a Bedrock API key (AWS_BEARER_TOKEN_BEDROCK), which is relayed as it is',
].join(' ')

const hex = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex')

const hmac = (key: string | Uint8Array, data: string): Uint8Array =>
  createHmac('sha256', key).update(data).digest()

/** Those of the client without its signature, and ours. */
function signatureHeaders(
  asked: OutgoingRequest,
  credentials: AwsCredentials,
  { region, service }: Scope,
  atMs: number,
): Headers {
  const old = /^(?:authorization|x-amz-(?:date|security-token|content-sha256))$/i
  const time = new Date(atMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const date = time.slice(0, 8)
  const payload = hex(asked.body)
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const headers: Headers = [
    ...asked.headers.filter(([name]) => !old.test(name)),
    ['x-amz-date', time],
    ['x-amz-content-sha256', payload],
    ...(sessionToken ? ([['x-amz-security-token', sessionToken]] as const) : []),
  ]
  const { names, lines } = canonicalHeaders(headers, new URL(asked.origin).host)
  const [path = '/', query = ''] = splitOnce(asked.path, '?')
  const canonical = [
    ...[asked.method, canonicalPath(path), canonicalQuery(query)],
    ...[lines, names, payload],
  ].join('\n')
  const scope = `${date}/${region}/${service}/aws4_request`
  const text = ['AWS4-HMAC-SHA256', time, scope, hex(canonical)].join('\n')
  const key = [date, region, service, 'aws4_request'].reduce<string | Uint8Array>(
    (before, part) => hmac(before, part),
    `AWS4${secretAccessKey}`,
  )
  const signature = Buffer.from(hmac(key, text)).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${names}, Signature=${signature}`
  return [...headers, ['authorization', authorization]]
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** Those that the signature must cover: where it goes, what it is, and all of AWS's own. */
function canonicalHeaders(headers: Headers, host: string): { names: string; lines: string } {
  const values = new Map([['host', host]])
  for (const [name, value] of headers) {
    const lower = name.toLowerCase()
    if (lower !== 'content-type' && !lower.startsWith('x-amz-')) continue
    const before = values.get(lower)
    const trimmed = value.trim().replaceAll(/\s+/g, ' ')
    values.set(lower, before === undefined ? trimmed : `${before},${trimmed}`)
  }
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : 1))
  return {
    names: sorted.map(([name]) => name).join(';'),
    lines: sorted.map(([name, value]) => `${name}:${value}\n`).join(''),
  }
}

const escaped = (text: string): string =>
  encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )

/** Escaped once more than it is sent, as every service but S3 wants it. */
function canonicalPath(path: string): string {
  const segments: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') segments.pop()
    else if (segment !== '' && segment !== '.') segments.push(segment)
  }
  const end = segments.length > 0 && path.endsWith('/') ? '/' : ''
  return `/${segments.map(escaped).join('/')}${end}`
}

function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => splitOnce(pair, '=').map((part) => escaped(decoded(part))))
  return pairs
    .map(([name = '', value = '']) => `${name}=${value}`)
    .sort()
    .join('&')
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // It is sent as it is, and so it is signed.
  }
}
