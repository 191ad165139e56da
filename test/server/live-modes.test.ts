/**
 * Pass-through, taping, replaying and what is done where a recording is missing, mixed rule by
 * rule. The service says how often it was asked, so that a replay cannot pass for a relay.
 */
import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, type StartOptions, start } from '../../src/index.ts'
import { ask, chatPath } from '../support/ask.ts'

const folder = (): string => mkdtempSync(join(tmpdir(), 'stuntdouble-'))
const tapesIn = (path: string): number => readdirSync(path).filter((n) => /jsonl$/.test(n)).length

let service: Double

/** It answers no two requests alike. */
beforeAll(async () => {
  service = await start({
    scenarios: [{ rules: [{ name: 'count', reply: '{{ user }}: {{ hit }}' }] }],
  })
})

afterAll(() => service.close())

interface Said {
  readonly text: string
  readonly rule: string | null
  readonly status: number
}

async function say(double: Double, content: string, more = {}): Promise<Said> {
  const reply = await ask(double, content, { more: { stream: false, ...more } })
  const { choices, error } = JSON.parse(await reply.text())
  return {
    text: choices?.[0].message.content ?? error.message,
    rule: reply.headers.get('x-stuntdouble-rule'),
    status: reply.status,
  }
}

async function withRules(
  rules: readonly object[],
  options: StartOptions,
  run: (double: Double) => Promise<void>,
): Promise<void> {
  const double = await start({
    scenarios: [{ name: 'mixed', rules }],
    upstream: service.url(),
    tapes: false,
    ...options,
  })
  try {
    await run(double)
  } finally {
    await double.close()
  }
}

describe('a rule that passes on', () => {
  const passes = [{ name: 'pass', reply: { upstream: true } }]

  it('is named in the answer, and the journal names the service', () =>
    withRules(passes, {}, async (double) => {
      expect(await say(double, 'hi')).toMatchObject({ status: 200, rule: 'mixed/pass' })
      const [entry] = double.journal
      expect(entry).toMatchObject({ rule: 'mixed/pass', upstream: service.url(), ended: 'end' })
      expect(entry?.tape).toBeUndefined()
    }))

  it('tapes where all are taped, into a folder of its own, or not at all', async () => {
    const [all, own] = [folder(), join(folder(), 'new')]
    const rules = [
      { name: 'own', when: { user: 'own' }, reply: { upstream: true, tape: own } },
      { name: 'none', when: { user: 'none' }, reply: { upstream: true, tape: false } },
      { name: 'all', when: { user: 'all' }, reply: { upstream: true } },
    ]
    await withRules(rules, { tapes: all }, async (double) => {
      for (const content of ['own', 'none', 'all', 'no rule']) await say(double, content)
      await double.taped()
      const taped = double.journal.map(({ rule, tape }) => [
        rule,
        tape?.path.startsWith(own) ? 'own' : tape?.path.startsWith(all) ? 'all' : 'none',
        tape?.ended,
      ])
      expect(taped).toEqual([
        ['mixed/own', 'own', 'end'],
        ['mixed/none', 'none', undefined],
        ['mixed/all', 'all', 'end'],
        ['upstream', 'all', 'end'],
      ])
      expect([tapesIn(own), tapesIn(all)]).toEqual([1, 2])
    })
  })

  it('asks the service that it names, and else the one that is for the request', async () => {
    await using other = await start({ scenarios: [{ rules: [{ reply: 'the other' }] }] })
    const rules = [
      { when: { user: 'other' }, reply: { upstream: 'other' } },
      { when: { user: 'mine' }, reply: { upstream: true } },
    ]
    const scenarios = [
      { rules, upstreams: [{ name: 'other', url: other.url() }, { url: service.url() }] },
    ]
    await using double = await start({ scenarios })
    expect((await say(double, 'other')).text).toBe('the other')
    expect((await say(double, 'mine')).text).toMatch(/^mine: /)
    // Those of a scenario are for its rules alone.
    expect(await say(double, 'neither')).toMatchObject({ status: 404, rule: 'miss' })
  })

  it('can be sent elsewhere for a run', async () => {
    await using other = await start({ scenarios: [{ rules: [{ reply: 'the other' }] }] })
    const scenarios = [{ upstream: service.url(), rules: passes }]
    await using double = await start({ scenarios, upstream: other.url(), tapes: false })
    expect((await say(double, 'hi')).text).toBe('the other')
  })

  it('knows what is said below a base path that the service adds', () =>
    withRules(
      [{ name: 'hello', when: { user: 'hello' }, reply: 'from the rule' }],
      { upstream: `${service.url()}/v1` },
      async (double) => {
        const path = chatPath.replace('/v1', '')
        const post = async (content: string) => {
          const body = JSON.stringify({ model: 'm', messages: [{ role: 'user', content }] })
          const headers = { 'content-type': 'application/json' }
          const reply = await fetch(double.url(path), { method: 'POST', headers, body })
          await reply.text()
          return reply.headers.get('x-stuntdouble-rule')
        }
        expect([await post('hello'), await post('other')]).toEqual(['mixed/hello', 'upstream'])
      },
    ))

  it('also gets what the dialect here would refuse, and no other rule does', () =>
    withRules(
      [{ name: 'script', when: { header: { 'x-a': 'b' } }, reply: 'hi' }, ...passes],
      {},
      async (double) => {
        const { status, rule } = await say(double, 'hi', { temperature: 'warm' })
        expect([status, rule]).toEqual([400, 'mixed/pass'])
        expect(double.journal[0]?.upstream).toBe(service.url())
      },
    ))
})

describe('a rule that replays', () => {
  /** A folder with one answer, to `known`. */
  async function tapedOnce(): Promise<{ tapes: string; known: string }> {
    const tapes = folder()
    await using recorder = await start({ upstream: service.url(), tapes })
    const { text } = await say(recorder, 'known')
    await recorder.taped()
    return { tapes, known: text }
  }

  const replaying = (replay: string, missing?: string): object => ({
    name: 'tapes',
    reply: { replay, pacing: 'instant', ...(missing ? { missing } : {}) },
  })

  it.each([
    [undefined, { status: 404, rule: 'miss', text: expect.stringMatching(/no recording answers/) }],
    ['error', { status: 404, rule: 'miss', text: expect.stringMatching(/mixed\/tapes: no rec/) }],
    ['next', { status: 200, rule: 'mixed/after', text: 'the next rule' }],
    ['upstream', { status: 200, rule: 'mixed/tapes', text: expect.stringMatching(/^unknown: \d/) }],
    ['tape', { status: 200, rule: 'mixed/tapes', text: expect.stringMatching(/^unknown: \d/) }],
  ])('plays what is there, and says what is done where it is not: %s', async (missing, what) => {
    const { tapes, known } = await tapedOnce()
    const after = missing === 'next' ? [{ name: 'after', reply: 'the next rule' }] : []
    await withRules([replaying(tapes, missing), ...after], {}, async (double) => {
      const before = service.journal.length
      expect(await say(double, 'known')).toEqual({ status: 200, rule: 'mixed/tapes', text: known })
      expect(double.journal[0]?.recording).toMatch(/\.jsonl$/)
      expect(service.journal.length).toBe(before)
      expect(await say(double, 'unknown')).toEqual(what)
      const isLive = missing === 'upstream' || missing === 'tape'
      expect(service.journal.length).toBe(before + (isLive ? 1 : 0))
      await double.taped()
      expect(tapesIn(tapes)).toBe(missing === 'tape' ? 2 : 1)
    })
  })

  it('plays what it has taped itself from then on', async () => {
    const tapes = join(folder(), 'to be filled')
    const texts: string[] = []
    await withRules([replaying(tapes, 'tape')], {}, async (double) => {
      for (let time = 0; time < 3; time++) texts.push((await say(double, 'hi')).text)
      expect(double.journal.map(({ tape }) => tape?.ended)).toEqual(['end', undefined, undefined])
    })
    // The same again, from the disk.
    await withRules([replaying(tapes, 'tape')], {}, async (double) => {
      texts.push((await say(double, 'hi')).text)
    })
    expect([new Set(texts).size, tapesIn(tapes)]).toEqual([1, 1])
  })

  it('tapes the whole answer of a stream that it breaks, and breaks it again from the tape', async () => {
    const tapes = folder()
    const rule = { ...replaying(tapes, 'tape'), faults: [{ close: { at: { byte: 30 } } }] }
    await withRules([rule], {}, async (double) => {
      const cut = async () => {
        const reply = await ask(double, 'hi')
        return reply.text().then(
          () => 'whole',
          () => 'cut',
        )
      }
      expect(await cut()).toBe('cut')
      await double.taped()
      expect(await cut()).toBe('cut')
      expect(double.journal.map(({ tape, recording }) => [tape?.ended, recording])).toEqual([
        ['end', undefined],
        [undefined, double.journal[0]?.tape?.path],
      ])
    })
  })

  it('does not take for an answer what nobody knows the rest of', async () => {
    const tapes = folder()
    await using slow = await start({
      scenarios: [{ rules: [{ times: 1, reply: ['hang'] }, { reply: 'all of it' }] }],
    })
    await withRules([replaying(tapes, 'tape')], { upstream: slow.url() }, async (double) => {
      const leaving = new AbortController()
      const left = ask(double, 'hi', { signal: leaving.signal })
      // The tape is open as soon as the service is asked.
      while (slow.open === 0) await new Promise((resolve) => setImmediate(resolve))
      leaving.abort()
      await expect(left).rejects.toThrow()
      while (double.journal[0]?.tape?.ended === 'open')
        await new Promise((resolve) => setImmediate(resolve))
      expect(double.journal[0]?.tape?.ended).toBe('client-left')
      expect((await say(double, 'hi')).text).toBe('all of it')
    })
  })

  it('has its sequences begin again after a reset', async () => {
    const tapes = folder()
    await using recorder = await start({ upstream: service.url(), tapes })
    for (let time = 0; time < 2; time++) await say(recorder, 'hi')
    await recorder.close()
    await withRules([replaying(tapes)], {}, async (double) => {
      const next = async () => (await say(double, 'hi')).text
      const texts = [await next(), await next(), await next()]
      double.reset()
      expect(texts[0]).not.toBe(texts[1])
      expect([texts[2], await next()]).toEqual([texts[1], texts[0]])
    })
  })
})

describe('what is wrong with a live rule is said when it is loaded', () => {
  const scenario = (rule: object, more: object = {}) => ({
    scenarios: [{ name: 's', ...more, rules: [rule] }],
  })
  const passes = { reply: { upstream: true } }

  it.each<[string, StartOptions, RegExp]>([
    [
      'there is no service',
      scenario(passes),
      /^1 mistake:\ninline-1:\d+:\d+: this rule asks a live service, and there is none: say which by --upstream URL/,
    ],
    [
      'there is none to tape from',
      scenario({ reply: { replay: folder(), missing: 'tape' } }),
      /inline-1:\d+:\d+: this rule asks a live service/,
    ],
    [
      'nobody has that name',
      scenario({ reply: { upstream: 'mian' } }, { upstreams: [{ name: 'main', url: 'http://x' }] }),
      /inline-1:\d+:\d+: no upstream is named "mian"; did you mean "main"\?/,
    ],
    [
      'a fault for all answers needs the whole stream',
      { ...scenario(passes, { upstream: 'http://x' }), fault: 'reset; at=fraction:0.5' },
      /^fault: reset: .*live/,
    ],
    [
      'tapes would be of nothing',
      { ...scenario({ reply: 'hi' }), tapes: folder() },
      /is for recordings of a live service, and there is none/,
    ],
    [
      'a folder is a file',
      scenario(
        { reply: { upstream: true, tape: new URL(import.meta.url).pathname } },
        { upstream: 'http://x' },
      ),
      /of the rule "rule 1", cannot be a folder for recordings/,
    ],
  ])('%s', async (_, options, message) => {
    await expect(start(options)).rejects.toThrow(message)
  })
})
