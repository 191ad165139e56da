import { describe, expect, test } from 'vitest'
import { withDefaults } from '../../src/sources/upstream-defaults.ts'
import {
  checkUpstreamNames,
  openUpstreams,
  parseUpstream,
  upstreamSpecs,
} from '../../src/sources/upstreams.ts'
import { head, rawUpstream } from './raw-upstream.ts'
import { chatRequest, clock } from './relaying.ts'

describe('an upstream is written as', () => {
  test.each([
    ['https://api.example.com', { url: 'https://api.example.com' }],
    ['https://api.example.com/x=y', { url: 'https://api.example.com/x=y' }],
    ['/openai=https://a.example', { path: '/openai', url: 'https://a.example' }],
    ['/openai/=http://[::1]:8080/v1', { path: '/openai', url: 'http://[::1]:8080/v1' }],
    ['anthropic=https://b.example', { name: 'anthropic', url: 'https://b.example' }],
    ['openai-chat=h2c://c.example', { name: 'openai-chat', url: 'h2c://c.example' }],
  ])('%s', (text, spec) => {
    expect(parseUpstream(text)).toEqual(spec)
  })

  test.each([
    ['', /"" is no URL/],
    ['api.example.com', /"api\.example\.com" is no URL/],
    ['localhost:8080', /must be http, https, or h2c/],
    ['https:', /is no URL/],
    ['anthropic=', /"" is no URL/],
    ['my api=https://a.example', /"my api" is neither a path such as \/openai nor a name/],
    ['=https://a.example', /"" is neither a path/],
    ['/a?b=https://a.example', /a path holds no query/],
    ['x=ftp://a.example', /must be http, https, or h2c/],
  ])('and not as "%s"', (text, message) => {
    expect(() => parseUpstream(text)).toThrow(message)
  })
})

describe('of several upstreams the most specific is asked', () => {
  const upstreams = openUpstreams(
    [
      ...upstreamSpecs([
        'https://rest.example',
        'anthropic=https://anthropic.example',
        '/openai=https://openai.example/base',
        '/openai/eu=https://eu.example',
        'mine=https://mine.example',
      ]),
      { url: 'https://both.example', path: '/openai', dialect: 'anthropic' },
    ],
    clock,
  )
  test.each([
    ['/v1/chat', undefined, 'https://rest.example', '/v1/chat'],
    ['/v1/chat', 'openai-chat', 'https://rest.example', '/v1/chat'],
    ['/v1/messages', 'anthropic', 'https://anthropic.example', '/v1/messages'],
    ['/openai/v1/chat?x=1', undefined, 'https://openai.example/base', '/base/v1/chat'],
    ['/openai', undefined, 'https://openai.example/base', '/base/'],
    ['/openaix', undefined, 'https://rest.example', '/openaix'],
    ['/openai/v1', 'anthropic', 'https://both.example', '/v1'],
    ['/openai/eu/v1', 'anthropic', 'https://eu.example', '/v1'],
    ['http://evil.example/openai/v1', undefined, 'https://openai.example/base', '/base/v1'],
  ])('%s of %s goes to %s', (url, dialect, expected, path) => {
    const found = upstreams.find({ url }, dialect)
    expect(found?.url).toBe(expected)
    expect(found?.pathOf({ url })).toBe(path)
  })

  test('and one that only has a name is asked by it alone', () => {
    expect(upstreams.named('mine')?.url).toBe('https://mine.example')
    expect(upstreams.named('anthropic')?.url).toBe('https://anthropic.example')
    expect(upstreams.named('other')).toBeUndefined()
    const only = openUpstreams(upstreamSpecs('mine=https://mine.example'), clock)
    expect(only.find({ url: '/v1' }, undefined)).toBeUndefined()
  })

  test('the prefix is taken away on the wire, and the query stays', async () => {
    const made = await rawUpstream([head('204 No Content')])
    const several = openUpstreams([{ url: made.url, path: '/openai' }], clock)
    const request = chatRequest({ url: '/openai/v1/chat?b=2&a=1' })
    for await (const step of several.find(request, undefined)?.relay(request) ?? []) void step
    expect(made.received[0]?.split('\r\n')[0]).toBe('POST /v1/chat?b=2&a=1 HTTP/1.1')
    await made.close()
  })

  test.each([
    [['https://a.example', 'https://b.example'], /two upstreams are for everything/],
    [['/x=https://a.example', '/x/=https://b.example'], /two upstreams are for \/x/],
    [['x=https://a.example', 'x=https://b.example'], /two upstreams are for x/],
  ])('%j is refused', (given, message) => {
    expect(() => openUpstreams(upstreamSpecs(given), clock)).toThrow(message)
  })

  test('a name that nobody asks for is taken for a mistake', () => {
    const specs = upstreamSpecs('antropic=https://a.example')
    expect(() => checkUpstreamNames(specs, ['anthropic', 'openai-chat'])).toThrow(
      'antropic=https://a.example would never be asked: no dialect and no rule has that name; did you mean "anthropic"?',
    )
    expect(() => checkUpstreamNames(specs, [], ['antropic'])).not.toThrow()
  })
})

describe('what an upstream does not say itself', () => {
  const environment = {
    HTTPS_PROXY: 'http://proxy.example:1',
    AWS_ACCESS_KEY_ID: 'AKIATEST',
    AWS_SECRET_ACCESS_KEY: 'secret',
    AWS_REGION: 'eu-west-1',
  }
  const bedrock = 'https://bedrock-runtime.us-west-2.amazonaws.com'

  test('comes from the environment', () => {
    expect(withDefaults({ url: bedrock }, { environment })).toMatchObject({
      proxy: 'http://proxy.example:1/',
      aws: { accessKeyId: 'AKIATEST', fallbackRegion: 'eu-west-1' },
    })
  })

  test('credentials of AWS are for hosts of AWS, unless a region is given', () => {
    const url = 'https://api.example.com'
    expect(withDefaults({ url }, { environment }).aws).toBeUndefined()
    expect(withDefaults({ url }, { environment, awsRegion: 'us-east-1' }).aws?.region).toBe(
      'us-east-1',
    )
    expect(() => withDefaults({ url }, { awsRegion: 'us-east-1' })).toThrow(
      /AWS_ACCESS_KEY_ID must be in the environment/,
    )
  })

  test('and what it says itself counts more', () => {
    const spec = { url: bedrock, proxy: 'http://own.example', idleTimeoutMs: 5 }
    const defaults = { environment, idleTimeoutMs: 9, headTimeoutMs: 7 }
    expect(withDefaults(spec, defaults)).toMatchObject({ ...spec, headTimeoutMs: 7 })
    expect(withDefaults({ url: bedrock }, { environment, proxy: 'none' }).proxy).toBeUndefined()
    const local = { url: 'http://127.0.0.1:1' }
    expect(withDefaults(local, { proxy: 'http://p.example' }).proxy).toBe('http://p.example')
  })
})
