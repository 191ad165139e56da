/** Where a request goes: the URL of an upstream, and the path that is asked of it. Pure. */
import { messageOf, StuntdoubleError } from '../core/errors.ts'

const schemes = new Set(['http:', 'https:', 'h2c:'])

/** Throws a `usage` error where it cannot be an upstream. */
export function upstreamUrl(written: string): URL {
  const wrong = (why: string, cause?: unknown): StuntdoubleError =>
    new StuntdoubleError(
      'usage',
      `the upstream ${why}; it is written as https://api.example.com or http://localhost:8080/base`,
      { cause },
    )
  let url: URL
  try {
    url = new URL(written)
  } catch (error) {
    throw wrong(`"${written}" is no URL (${messageOf(error)})`, error)
  }
  if (url.username !== '' || url.password !== '') {
    throw wrong('must hold no user name or password: the client sends its own Authorization')
  }
  if (!schemes.has(url.protocol)) {
    throw wrong(`"${written}" must be http, https, or h2c (HTTP/2 without TLS)`)
  }
  if (url.hostname === '') throw wrong(`"${written}" names no host`)
  if (url.search !== '' || url.hash !== '') throw wrong('must hold no query and no fragment')
  return url
}

/** Scheme, host and port; for `h2c`, which is http in other words, with `http`. */
export const originOf = (url: URL): string =>
  `${url.protocol === 'h2c:' ? 'http:' : url.protocol}//${url.host}`

/**
 * Path and query of a request target, which may also be a whole URL or `*`. Only the path counts:
 * the host is always ours. Under a base path, `..` must not climb out of it.
 */
export function originForm(target: string, isUnderBase: boolean): string {
  const path = target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '')
  const rooted = path.startsWith('/') ? path : `/${path === '*' ? '' : path}`
  const plain = rooted.replaceAll(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character))
  if (!isUnderBase || !/(?:^|[/\\])(?:\.|%2e){1,2}(?:[/\\?#]|$)/i.test(plain)) return plain
  const { pathname, search } = new URL(`http://base${plain}`)
  return pathname + search
}

/** Whether a path stands below a prefix such as `/openai`, at the border of a segment. */
export function isBelow(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false
  const next = path[prefix.length]
  return prefix === '/' || next === undefined || next === '/' || next === '?'
}

/** Path and query without the prefix that only we know; unchanged where it is not below it. */
export function withoutPrefix(path: string, prefix: string | undefined): string {
  if (prefix === undefined || prefix === '/' || !isBelow(path, prefix)) return path
  const rest = path.slice(prefix.length)
  return rest.startsWith('/') ? rest : `/${rest}`
}
