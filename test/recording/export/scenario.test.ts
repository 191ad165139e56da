import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../../src/core/bytes.ts'
import type { Dialect } from '../../../src/core/dialect.ts'
import type { Event } from '../../../src/core/event.ts'
import type { Step } from '../../../src/core/timeline.ts'
import { askedOf } from '../../../src/recording/export/asked.ts'
import { scenario } from '../../../src/recording/export/scenario.ts'
import { toldBy } from '../../../src/recording/export/timed-events.ts'
import type { Recording } from '../../../src/recording/format.ts'
import { knownDialects } from '../../../src/scenario/load-dialects.ts'
import { Subject } from '../../dialects/laws/subject.ts'
import type { Traits } from '../../dialects/traits.ts'
import { encode } from '../../dialects/wire.ts'
import { loaded, type Played, player } from './played.ts'
import { post, type Taping, taped, unreached, written } from './taped.ts'

const dialects = await knownDialects()

function dialectOf(name: string): Dialect {
  const found = dialects.find((dialect) => dialect.name === name)
  if (!found) throw new Error(`no dialect ${name}`)
  return found
}

const user = { role: 'user', content: 'hello' }
const finishReasons = ['stop', 'length', 'tool-calls']
const streams = { body: {}, refused: {}, tools: true, usage: true, finishReasons }

/** What each format can say, and a request for it. */
const subjects: Readonly<Record<string, Traits>> = {
  'openai-chat': {
    ...streams,
    path: '/v1/chat/completions',
    refusal: true,
    body: { model: 'm', stream: true, stream_options: { include_usage: true }, messages: [user] },
  },
  anthropic: {
    ...streams,
    path: '/v1/messages',
    headers: [['anthropic-version', '2023-06-01']],
    reasoning: true,
    callValues: true,
    body: { model: 'm', max_tokens: 64, stream: true, messages: [user] },
  },
  gemini: {
    ...streams,
    path: '/v1beta/models/m:streamGenerateContent',
    query: 'alt=sse',
    params: { model: 'm' },
    reasoning: true,
    callValues: true,
    finishReasons: ['stop', 'length'],
    body: { contents: [{ role: 'user', parts: [{ text: 'hello' }] }] },
  },
  chatapi: {
    path: '/chatapi',
    refused: {},
    finishReasons: ['stop'],
    body: { messages: [user] },
  },
}

const endings = ['end', 'close', 'reset', 'client-left', undefined] as const
const gapMs = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 900_000 }).map((us) => us / 1000),
)

interface Drawn {
  readonly events: readonly Event[]
  readonly gaps: readonly number[]
  readonly ending: (typeof endings)[number]
  readonly cutAt: number
}

/** A stream as the dialect writes it, at drawn times, broken off if it did not end. */
function tapedStream(dialect: Dialect, traits: Traits, drawn: Drawn): Recording {
  const { events, gaps, ending, cutAt } = drawn
  const reply = new Subject(dialect, traits).streaming()
  const frames = encode(dialect, events, reply)
  const kept = ending === 'end' ? frames : frames.slice(0, Math.floor(frames.length * cutAt))
  let atMs = 120.5
  const chunks = kept.map(({ bytes }, index): [number, Uint8Array] => {
    atMs = Math.round((atMs + (gaps[index % gaps.length] ?? 0)) * 1000) / 1000
    return [atMs, bytes]
  })
  const query = traits.query === undefined ? '' : `?${traits.query}`
  return taped({
    dialect: dialect.name,
    request: {
      url: `https://service.example${traits.path}${query}`,
      headers: [...(traits.headers ?? []), ['content-type', 'application/json']],
      body: JSON.stringify(traits.body),
    },
    headers: dialect.streamHeaders(reply),
    headMs: 120.5,
    chunks,
    ending,
    endMs: atMs + 2,
  })
}

/** What was said, without how it was cut. */
function said(events: readonly Event[]): Record<string, unknown> {
  const whole: Record<string, unknown> = {}
  for (const event of events) {
    if (event.type === 'tool-arguments') {
      const key = `arguments ${event.index}`
      whole[key] = `${whole[key] ?? ''}${event.text}`
    } else if ('text' in event) whole[event.type] = `${whole[event.type] ?? ''}${event.text}`
    else if (event.type === 'tool-start') whole[`call ${event.index}`] = event
    else if (event.type !== 'start' && event.type !== 'tool-end') whole[event.type] = event
  }
  return whole
}

/** OpenAI's usage is in the last chunk of all, which a stream that broke off does not have. */
const told = ({ usage, ...rest }: Record<string, unknown>, ending: Drawn['ending']): object =>
  ending === 'end' && usage !== undefined ? { ...rest, usage } : rest

const timesOf = (recording: Recording, dialect: Dialect): [string, number][] =>
  toldBy(recording, dialect).events.flatMap(({ atMs, event }) =>
    event.type === 'text' && event.text !== '' ? [[event.text, atMs] as [string, number]] : [],
  )

const endOf = (steps: Iterable<Step>): string | undefined => [...steps].at(-1)?.do

async function playedAgain(recording: Recording): Promise<Played & { text: string }> {
  const { text } = written(scenario, [recording], { dialects })
  const dialect = dialects.find(({ name }) => name === recording.dialect)
  const asked = askedOf({ recording, dialect })
  return { ...player(await loaded(text))(asked, dialect), text }
}

const again = (recording: Recording, steps: readonly Step[]): Recording => ({
  ...recording,
  timeline: () => steps,
})

describe('a scenario made of recordings', () => {
  it.each(Object.entries(subjects))(
    'played in %s says the same at the same times, and ends alike',
    async (name, traits) => {
      const dialect = dialectOf(name)
      const { replies } = new Subject(dialect, traits)
      const drawing = fc.record({
        events: replies,
        gaps: fc.array(gapMs, { minLength: 1, maxLength: 5 }),
        ending: fc.constantFrom(...endings),
        cutAt: fc.double({ min: 0, max: 0.99, noNaN: true }),
      })
      await fc.assert(
        fc.asyncProperty(drawing, async (drawn) => {
          const recording = tapedStream(dialect, traits, drawn)
          const { rule, steps } = await playedAgain(recording)
          expect(rule).toBeDefined()
          const heard = again(recording, steps)
          const events = (one: Recording): Event[] =>
            toldBy(one, dialect).events.map(({ event }) => event)
          expect(said(events(heard))).toMatchObject(told(said(events(recording)), drawn.ending))
          expect(endOf(steps)).toBe(endOf(recording.timeline()))
          const [was, is] = [timesOf(recording, dialect), timesOf(heard, dialect)]
          expect(is.map(([text]) => text)).toEqual(was.map(([text]) => text))
          for (const [index, [, atMs]] of is.entries()) {
            expect(Math.abs(atMs - (was[index]?.[1] ?? 0))).toBeLessThanOrEqual(1.06)
          }
        }),
        { numRuns: 6 },
      )
    },
  )

  it('is written for people', () => {
    const recording = taped({
      dialect: 'openai-chat',
      headers: [['content-type', 'text/event-stream']],
      headMs: 100,
      chunks: [
        [130, delta({ role: 'assistant', content: '' })],
        [150.04, delta({ content: 'Hello' })],
        [150.2, delta({ content: ' {{ you }}' })],
        [170, `${delta({}, 'stop')}data: [DONE]\n\n`],
      ],
      ending: 'reset',
      endMs: 190,
    })
    const { text, lost } = written(scenario, [recording], { dialects })
    expect(
      text,
    ).toBe(`# yaml-language-server: $schema=./node_modules/stuntdouble/schema/scenario.json
rules:
  - name: hello
    when:
      dialect: openai-chat
      model: m
      user: hello
    pacing: { head: 100ms }
    reply:
      - wait: 30ms
      - text: ""
      - wait: 20ms
      - text: [ Hello, "{% raw %} {{ you }}{% endraw %}" ]
      - wait: 20ms
      - finish: stop
      - reset: { after: 20ms }
`)
    expect(lost).toEqual([])
  })

  it.each(['profile', 'none'] as const)('has its texts whole with the timing "%s"', (timing) => {
    const recording = greeting()
    const { text } = written(scenario, [recording], { dialects, timing })
    expect(text).toContain('- text: Good morning')
    expect(text.includes('wait')).toBe(false)
    expect(text.includes('itl: { empirical: [ 20ms, 20ms ] }')).toBe(timing === 'profile')
  })

  it('tells requests apart by as little as it takes', () => {
    const turns = [
      [user],
      [user, { role: 'assistant', content: 'Hi' }, user],
      [{ role: 'system', content: 'Be brief.' }, user],
    ]
    const recordings = turns.map((messages) => greeting({ body: { messages } }))
    const { text } = written(scenario, recordings, { dialects })
    const named = [...text.matchAll(/^ {6}(?!- )(\w+):/gm)].map(([, key]) => key)
    expect(new Set(named)).toEqual(new Set(['dialect', 'model', 'user', 'turn', 'system']))
  })

  it('answers each request with its own reply, whatever differs, and takes in their order', async () => {
    const bodies = [
      { messages: [user] },
      { messages: [user, { role: 'assistant', content: 'Hi' }, user] },
      { messages: [{ role: 'system', content: 'Be brief.' }, user] },
      { messages: [user], temperature: 0.5 },
      { messages: [user], temperature: 0.7 },
      { messages: [user], stop: ['a', 'b'] },
      { messages: [user], stop: 'a' },
      { messages: [user], model: 'other' },
      { messages: [user], user: 'REDACTED-0123abcd-xxxx' },
      { messages: [{ role: 'user', content: 'the key is REDACTED-0123abcd-xxxx, keep it' }] },
      { messages: [user] },
    ]
    const recordings = bodies.map((body, index) => greeting({ body, words: [`reply ${index}`] }))
    const { text, leftOut, told } = written(scenario, recordings, { dialects })
    expect(leftOut).toEqual([])
    const dialect = dialectOf('openai-chat')
    const play = player(await loaded(text))
    const replies = recordings.map((recording) => {
      const { steps } = play(askedOf({ recording, dialect }), dialect)
      const heard = said(toldBy(again(recording, steps), dialect).events.map(({ event }) => event))
      return heard['text']
    })
    // What is masked cannot be asked for: number 8 is as number 0, and comes after it.
    expect(replies).toEqual(bodies.map((_, index) => `reply ${index}`))
    expect(told).toContainEqual(expect.stringContaining('differ only in what a rule cannot'))
  })

  it('asks for a masked text with what is not masked of it', async () => {
    const taping = { messages: [{ role: 'user', content: 'key REDACTED-0123abcd-xxxx.' }] }
    const { text } = written(scenario, [greeting({ body: taping })], { dialects })
    const live = greeting({ body: { messages: [{ role: 'user', content: 'key sk-real.' }] } })
    const other = greeting({ body: { messages: [{ role: 'user', content: 'key' }] } })
    const dialect = dialectOf('openai-chat')
    const play = player(await loaded(text))
    expect(play(askedOf({ recording: live, dialect }), dialect).rule).toBeDefined()
    expect(play(askedOf({ recording: other, dialect }), dialect).rule).toBeUndefined()
  })

  it('tells an error by its code, and when it came', async () => {
    const body = dialectOf('openai-chat').error({ code: 'rate-limited', message: 'Slower.' }).body
    const recording = taped({
      dialect: 'openai-chat',
      status: 429,
      headers: [
        ['content-type', 'application/json'],
        ['retry-after', '7'],
        ['x-own', '60'],
      ],
      headMs: 31.4,
      chunks: [[32, body]],
      ending: 'end',
    })
    const { text, steps } = await playedAgain(recording)
    expect(text).toContain('code: rate-limited')
    expect(text).toContain('retryAfter: 7s')
    expect(text).not.toContain('status:')
    const [head] = steps
    expect(head).toMatchObject({ do: 'head', status: 429, atMs: 31.4 })
    expect(JSON.stringify(head)).toContain('["retry-after","7"]')
    expect(JSON.stringify(head)).toContain('["x-own","60"]')
  })

  it.each<[string, Taping]>([
    ['JSON of a route that is no chat', { chunks: [[9, '{"data":[{"embedding":[0.25]}]}']] }],
    ['bytes that are no text', { chunks: [[9, Buffer.from([0xff, 0xfe])]] }],
    ['an error in no words of the dialect', { status: 502, chunks: [[9, '<h1>502</h1>']] }],
    ['nothing at all', { status: 204, chunks: [] }],
    ['half a body', { chunks: [[9, 'half']], ending: 'close' }],
    ['a text like a template', { chunks: [[9, '{{ user }} {% raw %}{% endraw %} {{{%']] }],
  ])('sends %s byte for byte', async (_, taping) => {
    const url = 'https://api.example.com/v1/things?x=1'
    const whole: Taping = { ending: 'end', ...taping, headMs: 5, request: { url } }
    const recording = taped(whole)
    const { steps } = await playedAgain(recording)
    const bytes = steps.flatMap((step) => (step.do === 'write' ? [...step.bytes] : []))
    const was = taping.chunks.flatMap(([, bytes_]) => [
      ...(typeof bytes_ === 'string' ? utf8(bytes_) : bytes_),
    ])
    expect(bytes).toEqual(was)
    expect(steps[0]).toMatchObject({ status: taping.status ?? 200, atMs: 5 })
    expect(endOf(steps)).toBe(taping.ending ?? 'end')
  })

  it('tells a whole answer by what it says, and waits as long', async () => {
    const dialect = dialectOf('openai-chat')
    const body = { model: 'm', messages: [user] }
    const request = { body: JSON.stringify(body) }
    const { body: answer } = dialect.whole(
      [{ type: 'start' }, { type: 'text', text: 'Hi.' }, { type: 'finish', reason: 'stop' }],
      new Subject(dialect, subjects['openai-chat'] ?? failing()).streaming(),
    )
    const headers = [['content-type', 'application/json']] as const
    const recording = taped({
      dialect: 'openai-chat',
      request,
      headers,
      headMs: 612,
      chunks: [[612.4, answer]],
      ending: 'end',
    })
    const { text, steps } = await playedAgain(recording)
    expect(text).toContain('- wait: 612ms\n      - text: Hi.\n')
    expect(steps[0]).toMatchObject({ do: 'head', atMs: 612 })
    const events = toldBy(again(recording, steps), dialect).events.map(({ event }) => event)
    expect(said(events)).toMatchObject({ text: 'Hi.' })
  })

  it('does not add the finish that a clean end came without', async () => {
    const headers = [['content-type', 'text/event-stream']] as const
    const chunks = [[10, delta({ content: 'Hello' })]] as const
    const recording = taped({ dialect: 'openai-chat', headers, chunks, ending: 'end' })
    const { steps } = await playedAgain(recording)
    const events = toldBy(again(recording, steps), dialectOf('openai-chat')).events
    expect(events.map(({ event }) => event.type)).toEqual(['start', 'text'])
    expect(endOf(steps)).toBe('end')
  })

  it('prefers a dialect only where it takes no path from another in the file', () => {
    const asMistral = (one: Recording): Recording => ({ ...one, dialect: 'mistral' })
    const alone = written(scenario, [asMistral(greeting())], { dialects })
    expect(alone.text).toMatch(/^dialects: \[ ?mistral ?\]$/m)
    expect(alone.told).toEqual([])
    const both = written(scenario, [asMistral(greeting()), greeting()], { dialects })
    expect(both.text).not.toMatch(/^dialects:/m)
    expect(both.told).toEqual([expect.stringContaining('need the base path /mistral')])
  })

  it('leaves out, with a word, what no rule can answer', () => {
    const refused = greeting({ body: { messages: 'none' } })
    const { leftOut, text } = written(scenario, [refused, unreached('ECONNREFUSED')], { dialects })
    expect(leftOut).toEqual([
      expect.stringContaining('the dialect refuses the request by itself'),
      'failed.jsonl: the service was never reached: ECONNREFUSED',
    ])
    expect(text).toBe('')
  })
})

function failing(): never {
  throw new Error('no such subject')
}

const delta = (said_: object, finish: string | null = null): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: said_, finish_reason: finish }] })}\n\n`

interface Greeting {
  readonly body?: object
  readonly words?: readonly string[]
}

function greeting({
  body = { messages: [user] },
  words = ['Good', ' morning'],
}: Greeting = {}): Recording {
  return taped({
    dialect: 'openai-chat',
    request: { ...post, body: JSON.stringify({ model: 'm', stream: true, ...body }) },
    headers: [['content-type', 'text/event-stream']],
    headMs: 5,
    chunks: [
      ...words.map((word, index): [number, string] => [20 + index * 20, delta({ content: word })]),
      [20 + words.length * 20, `${delta({}, 'stop')}data: [DONE]\n\n`],
    ],
    ending: 'end',
  })
}
