/**
 * Which proxy stands between us and an upstream, and the way through it.
 * Must never let a proxy's password into a message.
 */
import { request as startRequest } from 'node:http'
import type { Duplex } from 'node:stream'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import type { Headers } from '../core/http.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Without its password. */
export const proxyName = ({ protocol, host }: URL): string => `${protocol}//${host}`

/** Throws a `usage` error where it cannot be a proxy. */
export function proxyUrl(written: string, from = '--proxy'): URL {
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isProxy = url && /^https?:$/.test(url.protocol) && url.hostname !== ''
  if (isProxy) return url
  const socks = url && /^socks/.test(url.protocol) ? 'a SOCKS proxy, which is not spoken here' : ''
  const what = socks || 'no URL of a proxy'
  throw new StuntdoubleError(
    'usage',
    `${from} is ${what}; it is written as http://proxy.example.com:8080, and --proxy none asks without one`,
  )
}

const read = (environment: Environment, name: string): [string, string] | undefined => {
  for (const key of [name.toLowerCase(), name]) {
    const value = environment[key]
    if (value !== undefined && value !== '') return [key, value]
  }
  return undefined
}

/**
 * What the environment says about an upstream: `HTTPS_PROXY` or `HTTP_PROXY` by its scheme, then
 * `ALL_PROXY`, unless `NO_PROXY` names its host. A loopback is never asked through a proxy.
 */
export function proxyFor(upstream: URL, environment: Environment): URL | undefined {
  if (isLoopback(upstream) || isExcepted(upstream, read(environment, 'NO_PROXY')?.[1] ?? '')) {
    return undefined
  }
  const name = upstream.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const found = read(environment, name) ?? read(environment, 'ALL_PROXY')
  return found && proxyUrl(found[1], found[0])
}

const bare = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').toLowerCase()

const isLoopback = ({ hostname }: URL): boolean =>
  /^(?:localhost|.*\.localhost|127\.\d+\.\d+\.\d+|::1)$/.test(bare(hostname))

/** `example.com` and `.example.com` mean a host and all below it, `*` all hosts. */
function isExcepted(upstream: URL, list: string): boolean {
  const host = bare(upstream.hostname)
  const port = upstream.port || (upstream.protocol === 'https:' ? '443' : '80')
  return list.split(/[\s,]+/).some((entry) => {
    const [, name = '', wantedPort] = /^(\[.*\]|.*?)(?::(\d+))?$/.exec(hideColons(entry)) ?? []
    if (name === '' || (wantedPort !== undefined && wantedPort !== port)) return false
    if (name === '*') return true
    const domain = bare(name).replace(/^\*?\./, '')
    return host === domain || host.endsWith(`.${domain}`)
  })
}

/** An IPv6 address without brackets has no port. */
const hideColons = (entry: string): string =>
  (entry.match(/:/g)?.length ?? 0) > 1 && !entry.startsWith('[') ? `[${entry}]` : entry

export function proxyAuthorization({ username, password }: URL): Headers {
  if (username === '' && password === '') return []
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return [['proxy-authorization', `Basic ${Buffer.from(pair).toString('base64')}`]]
}

/** Asks the proxy behind the socket for a tunnel; resolves with the same socket when it is dug. */
export function tunnel<S extends Duplex>(socket: S, target: string, proxy: URL): Promise<S> {
  const name = proxyName(proxy)
  return new Promise((resolve, reject) => {
    const asked = startRequest({
      createConnection: () => socket,
      method: 'CONNECT',
      path: target,
      headers: ['host', target, ...proxyAuthorization(proxy).flat()],
    })
    asked.on('connect', ({ statusCode = 0, statusMessage }, _, rest) => {
      if (statusCode === 200) {
        if (rest.length > 0) socket.unshift(rest)
        resolve(socket)
        return
      }
      socket.destroy()
      const why =
        statusCode === 407
          ? 'it asks for a name and a password, written as http://name:password@host:port'
          : (statusMessage ?? '')
      reject(new Error(`the proxy ${name} refuses a tunnel to ${target}: ${statusCode} ${why}`))
    })
    asked.on('error', (error) => {
      reject(new Error(`the proxy ${name} gives no tunnel to ${target}: ${messageOf(error)}`))
    })
    asked.end()
  })
}
