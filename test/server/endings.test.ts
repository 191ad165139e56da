/**
 * The promise that everything else rests on: exactly n frames arrive, and then the socket ends as
 * asked. Seen from a bare socket, for every n and every ending, many times over.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Ending } from '../../src/core/timeline.ts'
import { type Double, start } from '../../src/index.ts'
import { rawRequest } from '../support/raw-client.ts'

const words = ['one ', 'two ', 'three ', 'four ']
/** Role, words, finish and terminator. */
const frameCount = words.length + 3
/** `TRIES=100 npm test` looks harder. */
const tries = Number(process.env['TRIES'] ?? 25)

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
  double = await start({ scenarios: [{ rules }] })
})

afterAll(() => double.close())

const expectedSocket = { end: 'open', close: 'fin', reset: 'rst', hang: 'open' } as const

describe.each(Object.keys(paces))('played %s', (pace) => {
  describe.each(endings)('%s', (ending) => {
    it.each(places)(`lets exactly %i frames through, ${tries} times of ${tries}`, async (frame) => {
      const content = `${ending} at ${frame} ${pace}`
      const ask = () =>
        rawRequest({
          port: double.port,
          path: '/v1/chat/completions',
          body: { model: 'gpt-4o', stream: true, messages: [{ role: 'user', content }] },
          silenceMs: 300,
        })
      const replies = await Promise.all(Array.from({ length: tries }, ask))
      const seen = replies.map(({ status, body, socket, complete }) => {
        const frames = body.split('\n\n').length - 1
        return `${status}: ${frames} frames, ${socket}, ${complete ? 'whole' : 'cut'}`
      })
      const whole = ending === 'end' ? 'whole' : 'cut'
      expect(new Set(seen)).toEqual(
        new Set([`200: ${frame} frames, ${expectedSocket[ending]}, ${whole}`]),
      )
    })
  })
})
