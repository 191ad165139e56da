/**
 * The promise of endings.test.ts over HTTP/2: exactly n frames arrive, each in a DATA frame of its
 * own, and then the stream ends as asked. Seen from a bare socket, frame by frame.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ending } from '../../src/core/timeline.ts'
import { type Double, start } from '../../src/index.ts'
import { chatBody, chatPath } from '../support/ask.ts'
import { H2Client, h2Request } from '../support/h2-client.ts'

const words = ['one ', 'two ', 'three ', 'four ']
/** Role, words, finish and terminator. */
const frameCount = words.length + 3
/** `TRIES=25 npm test` looks harder. */
const tries = Number(process.env['TRIES'] ?? 8)

const endings: readonly Ending[] = ['end', 'close', 'reset', 'hang']
const places = Array.from({ length: frameCount + 1 }, (_, n) => n)
const paces = { 'at 0 ms': 0, 'at 3 ms a frame': 3 }

let double: Double

beforeAll(async () => {
  const rules = Object.entries(paces).flatMap(([pace, ms]) =>
    endings.flatMap((ending) =>
      places.map((frame) => ({
        name: `${ending} at ${frame} ${pace}`,
        when: { user: `${ending} at ${frame} ${pace}` },
        pacing: { ttft: ms, itl: ms },
        reply: [{ text: words }],
        faults: [{ [ending]: { at: { frame } } }],
      })),
    ),
  )
  const long = {
    name: 'long',
    when: { user: 'long' },
    pacing: { itl: 3 },
    reply: [{ text: Array.from({ length: 3000 }, () => 'word ') }],
  }
  double = await start({ scenarios: [{ rules: [...rules, long] }] })
})

afterAll(() => double.close())

/** How the stream ends, the error code of a GOAWAY, and how the connection stands. */
const expected = {
  end: 'end, no GOAWAY, open',
  close: 'lost, GOAWAY 0, fin',
  reset: 'reset 2, no GOAWAY, open',
  hang: 'open, no GOAWAY, open',
} as const

describe.each(Object.keys(paces))('over HTTP/2, played %s', (pace) => {
  describe.each(endings)('%s', (ending) => {
    it.each(places)(`lets exactly %i frames through, ${tries} times of ${tries}`, async (frame) => {
      const body = chatBody(`${ending} at ${frame} ${pace}`)
      const ask = () => h2Request(double.port, { path: chatPath, body }, 300)
      const replies = await Promise.all(Array.from({ length: tries }, ask))
      const seen = replies.map((reply) => {
        const frames = reply.chunks.filter((chunk) => chunk.toString().endsWith('\n\n')).length
        const goaway = reply.goaway === undefined ? 'no GOAWAY' : `GOAWAY ${reply.goaway}`
        const whole = `${frames} of ${reply.chunks.length} in frames of their own`
        return `${reply.status}: ${whole}, ${reply.ending}, ${goaway}, ${reply.end}`
      })
      const whole = `${frame} of ${frame} in frames of their own`
      expect(new Set(seen)).toEqual(new Set([`200: ${whole}, ${expected[ending]}`]))
    })
  })
})

describe('many streams on one connection', () => {
  it('are each broken in their own way, and none disturbs another', async () => {
    const client = await H2Client.open(double.port)
    const kept = endings.filter((ending) => ending !== 'close')
    const asked = Array.from({ length: 120 }, (_, n) => {
      const ending = kept[n % kept.length] ?? 'end'
      const frame = n % (frameCount + 1)
      const pace = n % 2 === 0 ? 'at 0 ms' : 'at 3 ms a frame'
      const stream = client.request({
        path: chatPath,
        body: chatBody(`${ending} at ${frame} ${pace}`),
      })
      return { stream, ending, frame }
    })
    await client.silence(300)
    const seen = asked.map(({ stream }) => {
      const { status, chunks, ending } = client.reply(stream)
      return `${status}: ${chunks.length} frames, ${ending}`
    })
    client.destroy()
    const stands = { end: 'end', reset: 'reset 2', hang: 'open' }
    expect(seen).toEqual(
      asked.map(({ ending, frame }) => `200: ${frame} frames, ${stands[ending]}`),
    )
  })

  it('are lost together when one of them is closed, and the server knows it', async () => {
    const client = await H2Client.open(double.port)
    const silent = client.request({ path: chatPath, body: chatBody('hang at 2 at 0 ms') })
    await client.until(() => client.reply(silent).chunks.length === 2)
    const playing = client.request({ path: chatPath, body: chatBody('long') })
    const closed = client.request({ path: chatPath, body: chatBody('close at 3 at 0 ms') })
    await client.over(closed)
    expect([client.reply(silent).ending, client.reply(closed).chunks.length]).toEqual(['lost', 3])
    expect([client.goaway, client.end]).toEqual([0, 'fin'])
    expect(client.reply(playing).ending).toBe('lost')
    client.destroy()
    await expect
      .poll(() => double.journal.slice(-3).map(({ ended }) => ended))
      .toEqual(['client-left', 'client-left', 'close'])
  })
})
