/** Streams that break, stall or are left: what the SDK makes of each, as its users will see it. */
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { ask, type Heard, hear, openAi, reasonsOf, textOf } from './sdk.ts'

const words = ['one ', 'two ', 'three ', 'four']
const said = words.join('')
/** Before the words there is one frame with the role; a finish and `[DONE]` follow them. */
const role = 1

const breaking = (...faults: object[]): Promise<Double> =>
  start({ scenarios: [{ rules: [{ reply: [{ text: words }], faults }] }] })

const listen = (double: Double, options?: OpenAI.RequestOptions): Promise<Heard> =>
  hear(openAi(double).chat.completions.create({ ...ask('hi'), stream: true }, options))

describe('an error within the stream', () => {
  it.each([
    ['server-error', 'server_error', null],
    ['rate-limited', 'requests', 'rate_limit_exceeded'],
    ['quota-exceeded', 'insufficient_quota', 'insufficient_quota'],
  ])('%s is thrown after the text, without a status', async (code, type, theirs) => {
    const reply = [{ text: words }, { error: { code, message: 'The model fell over.' } }]
    await using double = await start({ scenarios: [{ rules: [{ reply }] }] })
    const { chunks, error } = await listen(double)
    expect(textOf(chunks)).toBe(said)
    expect(reasonsOf(chunks)).toEqual([])
    expect(error).toBeInstanceOf(OpenAI.APIError)
    expect(error).toMatchObject({
      status: undefined,
      message: 'The model fell over.',
      type,
      code: theirs,
    })
  })
})

describe('an error that a fault puts into the stream', () => {
  it('is thrown at its place, as one of the script would be', async () => {
    const error = { code: 'overloaded', message: 'Too many of you.' }
    await using double = await breaking({ inject: { error, at: { frame: role + 2 } } })
    const heard = await listen(double)
    expect(textOf(heard.chunks)).toBe('one two ')
    expect(heard.error).toBeInstanceOf(OpenAI.APIError)
    expect(heard.error).toMatchObject({ status: undefined, message: 'Too many of you.' })
  })
})

describe('a connection that is lost in the middle', () => {
  it.each([
    // Node sees a reset as one only where it has read everything before it.
    ['reset', { at: { frame: role + 2 }, after: '50ms' }, 'ECONNRESET'],
    ['close', { at: { frame: role + 2 } }, 'UND_ERR_SOCKET'],
  ])('by %s is thrown as "terminated" after exactly what came before', async (kind, at, code) => {
    await using double = await breaking({ [kind]: at })
    const { chunks, error } = await listen(double)
    expect(textOf(chunks)).toBe('one two ')
    expect(error).toBeInstanceOf(TypeError)
    expect(error).toMatchObject({ message: 'terminated', cause: { code } })
  })

  it('is never tried again, since the answer had begun', async () => {
    await using double = await breaking({ close: { at: { frame: 3 } } })
    const client = openAi(double, { maxRetries: 2 })
    const { error } = await hear(client.chat.completions.create({ ...ask('hi'), stream: true }))
    expect(error).toBeInstanceOf(TypeError)
    expect(double.journal).toHaveLength(1)
  })

  it.each(['reset', 'close'])('may be asked for by the request itself: %s', async (kind) => {
    await using double = await breaking()
    const fault = { 'x-stuntdouble-fault': `${kind}; at=frame:3; after=50ms` }
    const broken = await listen(double, { headers: fault })
    expect(textOf(broken.chunks)).toBe('one two ')
    expect(broken.error).toMatchObject({ message: 'terminated' })
    const next = await listen(double)
    expect([textOf(next.chunks), next.error]).toEqual([said, undefined])
  })
})

describe('a connection that is lost before the status line', () => {
  it.each(['reset', 'close'])('by %s is a connection error', async (by) => {
    await using double = await breaking({ refuse: { by } })
    const { chunks, error } = await listen(double)
    expect(chunks).toEqual([])
    expect(error).toBeInstanceOf(OpenAI.APIConnectionError)
  })
})

describe('a stream that ends cleanly too early', () => {
  it.each([
    ['before [DONE]', { frame: role + 4 + 1 }, said, ['stop']],
    ['before the finish', { frame: role + 4 }, said, []],
    ['after two words', { frame: role + 2 }, 'one two ', []],
    ['before the first frame', { frame: 0 }, '', []],
  ])('%s is taken for a whole one', async (_case, at, text, reasons) => {
    await using double = await breaking({ end: { at } })
    const { chunks, error } = await listen(double)
    expect(error).toBeUndefined()
    expect(textOf(chunks)).toBe(text)
    expect(reasonsOf(chunks)).toEqual(reasons)
  })

  it('in the middle of a frame loses that frame and nothing else', async () => {
    await using double = await breaking({ end: { at: { fraction: 0.5 } } })
    const { chunks, error } = await listen(double)
    expect(error).toBeUndefined()
    expect(textOf(chunks)).not.toBe('')
    expect(said.startsWith(textOf(chunks))).toBe(true)
    expect(reasonsOf(chunks)).toEqual([])
  })
})

describe('a stream that falls silent', () => {
  it.each(['the controller of the stream', 'a signal'])(
    'is left by %s, and the server stops playing it',
    async (how) => {
      await using double = await breaking({ hang: { at: { frame: role + 2 } } })
      const controller = new AbortController()
      const stream = await openAi(double).chat.completions.create(
        { ...ask('hi'), stream: true },
        { signal: controller.signal },
      )
      let text = ''
      for await (const { choices } of stream) {
        text += choices[0]?.delta.content ?? ''
        if (text !== 'one two ') continue
        expect(double.open).toBe(1)
        if (how === 'a signal') controller.abort()
        else stream.controller.abort()
      }
      expect(text).toBe('one two ')
      await expect.poll(() => double.open).toBe(0)
      expect(double.journal.map(({ ended }) => ended)).toEqual(['client-left'])
    },
  )

  it('is left by a client that has heard enough', async () => {
    await using double = await breaking({ stall: { for: '10m', at: { frame: 3 } } })
    const stream = await openAi(double).chat.completions.create({ ...ask('hi'), stream: true })
    for await (const { choices } of stream) if (choices[0]?.delta.content === 'two ') break
    await expect.poll(() => double.open).toBe(0)
  })

  it('before its head meets the timeout of the client', async () => {
    const rules = [{ pacing: { head: '10m' }, reply: 'Too late.' }]
    await using double = await start({ scenarios: [{ rules }] })
    const { error } = await listen(double, { timeout: 100 })
    expect(error).toBeInstanceOf(OpenAI.APIConnectionTimeoutError)
    await expect.poll(() => double.open).toBe(0)
  })

  it('and goes on is heard to its end, whatever the timeout', async () => {
    await using double = await breaking({ stall: { for: '300ms', at: { frame: 3 } } })
    const { chunks, error } = await listen(double, { timeout: 100 })
    expect(error).toBeUndefined()
    expect(textOf(chunks)).toBe(said)
  })
})

describe('a stream that is only cut differently, or has more in it', () => {
  const text = 'Ein Wörtchen, 漢字 und 👩‍👩‍👧.'

  it.each([
    ['each byte alone', { slice: { in: 'everywhere' } }],
    ['cut within characters', { slice: { in: 'utf8' } }],
    ['cut where JSON has meaning', { slice: { in: 'json' } }],
    ['in pieces of seven bytes', { slice: { bytes: 7 } }],
    ['three frames at once', { merge: { frames: 3 } }],
    ['with a comment', { inject: { comment: 'keep-alive', at: { frame: 2 } } }],
    ['late', { delay: { for: '20ms', at: { frame: 2 } } }],
  ])('%s is read all the same', async (_case, fault) => {
    const rules = [{ reply: text, faults: [fault] }]
    await using double = await start({ scenarios: [{ rules }] })
    const { chunks, error } = await listen(double)
    expect(error).toBeUndefined()
    expect(textOf(chunks)).toBe(text)
    expect(reasonsOf(chunks)).toEqual(['stop'])
  })

  it('with a frame twice says its word twice, with one left out does not say it', async () => {
    await using doubled = await breaking({ duplicate: { at: { frame: role } } })
    expect(textOf((await listen(doubled)).chunks)).toBe(`one ${said}`)
    await using dropped = await breaking({ drop: { at: { frame: role } } })
    expect(textOf((await listen(dropped)).chunks)).toBe('two three four')
  })

  it('with a frame that is no JSON fails at that frame', async () => {
    const reply = [{ text: ['one '] }, { raw: 'data: {not json}\n\n' }, { text: ['two '] }]
    await using double = await start({ scenarios: [{ rules: [{ reply }] }] })
    const logger = { error() {}, warn() {}, info() {}, debug() {} }
    const client = openAi(double, { logger })
    const { chunks, error } = await hear(
      client.chat.completions.create({ ...ask('hi'), stream: true }),
    )
    expect(textOf(chunks)).toBe('one ')
    expect(error).toBeInstanceOf(SyntaxError)
  })
})
