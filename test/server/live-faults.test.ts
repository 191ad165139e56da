/**
 * Live traffic that is broken on its way: the client receives exactly n frames and the ending that
 * was asked for, seen from a bare socket, while the tape keeps what the upstream sent, to its own
 * end, as if nothing had been broken.
 */
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import {
  type Act,
  chunk,
  lastChunk,
  type RawUpstream,
  rawUpstream,
  streamHead,
} from '../sources/raw-upstream.ts'
import { askRaw, chatBody, chatPath } from '../support/ask.ts'
import { h2Request } from '../support/h2-client.ts'
import { type RawReply, rawRequest } from '../support/raw-client.ts'

const frames = ['one', 'two', 'three', 'four'].map((text) => `data: {"text":"${text}"}\n\n`)
const [one = '', two = '', three = '', four = ''] = frames
const stall: readonly Act[] = ['pause', 'pause', 'pause']

/** What the upstream does, and how many frames it sends. */
const kinds: Record<string, { acts: readonly Act[]; sent: number }> = {
  instant: { acts: [streamHead, chunk(one), chunk(two), chunk(three + four), lastChunk], sent: 4 },
  paced: {
    acts: [
      ...[streamHead, 'pause', chunk(one), 'pause', chunk(two), 'pause', chunk(three)],
      ...['pause', chunk(four), 'pause', lastChunk],
    ],
    sent: 4,
  },
  resetting: { acts: [streamHead, chunk(one), chunk(two), chunk(three), 'pause', 'RST'], sent: 3 },
  closing: { acts: [streamHead, chunk(one + two.slice(0, 9)), 'pause', 'FIN'], sent: 1 },
  stalling: {
    acts: [streamHead, chunk(one), chunk(two), ...stall, chunk(three), chunk(four), lastChunk],
    sent: 4,
  },
}

const endings = { end: 'open', close: 'fin', reset: 'rst', hang: 'open' } as const

/** Faults of which only the tape is looked at; every-fault.test.ts sees what the client receives. */
const lasting: Record<string, object> = {
  delay: { for: 60 },
  stall: { at: { frame: 1 }, for: 40 },
  slice: { bytes: 5 },
  merge: { frames: 2 },
  duplicate: { at: { frame: 1 } },
  drop: { at: { frame: 1 } },
  corrupt: { at: { byte: 3 } },
  inject: { at: { frame: 1 }, comment: 'ours' },
  head: { status: 500, headers: { 'content-type': null } },
  error: { code: 'overloaded' },
  garbage: { at: { frame: 1 } },
  'short-chunk': { at: { frame: 1 } },
  'wrong-length': { by: 7 },
  'bad-gzip': { how: 'truncated' },
}

interface Case {
  readonly name: string
  readonly faults: readonly object[]
}

const endingCases = (sent: number): (Case & { ending: keyof typeof endings; n: number })[] =>
  Object.keys(endings).flatMap((ending) =>
    Array.from({ length: sent + 1 }, (_, n) => ({
      name: `${ending} at ${n}`,
      faults: [{ [ending]: { at: { frame: n } } }],
      ending: ending as keyof typeof endings,
      n,
    })),
  )

const casesOf = (sent: number): Case[] => [
  { name: 'whole', faults: [] },
  { name: 'refuse', faults: [{ refuse: null }] },
  ...endingCases(sent),
  ...Object.entries(lasting).map(([kind, options]) => ({
    name: kind,
    faults: [{ [kind]: options }],
  })),
]

interface Line {
  readonly atMs?: number
  readonly [key: string]: unknown
}

const linesOf = (path: string): Line[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

/** A recording without its times. */
const timeless = (lines: readonly Line[]): string[] =>
  lines.map(({ at, atMs, ...rest }) => JSON.stringify(rest))

const folder = (): string => mkdtempSync(join(tmpdir(), 'stuntdouble-'))

/** All cases at once, each rule with its upstream by name. */
const everyCase = Object.entries(kinds).flatMap(([kind, { sent }]) =>
  casesOf(sent).map(({ name, faults }) => ({ kind, faults, name: `${kind}, ${name}` })),
)

describe('a live stream', () => {
  const upstreams: RawUpstream[] = []
  let double: Double
  const replies = new Map<string, RawReply>()
  const tapes = new Map<string, { ended: string | undefined; lines: Line[] }>()

  beforeAll(async () => {
    const named = Object.entries(kinds).map(async ([name, { acts }]) => {
      const upstream = await rawUpstream(acts)
      upstreams.push(upstream)
      return { name, url: upstream.url }
    })
    const rules = everyCase.map(({ kind, name, faults }) => ({
      name,
      when: { user: name },
      reply: { upstream: kind },
      faults,
    }))
    const scenario = { name: 'live', upstreams: await Promise.all(named), rules }
    double = await start({ scenarios: [scenario], tapes: folder() })
    // Silence, in which a hang is told, is far longer than the upstream's own.
    const ask = async ({ name }: Case): Promise<unknown> => {
      const request = { port: double.port, path: chatPath, body: chatBody(name), silenceMs: 700 }
      return replies.set(name, await rawRequest(request))
    }
    await Promise.all(everyCase.map(ask))
    await double.taped()
    for (const { rule, tape } of double.journal) {
      const lines = linesOf(tape?.path ?? '')
      tapes.set(rule.replace('live/', ''), { ended: tape?.ended, lines })
    }
  }, 60_000)

  afterAll(async () => {
    await double.close()
    await Promise.all(upstreams.map((upstream) => upstream.close()))
  })

  describe.each(Object.entries(kinds))('of an upstream that is %s', (kind, { acts, sent }) => {
    const tapeOf = (name: string) => tapes.get(`${kind}, ${name}`) ?? { ended: '', lines: [] }

    it.each(endingCases(sent))('gives so many frames and this ending: $name', (one) => {
      const reply = replies.get(`${kind}, ${one.name}`)
      expect([reply?.status, reply?.body, reply?.socket, reply?.complete]).toEqual([
        200,
        frames.slice(0, one.n).join(''),
        endings[one.ending],
        one.ending === 'end',
      ])
    })

    it('gives nothing at all where it is refused', () => {
      const { status, body, socket } = replies.get(`${kind}, refuse`) ?? {}
      expect([status, body, socket]).toEqual([0, '', 'rst'])
    })

    it.each(casesOf(sent))('is on tape as if nothing had been broken: $name', ({ name }) => {
      const { ended, lines } = tapeOf(name)
      const whole = tapeOf('whole').lines
      expect(lines.length).toBeGreaterThan(3)
      // The second line is the request, in which the cases differ.
      expect(timeless(lines).toSpliced(1, 1)).toEqual(timeless(whole).toSpliced(1, 1))
      expect(ended).toBe(whole.at(-1)?.['end'])
      const times = lines.flatMap(({ atMs }) => atMs ?? [])
      expect(times).toEqual([...times].sort((a, b) => a - b))
      // A pause is 15 ms; timers may ring a little early.
      const pauses = acts.filter((act) => act === 'pause').length
      expect(times.at(-1)).toBeGreaterThan(pauses * 14)
    })
  })
})

describe('a stream on its way', () => {
  const slow: readonly Act[] = [streamHead, chunk(one), chunk(two), 'stay']
  const cut = { when: { user: 'cut' }, faults: [{ reset: { at: { frame: 1 } } }] }

  async function withUpstream(
    acts: readonly Act[],
    rule: object,
    run: (double: Double, upstream: RawUpstream) => Promise<void>,
  ): Promise<void> {
    const upstream = await rawUpstream(acts)
    const scenarios = [{ rules: [{ reply: { upstream: true }, ...rule }] }]
    const double = await start({ scenarios, upstream: upstream.url, tapes: folder() })
    try {
      await run(double, upstream)
    } finally {
      await double.close()
      await upstream.close()
    }
  }

  const lastLine = (double: Double): Line | undefined =>
    linesOf(double.journal[0]?.tape?.path ?? '').at(-1)

  it.each(['drain', 'close'] as const)(
    'is read on after its end no longer when the server is to %s',
    (how) =>
      withUpstream(slow, cut, async (double, upstream) => {
        expect((await askRaw(double, 'cut')).body).toBe(one)
        expect(double.journal[0]?.tape?.ended).toBe('open')
        await double[how]()
        await upstream.left
        expect(double.journal[0]?.tape?.ended).toBe('cut-off')
        expect(Object.keys(lastLine(double) ?? {})).toEqual(['atMs', 'text'])
      }),
  )

  it('counts among the streams as long as it is read on', async () => {
    const upstream = await rawUpstream(slow)
    const scenarios = [{ rules: [{ reply: { upstream: true }, ...cut }] }]
    const relay = { upstream: upstream.url, tapes: folder() }
    await using double = await start({ scenarios, ...relay, maxStreams: 1 })
    expect((await askRaw(double, 'cut')).body).toBe(one)
    const refused = await askRaw(double, 'cut')
    expect(refused.headers['x-stuntdouble-error']).toBe('too-many-streams')
    await upstream.close()
    await double.taped()
    const unreached = await askRaw(double, 'cut')
    expect(unreached.headers['x-stuntdouble-error']).toBe('upstream-failed')
  })

  it('leaves the upstream at once when it is ended and not taped', () =>
    withUpstream(slow, { ...cut, reply: { upstream: true, tape: false } }, async (double, up) => {
      expect((await askRaw(double, 'cut')).socket).toBe('rst')
      await up.left
      expect(double.journal[0]).toMatchObject({ upstream: up.url, ended: 'reset' })
      expect(double.journal[0]?.tape).toBeUndefined()
    }))

  it('is taped at its own pace where the client has to wait for it', () => {
    const rule = { faults: [{ stall: { at: { frame: 1 }, for: 400 } }] }
    return withUpstream(kinds['instant']?.acts ?? [], rule, async (double) => {
      const request = { port: double.port, path: chatPath, body: chatBody('hi'), silenceMs: 800 }
      const begunMs = performance.now()
      const { body } = await rawRequest(request)
      const waitedMs = performance.now() - begunMs
      await double.taped()
      expect(body).toBe(frames.join(''))
      expect(waitedMs - (lastLine(double)?.atMs ?? 0)).toBeGreaterThan(100)
    })
  })

  it('has its client leave the upstream at once, if no fault has acted yet', () =>
    withUpstream(slow, { faults: [{ reset: { at: { frame: 9 } } }] }, async (double, upstream) => {
      const { status } = await askRaw(double, 'cut')
      await upstream.left
      await double.taped()
      expect([status, double.journal[0]?.tape?.ended]).toEqual([200, 'client-left'])
      expect(lastLine(double)).toMatchObject({ end: 'client-left' })
    }))

  it('is broken over HTTP/2, too, and taped to its end', () =>
    withUpstream(kinds['paced']?.acts ?? [], cut, async (double) => {
      const reply = await h2Request(double.port, { path: chatPath, body: chatBody('cut') })
      await double.taped()
      expect([reply.body, reply.ending]).toEqual([one, 'reset 2'])
      expect(double.journal[0]?.tape?.ended).toBe('end')
      expect(linesOf(double.journal[0]?.tape?.path ?? '')).toHaveLength(8)
    }))

  it('is broken by the header and by a fault for all answers alike', async () => {
    const upstream = await rawUpstream(kinds['paced']?.acts ?? [])
    await using double = await start({
      upstream: upstream.url,
      tapes: folder(),
      fault: 'duplicate; at=frame:0',
    })
    const reply = await askRaw(double, 'hi', { 'x-stuntdouble-fault': 'close; at=frame:3' })
    await double.taped()
    expect([reply.body, reply.socket]).toEqual([one + one + two, 'fin'])
    expect(linesOf(double.journal[0]?.tape?.path ?? '').at(-1)).toMatchObject({ end: 'end' })
    await upstream.close()
  })
})

describe('a service that cannot be reached', () => {
  it.each([
    ['by nothing', [], { status: 502, socket: 'open' }],
    ['in mid-stream', [{ reset: { at: { frame: 4 } } }], { status: 502, socket: 'open' }],
    ['before the answer', [{ refuse: null }], { status: 0, socket: 'rst' }],
  ])('is told apart from a fault, broken %s', async (_, faults, seen) => {
    const upstream = await rawUpstream([])
    await upstream.close()
    const tapes = folder()
    const scenarios = [{ rules: [{ name: 'live', reply: { upstream: true }, faults }] }]
    await using double = await start({ scenarios, upstream: upstream.url, tapes })
    expect(await askRaw(double, 'hi')).toMatchObject(seen)
    await double.taped()
    const [entry] = double.journal
    expect(entry).toMatchObject({ upstream: upstream.url, tape: { ended: 'unreached' } })
    expect(linesOf(entry?.tape?.path ?? '').at(-1)?.['failed']).toMatch(/ECONNREFUSED/)
  })

  it('is an error in the journal, and marked as ours for the client', async () => {
    const upstream = await rawUpstream([])
    await upstream.close()
    await using double = await start({ upstream: upstream.url, tapes: false })
    const { headers } = await askRaw(double, 'hi')
    expect(headers['x-stuntdouble-error']).toBe('upstream-failed')
    await double.taped()
    expect(double.journal[0]?.error).toMatch(/gave no answer: .*ECONNREFUSED/)
  })
})
