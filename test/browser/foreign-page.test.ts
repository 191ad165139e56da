/**
 * A page of a foreign origin in a real browser: it may use the played API as it would the real one,
 * and the control API not at all. What the page itself received is what counts.
 */
import { createServer, type Server } from 'node:http'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { launchBrowser } from './chromium.ts'

const words = ['one ', 'two ', 'three ', 'four']

const scenario = {
  name: 'page',
  auth: { keys: ['key-of-the-page'] },
  rules: [
    { name: 'words', when: { user: 'words' }, reply: [{ text: words }] },
    {
      name: 'hang',
      when: { user: 'hang' },
      reply: [{ text: words }],
      faults: [{ hang: { at: { frame: 3 } } }],
    },
    {
      name: 'reset',
      when: { user: 'reset' },
      reply: [{ text: words }],
      faults: [{ reset: { at: { frame: 3 }, after: '50ms' } }],
    },
    {
      name: 'busy',
      when: { user: 'busy' },
      reply: { error: { code: 'rate-limited', retryAfter: '7s' } },
    },
    { name: 'first', when: { user: 'once' }, times: 1, reply: 'First.' },
    { name: 'then', when: { user: 'once' }, reply: 'Again.' },
  ],
}

let browser: Browser
let pages: Server
let double: Double

beforeAll(async () => {
  browser = await launchBrowser()
  pages = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><title>A page</title>')
  })
  await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve))
}, 60_000)

afterAll(async () => {
  await browser.close()
  pages.closeAllConnections()
  await new Promise((resolve) => pages.close(resolve))
})

const portOf = (server: Server): number => {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** Asks from within the page and listens until the end, or until a text has come, then leaves. */
const askFrom = (page: Page, content: string, leaveAfter?: string) =>
  page.evaluate(
    async ({ url, content, leaveAfter }) => {
      const leaving = new AbortController()
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: 'Bearer key-of-the-page', 'content-type': 'application/json' },
        credentials: 'include',
        body: JSON.stringify({
          model: 'gpt-4o',
          stream: true,
          messages: [{ role: 'user', content }],
        }),
        signal: leaving.signal,
      })
      const heard = {
        status: response.status,
        rule: response.headers.get('x-stuntdouble-rule'),
        retryAfter: response.headers.get('retry-after'),
        text: '',
        failure: '',
      }
      const decoder = new TextDecoder()
      const reader = response.body?.getReader()
      try {
        for (;;) {
          const read = await reader?.read()
          if (!read || read.done) return heard
          heard.text += decoder.decode(read.value, { stream: true })
          if (leaveAfter && heard.text.includes(leaveAfter)) leaving.abort()
        }
      } catch (error) {
        heard.failure = String(error)
        return heard
      }
    },
    { url: double.url('/v1/chat/completions'), content, leaveAfter },
  )

/** The contents of the deltas in the text of a stream. */
const wordsIn = (stream: string): string[] =>
  [...stream.matchAll(/"delta":\{"content":"([^"]+)"\}/g)].map(([, word]) => word ?? '')

// To a browser, the same name with another port is of the same site, and another name is not.
describe.each(['localhost', '127.0.0.1'])('a page of another origin, served from %s', (host) => {
  let page: Page

  beforeAll(async () => {
    double = await start({ scenarios: [scenario] })
    page = await browser.newPage()
    await page.goto(`http://${host}:${portOf(pages)}/`)
  }, 30_000)

  beforeEach(() => double.reset())

  afterAll(async () => {
    await page.close()
    await double.close()
  })

  it('reads a stream that it asked for with a key and JSON, and the headers that name the rule', async () => {
    const heard = await askFrom(page, 'words')
    expect(heard).toMatchObject({ status: 200, rule: 'page/words', failure: '' })
    expect(wordsIn(heard.text)).toEqual(words)
    expect(heard.text.endsWith('data: [DONE]\n\n')).toBe(true)
  })

  it('reads the words while they come, and may leave before the end', async () => {
    const heard = await askFrom(page, 'hang', 'two ')
    expect(wordsIn(heard.text)).toEqual(['one ', 'two '])
    expect(heard.failure).toContain('AbortError')
    await expect.poll(() => double.open).toBe(0)
  })

  it('sees a stream break where it was told to', async () => {
    const heard = await askFrom(page, 'reset')
    expect(wordsIn(heard.text)).toEqual(['one ', 'two '])
    expect(heard.failure).toContain('network error')
  })

  it('reads an error with its headers', async () => {
    const heard = await askFrom(page, 'busy')
    expect(heard).toMatchObject({ status: 429, retryAfter: '7' })
    expect(JSON.parse(heard.text)).toMatchObject({ error: { code: 'rate_limit_exceeded' } })
  })

  it.each([
    ['GET', '/journal'],
    ['GET', '/health'],
    ['GET', '/metrics'],
    ['GET', '/scenarios'],
    ['DELETE', '/journal'],
    ['POST', '/reset'],
  ])('gets nothing from the control API by %s %s', async (method, path) => {
    await askFrom(page, 'words')
    const got = await page.evaluate(
      async ({ url, method }) => {
        try {
          const response = await fetch(url, { method })
          return { status: response.status, body: await response.text() }
        } catch (error) {
          return { status: 0, body: String(error) }
        }
      },
      { url: double.url(`/_stuntdouble${path}`), method },
    )
    expect([0, 403]).toContain(got.status)
    expect(got.body).not.toContain('words')
  })

  it('cannot reset anything by a request that browsers send without asking', async () => {
    const before = await askFrom(page, 'once')
    await page.evaluate(
      (url) => fetch(url, { method: 'POST', mode: 'no-cors' }),
      double.url('/_stuntdouble/reset'),
    )
    const after = await askFrom(page, 'once')
    expect([before.rule, after.rule]).toEqual(['page/first', 'page/then'])
  })
})

describe('the EventSource of a browser', () => {
  it.each(['reset', 'close'])(
    'comes back by the last id it heard when a stream ends by %s, and hears the rest',
    async (ending) => {
      const body = [1, 2, 3, 4].map((n) => `data: ${n}\n\n`).join('')
      const reply = { status: 200, headers: { 'content-type': 'text/event-stream' }, body }
      const faults = [{ [ending]: { at: { frame: 3 }, after: '50ms' } }]
      const rules = [{ when: { path: '/events' }, resume: { retry: '1ms' }, reply, faults }]
      await using own = await start({ scenarios: [{ rules }] })
      const page = await browser.newPage()
      await page.goto(`http://localhost:${portOf(pages)}/`)
      const heard = await page.evaluate(
        (url) =>
          new Promise<string[]>((resolve) => {
            const source = new EventSource(url)
            const said: string[] = []
            source.onmessage = ({ data, lastEventId }) => said.push(`${lastEventId}: ${data}`)
            source.onerror = () => {
              if (source.readyState === EventSource.CLOSED) resolve(said)
            }
          }),
        own.url('/events'),
      )
      await page.close()
      expect(heard).toEqual(['1: 1', '2: 2', '3: 3', '4: 4'])
      expect(own.journal.map(({ ended, resumes }) => [ended, resumes?.after])).toEqual([
        [ending, undefined],
        ['end', '3'],
        ['end', '4'],
      ])
    },
  )
})
