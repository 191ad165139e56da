import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { joinBytes, looseText, utf8 } from '../../src/core/bytes.ts'
import type { Step, Timeline } from '../../src/core/timeline.ts'
import { sse } from '../../src/framing/index.ts'
import {
  continueAfter,
  framesBefore,
  placeAfter,
  withLabels,
} from '../../src/sources/resume-frames.ts'

const counter = () => {
  let count = 0
  return () => `${++count}`
}

const labels = { retryMs: 10, ids: counter }

const bodyOf = (timeline: Timeline): string =>
  looseText(
    joinBytes([...timeline].flatMap((step) => (step.do === 'write' ? [step.bytes] : [utf8('')]))),
  )

/** A body cut into chunks anywhere, 10 ms apart. */
const chunked = (body: Uint8Array, cuts: readonly number[]): Timeline => {
  const places = [
    0,
    ...[...cuts].map((cut) => cut % body.length).sort((a, b) => a - b),
    body.length,
  ]
  const writes = places.slice(1).map((end, n): Step => {
    return { atMs: 10 * n, do: 'write', bytes: body.subarray(places[n], end) }
  })
  const head: Step = { atMs: 0, do: 'head', status: 200, headers: [['content-length', '9']] }
  return [head, ...writes, { atMs: 10 * places.length, do: 'end' }]
}

const eols = fc.constantFrom('\n' as const, '\r\n' as const, '\r' as const)
const datas = fc.array(fc.stringMatching(/^[a-zé€ ]{1,8}$/), { minLength: 1, maxLength: 6 })

describe('a stream with ids', () => {
  it('goes on after any of them with what is left, however its chunks are cut', () => {
    fc.assert(
      fc.property(eols, datas, fc.array(fc.nat(500), { maxLength: 8 }), (eol, texts, cuts) => {
        const framing = sse({ eol })
        const frames = texts.map((data) => framing.encode({ data })?.bytes ?? utf8(''))
        const timeline = withLabels(chunked(Buffer.from(joinBytes(frames)), cuts), framing, labels)
        const whole = bodyOf(timeline)
        const read = framing.decoder()
        const seen = [...read.push(utf8(whole)), ...read.end()]
        expect(seen.map(({ id }) => id)).toEqual(texts.map((_, n) => `${n + 1}`))
        expect(seen.map(({ data }) => data)).toEqual(texts)
        // With the first of them, so that no frame is more than the answer has.
        expect(seen.map(({ retry }) => retry)).toEqual(texts.map((_, n) => (n ? undefined : 10)))
        for (const [n] of texts.entries()) {
          const place = placeAfter(timeline, framing, { id: `${n + 1}`, elapsedMs: 1e6 })
          const rest = continueAfter({ timeline, framing, byte: place?.byte ?? 0, elapsedMs: 1e6 })
          const had = seen.slice(0, n + 1).map(({ bytes }) => looseText(bytes))
          expect(had.join('') + bodyOf(rest)).toBe(whole)
          expect(place).toMatchObject({ left: texts.length - n - 1, ending: 'end' })
        }
      }),
      { numRuns: 50 },
    )
  })

  it('keeps ids that frames bring, and a length that is no longer true goes', () => {
    const framing = sse()
    const timeline = chunked(utf8('id: x\ndata: a\n\n: hush\n\ndata: b\n\n'), [])
    const labelled = withLabels(timeline, framing, { ...labels, retryMs: undefined })
    expect(bodyOf(labelled)).toBe('id: x\ndata: a\n\n: hush\n\nid: 2\ndata: b\n\n')
    expect([...labelled][0]).toMatchObject({ headers: [] })
    const isBefore = (_: unknown, end: number): boolean => end <= 15
    const [last] = framesBefore(labelled, framing, { isBefore, count: 3 })
    expect(looseText(last ?? utf8(''))).toBe('id: x\ndata: a\n\n')
    expect(placeAfter(labelled, framing, { id: 'y', elapsedMs: 0 })).toBeUndefined()
  })
})
