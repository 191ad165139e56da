import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { vcrpy } from '../../../src/recording/export/vcrpy.ts'
import { anyTaping, bodyOf, taped, unreached, written } from './taped.ts'

interface Interaction {
  readonly request: Readonly<Record<string, unknown>>
  readonly response: {
    readonly body: { readonly string: string | Uint8Array }
    readonly headers: Readonly<Record<string, readonly string[]>>
    readonly status: { readonly code: number; readonly message: string }
  }
}

/** As PyYAML reads it, which knows YAML 1.1. */
function interactionsOf(text: string): readonly Interaction[] {
  const cassette = parse(text, { version: '1.1' })
  expect(Object.keys(cassette)).toEqual(['interactions', 'version'])
  expect(cassette.version).toBe(1)
  return cassette.interactions
}

describe('a cassette of vcrpy', () => {
  it('holds every byte of any body, and the request as it was', () => {
    fc.assert(
      fc.property(fc.array(anyTaping, { maxLength: 3 }), (tapings) => {
        const recordings = tapings.map((taping) => taped(taping))
        const interactions = interactionsOf(written(vcrpy, recordings).text)
        expect(interactions).toHaveLength(recordings.length)
        for (const [index, recording] of recordings.entries()) {
          const { request, response } = interactions[index] ?? {}
          const { method, url: uri, body = null } = recording.request
          expect(request).toMatchObject({ method, uri, body })
          expect(Buffer.from(response?.body.string ?? '')).toEqual(bodyOf(recording.timeline()))
          expect(response?.status.code).toBe(recording.status)
          expect(response?.headers['x-ratelimit-a']).toEqual(['1', 'no'])
        }
      }),
      { numRuns: 30 },
    )
  })

  it('is readable: a line of the stream on a line of the file', () => {
    const chunks = [[1, 'data: {"a":1}\n\n  two\n']] as const
    const { text } = written(vcrpy, [taped({ chunks, ending: 'end' })])
    expect(text).toBe(
      [
        'interactions:',
        '- request:',
        String.raw`    body: "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"hello\"}]}"`,
        '    headers:',
        '      content-type:',
        '      - application/json',
        '    method: POST',
        '    uri: "https://api.example.com/v1/chat/completions"',
        '  response:',
        '    body:',
        '      string: "data: {\\"a\\":1}\\n\\',
        '        \\n\\',
        String.raw`        \  two\n"`,
        '    headers: {}',
        '    status:',
        '      code: 200',
        '      message: OK',
        'version: 1',
        '',
      ].join('\n'),
    )
  })

  it('keeps the coding of a body that is still in it', () => {
    const wire = gzipSync('x'.repeat(300))
    const headers = [['content-encoding', 'gzip']] as const
    const [one] = interactionsOf(written(vcrpy, [taped({ headers, chunks: [[1, wire]] })]).text)
    expect(one?.response.headers).toEqual({ 'content-encoding': ['gzip'] })
    expect(Buffer.from(one?.response.body.string ?? '')).toEqual(wire)
  })

  it('keeps a request body that is no text', () => {
    const base64 = Buffer.from([0xff, 0, 1]).toString('base64')
    const request = { body: undefined, base64 }
    const [one] = interactionsOf(written(vcrpy, [taped({ request, chunks: [] })]).text)
    expect(one?.request['body']).toEqual(Buffer.from([0xff, 0, 1]))
  })

  it('says what it cannot hold, and leaves out what was never answered', () => {
    const two = [
      [1, 'a'],
      [2, 'b'],
    ] as const
    const recordings = [taped({ chunks: two, ending: 'reset' }), unreached('ECONNREFUSED')]
    const { lost, leftOut, text } = written(vcrpy, recordings)
    expect(lost).toEqual(['times', 'chunk borders', 'the ending (reset)'])
    expect(leftOut).toEqual(['failed.jsonl: there was no answer: ECONNREFUSED'])
    expect(interactionsOf(text)).toHaveLength(1)
  })

  it('is a cassette also where nothing is left', () => {
    expect(interactionsOf(written(vcrpy, [unreached('x')]).text)).toEqual([])
  })
})
