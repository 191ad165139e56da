import { afterEach, describe, expect, test } from 'vitest'
import { proxyFor } from '../../src/sources/upstream-proxy.ts'
import { makeTrust } from '../support/certificate.ts'
import { data, h2cUrl, h2Upstream, ok } from './h2-upstream.ts'
import { type ForwardProxy, forwardProxy } from './proxy.ts'
import { chunk, lastChunk, type RawUpstream, rawUpstream, streamHead } from './raw-upstream.ts'
import { relay, saidByUs } from './relaying.ts'

const { ca, server } = makeTrust()
const open: { close(): Promise<void> }[] = []

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

function kept<T extends RawUpstream | ForwardProxy>(made: T): T {
  open.push(made)
  return made
}

const acts = [streamHead, chunk('data: 1\n\n'), 'pause', chunk('data: 2\n\n'), lastChunk] as const
const seen = [200, 'data: 1\n\n', 'data: 2\n\n', 'end']

test('https goes through a tunnel, and the proxy hears nothing but where it goes', async () => {
  const upstream = kept(await rawUpstream(acts, { server }))
  const proxy = kept(await forwardProxy())
  const asked = await relay({
    ...{ url: upstream.url, ca },
    proxy: proxy.url.replace('//', '//me:p%40ss@'),
  })
  expect(asked.seen).toEqual(seen)
  expect(asked.taped).toEqual(seen)
  expect(proxy.asked).toEqual([
    {
      line: `CONNECT 127.0.0.1:${upstream.port}`,
      authorization: `Basic ${Buffer.from('me:p@ss').toString('base64')}`,
    },
  ])
  expect(upstream.received[0]).not.toMatch(/proxy-authorization/i)
  expect(asked.text).not.toContain('p@ss')
})

test.each(['FIN', 'RST'] as const)(
  'a %s behind a tunnel breaks the stream there, too',
  async (how) => {
    const upstream = kept(await rawUpstream([streamHead, chunk('data'), how], { server }))
    const proxy = kept(await forwardProxy())
    const asked = await relay({ url: upstream.url, ca, proxy: proxy.url })
    expect(asked.seen.slice(0, 2)).toEqual([200, 'data'])
    expect(asked.seen[2]).toMatch(/^(?:close|reset)$/)
  },
)

test('HTTP/2 without TLS goes through a tunnel as well', async () => {
  const upstream = kept(await h2Upstream([ok, data('a', 'last')]))
  const proxy = kept(await forwardProxy())
  expect((await relay({ url: h2cUrl(upstream), proxy: proxy.url })).seen).toEqual([200, 'a', 'end'])
  expect(proxy.asked[0]?.line).toBe(`CONNECT 127.0.0.1:${upstream.port}`)
})

test('http is asked for by its whole URL', async () => {
  const upstream = kept(await rawUpstream(acts))
  const proxy = kept(await forwardProxy())
  const asked = await relay({ url: `${upstream.url}/base`, proxy: proxy.url })
  expect(asked.seen).toEqual(seen)
  expect(proxy.asked[0]?.line).toBe(`POST ${upstream.url}/base/v1/chat`)
  expect(upstream.received[0]?.split('\r\n')[0]).toBe('POST /base/v1/chat HTTP/1.1')
})

describe('a proxy that does not help is named, without its password', () => {
  test.each([
    ['407 Proxy Authentication Required', /407 it asks for a name and a password/],
    ['403 Forbidden', /refuses a tunnel to 127\.0\.0\.1:9: 403 Forbidden/],
  ])('%s', async (refusal, message) => {
    const proxy = kept(await forwardProxy(refusal))
    const said = saidByUs(
      await relay({ url: 'https://127.0.0.1:9', proxy: proxy.url.replace('//', '//me:secret@') }),
    )
    expect(said).toMatch(message)
    expect(said).toContain(proxy.url)
    expect(said).not.toContain('secret')
  })

  test('one that is not there', async () => {
    const proxy = await forwardProxy()
    await proxy.close()
    const asked = await relay({ url: 'https://api.example.com', proxy: proxy.url })
    expect(saidByUs(asked)).toContain(`the proxy ${proxy.url}: connect ECONNREFUSED`)
  })
})

describe('the environment says which proxy is asked', () => {
  const proxies = {
    HTTPS_PROXY: 'http://secure:1',
    http_proxy: 'plain:2',
    ALL_PROXY: 'http://all:3',
  }
  test.each([
    ['https://api.example.com', proxies, 'secure:1'],
    ['http://api.example.com', proxies, 'plain:2'],
    ['h2c://api.example.com', proxies, 'plain:2'],
    ['https://api.example.com', { all_proxy: 'http://all:3' }, 'all:3'],
    ['https://api.example.com', { HTTPS_PROXY: 'http://a:1', https_proxy: 'http://b:1' }, 'b:1'],
    ['https://api.example.com', { HTTPS_PROXY: '' }, undefined],
    ['https://api.example.com', {}, undefined],
    ['https://localhost:8080', proxies, undefined],
    ['http://127.0.0.2', proxies, undefined],
    ['http://[::1]:80', proxies, undefined],
    ['https://api.example.com', { ...proxies, NO_PROXY: 'example.com' }, undefined],
    ['https://api.example.com', { ...proxies, no_proxy: 'a.b, .example.com' }, undefined],
    ['https://api.example.com', { ...proxies, NO_PROXY: '*' }, undefined],
    ['https://api.example.com', { ...proxies, NO_PROXY: 'api.example.com:443' }, undefined],
    ['https://api.example.com', { ...proxies, NO_PROXY: 'api.example.com:8443' }, 'secure:1'],
    ['https://api.example.com', { ...proxies, NO_PROXY: 'ample.com' }, 'secure:1'],
    ['https://[fd00::7]', { ...proxies, NO_PROXY: 'fd00::7' }, undefined],
    ['https://10.1.2.3', { ...proxies, NO_PROXY: '10.1.2.3' }, undefined],
  ] as const)('%s with %o: %s', (url, environment, expected) => {
    expect(proxyFor(new URL(url), environment)?.host).toBe(expected)
  })

  test('and a proxy that cannot be one is refused by the name of its variable', () => {
    const socks = { ALL_PROXY: 'socks5://127.0.0.1:1080' }
    expect(() => proxyFor(new URL('https://api.example.com'), socks)).toThrow(
      /^ALL_PROXY is a SOCKS proxy, which is not spoken here/i,
    )
  })
})
