import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Step } from '../../../src/core/timeline.ts'
import { har } from '../../../src/recording/export/har.ts'
import { vcrpy } from '../../../src/recording/export/vcrpy.ts'
import type { Recording } from '../../../src/recording/format.ts'
import { bring, bringOne } from '../import/importing.ts'
import { anyTaping, bodyOf, post, taped, written } from './taped.ts'

/** A file that was cut off closes when it is played, and is brought back as one that closed. */
const played = (recording: Recording): Step[] => [...recording.timeline()].map(plain)

const plain = (step: Step): Step =>
  step.do === 'write' ? { ...step, bytes: Buffer.from(step.bytes) } : step

const inOrder = fc.array(anyTaping, { minLength: 1, maxLength: 3 })

describe('exported and imported again', () => {
  it('a recording is the same by HAR: bytes, borders, times, ending, status, headers', () => {
    fc.assert(
      fc.property(inOrder, (tapings) => {
        const recordings = tapings.map((taping) => taped(taping))
        const { recordings: brought, mistakes } = bring(written(har, recordings).text)
        expect(mistakes).toEqual([])
        expect(brought.map(({ steps }) => steps.map(plain))).toEqual(recordings.map(played))
        for (const [index, { request, lost, wallMs, url }] of brought.entries()) {
          const { request: was, at } = recordings[index] ?? taped({ chunks: [] })
          expect(Buffer.from(request.body).toString()).toBe(was.body ?? '')
          expect([request.method, url, lost]).toEqual([was.method, was.url, []])
          expect(wallMs).toBe(Date.parse(at))
        }
      }),
      { numRuns: 30 },
    )
  })

  it('and by HAR also its dialect, its note, what it had lost, and the path that was asked', () => {
    const recording = taped({
      dialect: 'groq',
      note: 'from the field',
      lost: ['times'],
      request: {
        ...post,
        url: 'https://h.example/openai/v1/chat/completions',
        asked: '/v1/chat/completions',
      },
      headers: [['content-type', 'text/event-stream']],
      chunks: [[0, 'data: 1\n\n']],
      ending: 'end',
    })
    const brought = bringOne(written(har, [recording]).text)
    expect(brought).toMatchObject({
      note: 'from the field',
      lost: ['times'],
      url: recording.request.url,
    })
    expect(brought.dialect?.name).toBe('groq')
    expect(brought.request.url).toBe('/v1/chat/completions')
  })

  it('and by HAR a body in the coding that it came in', () => {
    const headers = [['content-encoding', 'gzip']] as const
    const wire = gzipSync('{"plain":true}')
    const chunks = [
      [1, wire.subarray(0, 9)],
      [2, wire.subarray(9)],
    ] as const
    const recording = taped({ headers, chunks, ending: 'end' })
    const { steps } = bringOne(written(har, [recording]).text)
    expect(steps.map(plain)).toEqual(played(recording))
  })

  it('a HAR whose body was edited since is read as any other', () => {
    const { text } = written(har, [taped({ chunks: [[1, 'body']], ending: 'reset' })])
    const brought = bringOne(text.replace('"text":"body"', '"text":"another"'))
    expect(bodyOf(brought.steps).toString()).toBe('another')
    expect(brought.words.join()).toContain('its chunks are not those of its body any more')
  })

  it('a recording keeps by vcrpy its bytes, status, request and headers', () => {
    fc.assert(
      fc.property(inOrder, (tapings) => {
        const recordings = tapings.map((taping) => taped(taping))
        const { recordings: brought, mistakes } = bring(written(vcrpy, recordings).text)
        expect(mistakes).toEqual([])
        expect(brought).toHaveLength(recordings.length)
        for (const [index, { steps, request, url, status }] of brought.entries()) {
          const recording = recordings[index] ?? taped({ chunks: [] })
          expect(bodyOf(steps)).toEqual(bodyOf(recording.timeline()))
          expect([url, status]).toEqual([recording.request.url, recording.status])
          expect(Buffer.from(request.body).toString()).toBe(recording.request.body ?? '')
          const [head] = steps
          expect(head).toMatchObject({ headers: expect.arrayContaining([['x-ratelimit-a', 'no']]) })
        }
      }),
      { numRuns: 30 },
    )
  })
})
