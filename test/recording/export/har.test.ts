import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { har } from '../../../src/recording/export/har.ts'
import { anyTaping, bodyOf, taped, unreached, written } from './taped.ts'

interface Entry {
  readonly startedDateTime: string
  readonly time: number
  readonly request: Record<string, unknown> & { readonly queryString: unknown }
  readonly response: {
    readonly status: number
    readonly statusText: string
    readonly headers: readonly { readonly name: string; readonly value: string }[]
    readonly content: {
      readonly size: number
      readonly text?: string
      readonly encoding?: string
      readonly compression?: number
    }
    readonly bodySize: number
    readonly _error?: string
  }
  readonly timings: Readonly<Record<string, number>>
  readonly _eventSourceMessages?: readonly Record<string, unknown>[]
  readonly _stuntdouble: {
    readonly chunks: readonly (readonly [number, number])[]
    readonly end?: string
    readonly failed?: string
    readonly wire?: string
  }
}

function entriesOf(text: string): readonly Entry[] {
  const { log } = JSON.parse(text)
  expect(log).toMatchObject({ version: '1.2', creator: { name: 'stuntdouble' } })
  return log.entries
}

const contentOf = ({ response }: Entry): Buffer =>
  Buffer.from(
    response.content.text ?? '',
    response.content.encoding === 'base64' ? 'base64' : 'utf8',
  )

describe('HAR of recordings', () => {
  it('holds every byte of any body, with its chunks, times and ending', () => {
    fc.assert(
      fc.property(fc.array(anyTaping, { maxLength: 3 }), (tapings) => {
        const recordings = tapings.map((taping) => taped(taping))
        const entries = entriesOf(written(har, recordings).text)
        expect(entries).toHaveLength(recordings.length)
        for (const [index, recording] of recordings.entries()) {
          const entry = entries[index]
          if (!entry) throw new Error('no entry')
          const steps = [...recording.timeline()]
          const writes = steps.flatMap((step) => (step.do === 'write' ? [step] : []))
          expect(contentOf(entry)).toEqual(bodyOf(steps))
          expect(entry._stuntdouble.chunks).toEqual(writes.map((w) => [w.atMs, w.bytes.length]))
          expect(entry._stuntdouble.end).toBe(recording.ending)
          expect(entry.response.status).toBe(recording.status)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('has every field that the specification asks for', () => {
    const taping = {
      headers: [['location', '/there']] as const,
      headMs: 100.5,
      chunks: [[120, 'body']] as const,
      ending: 'end' as const,
      endMs: 130.25,
      request: { url: 'https://h.example/p?a=1&a=%26' },
    }
    const [entry] = entriesOf(written(har, [taped(taping)]).text)
    expect(entry).toMatchObject({
      startedDateTime: '2026-11-22T10:00:00.000Z',
      time: 130.25,
      cache: {},
      timings: { blocked: -1, dns: -1, connect: -1, ssl: -1, send: 0, wait: 100.5, receive: 29.75 },
      request: {
        method: 'POST',
        url: 'https://h.example/p?a=1&a=%26',
        httpVersion: 'HTTP/1.1',
        cookies: [],
        headers: [{ name: 'content-type', value: 'application/json' }],
        queryString: [
          { name: 'a', value: '1' },
          { name: 'a', value: '&' },
        ],
        postData: { mimeType: 'application/json' },
        headersSize: -1,
        bodySize: 74,
      },
      response: {
        status: 200,
        statusText: 'OK',
        httpVersion: 'HTTP/1.1',
        cookies: [],
        content: { size: 4, mimeType: '', text: 'body' },
        redirectURL: '/there',
        headersSize: -1,
        bodySize: 4,
      },
    })
    expect(entry?.response).not.toHaveProperty('_error')
  })

  it('notes the messages of an event stream as Chrome does, in seconds since 1970', () => {
    const headers = [['content-type', 'text/event-stream']] as const
    const chunks = [
      [10, 'id: 7\nevent: ping\nda'],
      [20.5, 'ta: a\n\n: comment\n\ndata: b\n\n'],
    ] as const
    const [entry] = entriesOf(written(har, [taped({ headers, chunks, ending: 'end' })]).text)
    expect(entry?._eventSourceMessages).toEqual([
      { time: 1795341600.0205, eventName: 'ping', eventId: '7', data: 'a' },
      { time: 1795341600.0205, eventName: 'message', eventId: '', data: 'b' },
    ])
  })

  it.each([
    ['reset', 'net::ERR_CONNECTION_RESET'],
    ['close', 'net::ERR_INCOMPLETE_CHUNKED_ENCODING'],
    ['client-left', 'net::ERR_ABORTED'],
    [undefined, 'net::ERR_INCOMPLETE_CHUNKED_ENCODING'],
  ] as const)('says in the words of a browser that a stream ended by %s', (ending, error) => {
    const [entry] = entriesOf(written(har, [taped({ chunks: [[1, 'x']], ending })]).text)
    expect(entry?.response._error).toBe(error)
  })

  it('gives a service that was never reached the status 0', () => {
    const [entry] = entriesOf(written(har, [unreached('ECONNREFUSED')]).text)
    expect(entry?.response).toMatchObject({ status: 0, _error: 'ECONNREFUSED', bodySize: 0 })
    expect(entry?._stuntdouble.failed).toBe('ECONNREFUSED')
    expect(entry?.time).toBe(7)
  })

  it('shows a compressed body plain, and keeps what was on the wire', () => {
    const wire = gzipSync('{"plain":true}')
    const headers = [['content-encoding', 'gzip']] as const
    const [entry] = entriesOf(written(har, [taped({ headers, chunks: [[1, wire]] })]).text)
    expect(entry?.response.content).toMatchObject({ size: 14, text: '{"plain":true}' })
    expect(entry?.response.bodySize).toBe(wire.length)
    expect(entry?._stuntdouble.wire).toBe(wire.toString('base64'))
  })

  it('draws a body piece by piece, however large it is', () => {
    const piece = Buffer.alloc(64 * 1024, 'x')
    let drawn = 0
    const recording = {
      ...taped({ chunks: [], ending: 'end' }),
      *timeline() {
        yield { atMs: 0, do: 'head', status: 200, headers: [] } as const
        for (; drawn < 300; drawn++) yield { atMs: 0, do: 'write', bytes: piece } as const
        yield { atMs: 0, do: 'end' } as const
      },
    }
    let longest = 0
    const options = { timing: 'steps', dialects: [], lose() {}, leaveOut() {}, tell() {} } as const
    const again = { ...recording, timeline: () => ({ [Symbol.iterator]: counted }) }
    function counted() {
      drawn = 0
      return recording.timeline()
    }
    for (const text of har.write([{ recording: again, dialect: undefined }], options)) {
      longest = Math.max(longest, text.length)
    }
    expect(longest).toBeLessThan(piece.length * 2)
  })
})
