import { describe, expect, it } from 'vitest'
import {
  openReply,
  type SweptClient,
  type SweptResult,
  sweep,
  type Variant,
} from '../../src/index.ts'
import { anthropic, eventsourceParser, naive, openai } from './readers.ts'

const scenario = {
  pacing: { ttft: 100, itl: 20 },
  rules: [{ reply: [{ text: ['Hellö', ' wörld', '!'] }] }],
}
const reply = await openReply({ scenario })

/** Those that came to a verdict which no right client comes to. */
async function wrongOf(
  variants: Iterable<Variant>,
  run: (variant: Variant) => Promise<SweptResult> | SweptResult,
): Promise<string[]> {
  const wrong: string[] = []
  for (const variant of variants) {
    const { isRight, verdict } = await run(variant)
    if (!isRight) wrong.push(`${variant.name}: ${verdict}`)
  }
  return wrong
}

const notHanging = (wrong: readonly string[]) => wrong.filter((one) => !one.endsWith(': hang'))

describe('a sweep', () => {
  it('finds nothing in a parser that is right', async () => {
    expect(await wrongOf(sweep(reply), (variant) => variant.runSync(eventsourceParser))).toEqual([])
  })

  it('catches a parser that takes chunks for lines and silence for the end', async () => {
    const wrong = await wrongOf(sweep(reply), (variant) => variant.runSync(naive))
    expect(wrong).toContain('cut/reset/frame-3: silent truncation')
    expect(wrong.some((one) => /^split\/byte-\d+: silent truncation$/.test(one))).toBe(true)
    expect(wrong).toContain('slice/everywhere: silent truncation')
    expect(wrong).toContain('truncate-json/frame-2: silent truncation')
    expect(wrong).toContain('http/500: silent truncation')
    expect(wrong.some((one) => one.startsWith('clean'))).toBe(false)
  })

  it("drives OpenAI's SDK by its own option, which only silence defeats", async () => {
    const wrong = await wrongOf(sweep(reply, { budget: 120 }), (variant) => variant.run(openai))
    expect(notHanging(wrong)).toEqual([])
    expect(wrong).toContain('cut/hang/frame-0: hang')
  })

  it("drives Anthropic's SDK in its own dialect", async () => {
    const swept = await openReply({ scenario, dialect: 'anthropic' })
    const only = ['clean', 'split/byte-300', 'stall', 'cut/reset', 'http/529', 'inject/error']
    const wrong = await wrongOf(sweep(swept, { only }), (variant) => variant.run(anthropic))
    expect(wrong).toEqual([])
  })
})

const read: SweptClient = async (fetch) => {
  const response = await fetch('http://any.test/')
  return await response.text()
}

function variantOf(name: string): Variant {
  const [variant] = sweep(reply, { only: [name] })
  if (!variant) throw new Error(`there is no ${name}`)
  return variant
}

describe('a client on the virtual clock', () => {
  it('waits a minute in no time', async () => {
    const result = await variantOf('stall/frame-1').run(read)
    expect(result).toMatchObject({ verdict: 'same output', requests: 1 })
    expect(result.ms).toBeGreaterThanOrEqual(60_000)
  })

  it('is rung by a timeout of its own before the silence is over', async () => {
    const impatient: SweptClient = async (fetch, { clock }) => {
      const leaving = new AbortController()
      clock.at(clock.now() + 5000, () => leaving.abort(new Error('too slow')))
      const response = await fetch('http://any.test/', { signal: leaving.signal })
      return await response.text()
    }
    const slow = await variantOf('stall/frame-1').run(impatient)
    expect(slow).toMatchObject({ verdict: 'clean error', ms: 5000, error: new Error('too slow') })
    const silent = await variantOf('cut/hang/frame-1').run(impatient)
    expect(silent).toMatchObject({ verdict: 'clean error', ms: 5000, isRight: true })
  })

  it('hangs where it has no timeout', async () => {
    expect(await variantOf('no-answer/hang').run(read)).toMatchObject({ verdict: 'hang' })
    expect(await variantOf('cut/hang/frame-2').run(read)).toMatchObject({ verdict: 'hang' })
  })

  it('that asks again and again is a storm of requests', async () => {
    const stubborn: SweptClient = async (fetch) => {
      for (let tries = 0; tries < 100; tries++) {
        const response = await fetch('http://any.test/')
        if (response.ok) return await response.text()
      }
      return ''
    }
    const result = await variantOf('http/503').run(stubborn)
    expect(result).toMatchObject({ verdict: 'retry storm', requests: 100 })
  })

  it('gets chunks one by one, as a stream and as a list alike', async () => {
    const variant = variantOf('slice/7-bytes')
    const heard: Uint8Array[] = []
    for await (const chunk of variant.body()) heard.push(chunk)
    expect(heard.map((chunk) => Buffer.from(chunk))).toEqual(
      variant.chunks.map(({ bytes }) => Buffer.from(bytes)),
    )
    expect(variant).toMatchObject({ status: 200, ending: 'end' })
    expect((await variant.response()).headers.get('content-type')).toContain('text/event-stream')
  })

  it('gives back no text, or never asks, is told so', async () => {
    const mute: SweptClient = async (fetch) =>
      JSON.parse((await (await fetch('http://a/')).text()) && '7')
    await expect(variantOf('http/500').run(mute)).rejects.toThrow(
      'sweep: at clean the client returned 7 and no text',
    )
    const idle: SweptClient = async () => 'I know it all'
    await expect(variantOf('http/500').run(idle)).rejects.toThrow('the client never asked')
    await expect(variantOf('clean').run(idle)).rejects.toThrow('the client never asked')
    const late = () => JSON.parse('[]')
    expect(() => variantOf('http/500').runSync(late)).toThrow('returned an empty list and no text')
  })

  it('must make something of the clean reply first', async () => {
    const broken: SweptClient = () => Promise.reject(new Error('no such field'))
    await expect(variantOf('merge-all').run(broken)).rejects.toThrow(
      'sweep: the client has no output for the clean reply: no such field',
    )
  })
})
