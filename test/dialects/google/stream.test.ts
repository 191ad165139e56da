import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Event } from '../../../src/core/event.ts'
import { gemini, vertex } from '../../../src/dialects/google/google.ts'
import { type Asked, reply, streamed, whole } from './google.ts'

const start: Event = { type: 'start' }
const stop: Event = { type: 'finish', reason: 'stop' }
const usage: Event = {
  type: 'usage',
  usage: { inputTokens: 6, outputTokens: 5, reasoningTokens: 2, cachedTokens: 4 },
}

const call = (index: number, name: string, args: string, id?: string): Event[] => [
  { type: 'tool-start', index, name, ...(id === undefined ? {} : { id }) },
  { type: 'tool-arguments', index, text: args },
  { type: 'tool-end', index },
]

/** What is drawn from the seed, by its form. */
const shown = (body: string): string =>
  body
    .replaceAll(/"responseId": "[\w-]{23}"/g, '"responseId": "ID"')
    .replaceAll(/"thoughtSignature": "[\w+/]{128}"/g, '"thoughtSignature": "SIGNATURE"')
    .replaceAll(/"id": "call_\d{6}"/g, '"id": "CALL"')

const lines = (body: string): string[] => shown(body).split('\r\n\r\n')

const messages = (events: readonly Event[], asked?: Asked): unknown[] =>
  lines(streamed(gemini, events, asked))
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line.slice('data: '.length)))

describe('a stream of the Gemini API', () => {
  it('is written as recorded: CRLF, a space after each colon, usage in every chunk', () => {
    const hello: Event = { type: 'text', text: 'Hi <b>' }
    expect(lines(streamed(gemini, [start, hello, stop]))).toEqual([
      'data: {"candidates": [{"content": {"parts": [{"text": "Hi \\u003cb\\u003e"}],"role": "model"},"index": 0}],"usageMetadata": {"promptTokenCount": 7,"candidatesTokenCount": 4,"totalTokenCount": 11,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 7}],"serviceTier": "standard"},"modelVersion": "gemini-2.5-flash","responseId": "ID"}',
      'data: {"candidates": [{"content": {"parts": [{"text": ""}],"role": "model"},"finishReason": "STOP","index": 0}],"usageMetadata": {"promptTokenCount": 7,"candidatesTokenCount": 4,"totalTokenCount": 11,"promptTokensDetails": [{"modality": "TEXT","tokenCount": 7}],"serviceTier": "standard"},"modelVersion": "gemini-2.5-flash","responseId": "ID"}',
      '',
    ])
  })

  it('counts thoughts beside the answer, and signs them at its end', () => {
    const events: Event[] = [
      start,
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'Hi' },
      usage,
      stop,
    ]
    expect(messages(events)).toMatchObject([
      {
        candidates: [{ content: { parts: [{ text: 'Hm', thought: true }] } }],
        usageMetadata: { totalTokenCount: 8, thoughtsTokenCount: 1 },
      },
      { candidates: [{ content: { parts: [{ text: 'Hi' }] } }] },
      {
        candidates: [{ content: { parts: [{ text: '', thoughtSignature: 'SIGNATURE' }] } }],
        usageMetadata: {
          promptTokenCount: 6,
          candidatesTokenCount: 3,
          totalTokenCount: 11,
          cachedContentTokenCount: 4,
          thoughtsTokenCount: 2,
        },
      },
    ])
  })

  it('gives usage that comes after the finish a chunk of its own, if it says anything new', () => {
    const [, told] = messages([start, stop, usage])
    expect(told).toEqual({
      usageMetadata: expect.objectContaining({ promptTokenCount: 6 }),
      modelVersion: 'gemini-2.5-flash',
      responseId: 'ID',
    })
    const counted: Event = { type: 'usage', usage: { inputTokens: 7, outputTokens: 0 } }
    expect(messages([start, stop, counted])).toHaveLength(1)
  })

  it('says from its first chunk what the scenario tells, and never more than that', () => {
    const known = { inputTokens: 6, outputTokens: 5, reasoningTokens: 2, cachedTokens: 4 }
    const events: Event[] = [
      start,
      { type: 'reasoning', text: 'Hm' },
      { type: 'text', text: 'one two' },
      { type: 'text', text: ' three four five' },
      stop,
      { type: 'usage', usage: known },
    ]
    const told = { promptTokenCount: 6, cachedContentTokenCount: 4 }
    expect(messages(events, { usage: known })).toMatchObject([
      { usageMetadata: { ...told, totalTokenCount: 7, thoughtsTokenCount: 1 } },
      { usageMetadata: { ...told, totalTokenCount: 9, candidatesTokenCount: 2 } },
      { usageMetadata: { ...told, totalTokenCount: 10, candidatesTokenCount: 3 } },
      { usageMetadata: { ...told, totalTokenCount: 11, thoughtsTokenCount: 2 } },
    ])
  })

  it.each([undefined, { inputTokens: 6, outputTokens: 3 }])(
    'counts up to the figure of the whole answer, given %j',
    (given) => {
      const cut = fc.array(
        fc.constantFrom('a', "'", 're', 'wonderful', ' ', 'é', '"', '{', '\n', '123', 'い'),
      )
      const pieces = fc.array(
        cut.map((said): Event => ({ type: 'text', text: said.join('') })),
        { minLength: 1 },
      )
      const figure = /"totalTokenCount": (\d+)/g
      fc.assert(
        fc.property(pieces, (texts) => {
          const events = [start, ...texts, stop]
          const asked = given ? { usage: given } : {}
          const stream = streamed(gemini, events, asked)
          const figures = [...stream.matchAll(figure)].map(([, count]) => Number(count))
          expect(figures).toEqual([...figures].sort((a, b) => a - b))
          if (given) expect(figures.at(-1)).toBe(9)
          else expect(whole(gemini, events)).toContain(`"totalTokenCount": ${figures.at(-1)},`)
        }),
      )
    },
  )

  it('has calls whole, and says that it made some', () => {
    const events = [
      start,
      ...call(0, 'get_weather', '{"city":"Oslo"}', 'mine'),
      ...call(1, 'get_time', ''),
    ]
    expect(messages([...events, stop])).toMatchObject([
      {
        candidates: [
          {
            content: {
              parts: [
                { functionCall: { name: 'get_weather', args: { city: 'Oslo' }, id: 'mine' } },
              ],
            },
          },
        ],
      },
      { candidates: [{ content: { parts: [{ functionCall: { name: 'get_time', args: {} } }] } }] },
      {
        candidates: [{ finishReason: 'STOP', finishMessage: 'Model generated function call(s).' }],
      },
    ])
  })

  it('names and signs calls as newer models do', () => {
    const events = [start, ...call(0, 'a', '{}'), ...call(1, 'b', '{}')]
    const parts = lines(streamed(gemini, events, { model: 'gemini-3-flash-preview' })).flatMap(
      (line) => /"parts": (\[.*?\]),"role"/.exec(line)?.[1] ?? [],
    )
    expect(parts).toEqual([
      '[{"functionCall": {"name": "a","args": {},"id": "CALL"},"thoughtSignature": "SIGNATURE"}]',
      '[{"functionCall": {"name": "b","args": {},"id": "CALL"}}]',
      '[{"text": ""}]',
    ])
  })

  it('keeps arguments that are no object as text', () => {
    expect(messages([start, ...call(0, 'a', 'not JSON'), stop])[0]).toMatchObject({
      candidates: [
        { content: { parts: [{ functionCall: { name: 'a', args: { arguments: 'not JSON' } } }] } },
      ],
    })
  })

  it.each([
    ['length', 'MAX_TOKENS'],
    ['tool-calls', 'STOP'],
    ['content-filter', 'SAFETY'],
    ['RECITATION', 'RECITATION'],
  ])('finishes by %s as %s', (reason, word) => {
    const events: Event[] = [start, { type: 'text', text: 'Hi' }, { type: 'finish', reason }]
    expect(messages(events)[1]).toMatchObject({ candidates: [{ finishReason: word }] })
  })

  it.each([
    ['content-filter', 'SAFETY'],
    ['PROHIBITED_CONTENT', 'PROHIBITED_CONTENT'],
  ])('blocks the prompt where %s comes before anything is said', (reason, blockReason) => {
    const [blocked, ...others] = messages([start, { type: 'finish', reason }])
    expect(blocked).toEqual({
      promptFeedback: { blockReason },
      usageMetadata: expect.objectContaining({ promptTokenCount: 7 }),
      modelVersion: 'gemini-2.5-flash',
      responseId: 'ID',
    })
    expect(others).toEqual([])
  })

  it('says why it refuses: instead of an answer, or at its end', () => {
    const refusal: Event = { type: 'refusal', text: 'No.' }
    expect(messages([start, refusal, stop])).toMatchObject([
      {
        promptFeedback: { blockReason: 'SAFETY', blockReasonMessage: 'No.' },
        usageMetadata: { promptTokenCount: 7, totalTokenCount: 7 },
      },
    ])
    expect(streamed(gemini, [start, refusal, stop])).not.toContain('candidatesTokenCount')
    expect(messages([start, { type: 'text', text: 'Hi' }, refusal, stop])[1]).toMatchObject({
      candidates: [{ finishReason: 'SAFETY', finishMessage: 'No.' }],
    })
  })

  it('brings citations and what a search found', () => {
    const source = { startIndex: 0, endIndex: 2, uri: 'https://example.com/' }
    const grounding = { webSearchQueries: ['hello'], groundingChunks: [] }
    expect(
      messages([
        start,
        { type: 'citation', citation: source },
        { type: 'citation', citation: grounding },
      ]),
    ).toMatchObject([
      { candidates: [{ citationMetadata: { citationSources: [source] } }] },
      { candidates: [{ groundingMetadata: grounding }] },
      { candidates: [{ finishReason: 'STOP' }] },
    ])
  })

  it('finishes each of the candidates that were asked for', () => {
    const fields = { generationConfig: { candidateCount: 2 } }
    const events: Event[] = [
      start,
      { type: 'text', text: 'A' },
      { type: 'text', text: 'B', choice: 1 },
    ]
    const told = messages(events, { fields })
    expect(told).toMatchObject([
      { candidates: [{ index: 0 }] },
      { candidates: [{ index: 1, content: { parts: [{ text: 'B' }] } }] },
      { candidates: [{ index: 0, finishReason: 'STOP' }] },
      { candidates: [{ index: 1, finishReason: 'STOP' }] },
    ])
    expect(JSON.parse(whole(gemini, events, { fields }))).toMatchObject({
      candidates: [{ index: 0 }, { index: 1, content: { parts: [{ text: 'B' }] } }],
    })
  })

  it('breaks off by a bare error body, and says no more', () => {
    const events: Event[] = [
      start,
      { type: 'text', text: 'Hi' },
      { type: 'error', error: { code: 'overloaded', message: 'Too much.' } },
      stop,
    ]
    expect(streamed(gemini, events).split('\r\n\r\n')[1]).toBe(
      '{\n  "error": {\n    "code": 503,\n    "message": "Too much.",\n    "status": "UNAVAILABLE"\n  }\n}\n',
    )
  })
})

describe('the same stream as an array', () => {
  const asked = { query: '' }

  it('is written as recorded: two spaces deep, a comma and CRLF between', () => {
    const body = shown(streamed(gemini, [start, { type: 'text', text: 'Hi' }, stop], asked))
    const told = `  "usageMetadata": {
    "promptTokenCount": 7,
    "candidatesTokenCount": 1,
    "totalTokenCount": 8,
    "promptTokensDetails": [
      {
        "modality": "TEXT",
        "tokenCount": 7
      }
    ],
    "serviceTier": "standard"
  },
  "modelVersion": "gemini-2.5-flash",
  "responseId": "ID"
}`
    expect(body).toBe(`[{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": "Hi"
          }
        ],
        "role": "model"
      },
      "index": 0
    }
  ],
${told}
,\r
{
  "candidates": [
    {
      "content": {
        "parts": [
          {
            "text": ""
          }
        ],
        "role": "model"
      },
      "finishReason": "STOP",
      "index": 0
    }
  ],
${told}
]`)
  })

  it('has an error as its last element, and is JSON all the same', () => {
    const error: Event = { type: 'error', error: { code: 'server-error' } }
    const body = streamed(gemini, [start, { type: 'text', text: 'Hi' }, error], asked)
    expect(JSON.parse(body)).toMatchObject([
      { candidates: [{ index: 0 }] },
      { error: { code: 500, status: 'INTERNAL' } },
    ])
    expect(JSON.parse(streamed(gemini, [start, error], asked))).toHaveLength(1)
  })

  it('is told apart by the content type', () => {
    const typeOf = (query: string): unknown =>
      gemini.streamHeaders(reply(gemini, { query })).find(([name]) => name === 'content-type')?.[1]
    expect(typeOf('alt=sse')).toBe('text/event-stream')
    expect(typeOf('')).toBe('application/json; charset=UTF-8')
    expect(typeOf('alt=json&key=k')).toBe('application/json; charset=UTF-8')
  })
})

describe('a stream of Vertex AI', () => {
  it('names the role first, the time, and the usage only at the end', () => {
    const events: Event[] = [start, { type: 'text', text: 'Hi' }, stop]
    expect(lines(streamed(vertex, events))).toEqual([
      'data: {"candidates": [{"content": {"role": "model","parts": [{"text": "Hi"}]}}],"usageMetadata": {"trafficType": "ON_DEMAND"},"modelVersion": "gemini-2.5-flash","createTime": "2023-11-14T22:13:20.000000Z","responseId": "ID"}',
      'data: {"candidates": [{"content": {"role": "model","parts": [{"text": ""}]},"finishReason": "STOP"}],"usageMetadata": {"promptTokenCount": 7,"candidatesTokenCount": 1,"totalTokenCount": 8,"trafficType": "ON_DEMAND","promptTokensDetails": [{"modality": "TEXT","tokenCount": 7}],"candidatesTokensDetails": [{"modality": "TEXT","tokenCount": 1}]},"modelVersion": "gemini-2.5-flash","createTime": "2023-11-14T22:13:20.000000Z","responseId": "ID"}',
      '',
    ])
  })
})

describe('an answer in one piece', () => {
  const events: Event[] = [
    start,
    { type: 'reasoning', text: 'Hm' },
    { type: 'text', text: 'H' },
    { type: 'text', text: 'i' },
    { type: 'citation', citation: { uri: 'https://example.com/' } },
    ...call(0, 'a', '{"b":1}'),
    { type: 'finish', reason: 'tool-calls' },
    usage,
  ]

  it('has all parts in order, with a line end after it', () => {
    const body = whole(gemini, events)
    expect(body.endsWith('\n}\n')).toBe(true)
    expect(JSON.parse(shown(body))).toMatchObject({
      candidates: [
        {
          content: {
            parts: [
              { text: 'Hm', thought: true },
              { text: 'Hi' },
              { functionCall: { name: 'a', args: { b: 1 } }, thoughtSignature: 'SIGNATURE' },
            ],
          },
          finishReason: 'STOP',
          citationMetadata: { citationSources: [{ uri: 'https://example.com/' }] },
        },
      ],
      usageMetadata: { promptTokenCount: 6, candidatesTokenCount: 3, thoughtsTokenCount: 2 },
    })
  })

  it('draws the ids that the stream draws', () => {
    const drawn = (body: string): string[] =>
      body.match(/"(responseId|thoughtSignature|id)": "[^"]+"/g) ?? []
    const asked = { model: 'gemini-3-flash-preview' }
    const stream = streamed(gemini, events, asked)
    expect(new Set(drawn(stream))).toEqual(new Set(drawn(whole(gemini, events, asked))))
  })

  it('is a blocked prompt where nothing was said', () => {
    const body = JSON.parse(whole(gemini, [start, { type: 'refusal', text: 'No.' }, stop]))
    expect(body.candidates).toBeUndefined()
    expect(body.promptFeedback).toEqual({ blockReason: 'SAFETY', blockReasonMessage: 'No.' })
    expect(body.usageMetadata).toMatchObject({ promptTokenCount: 7, totalTokenCount: 7 })
    expect(body.usageMetadata.candidatesTokenCount).toBeUndefined()
  })

  it('counts by itself where nobody tells', () => {
    expect(JSON.parse(whole(gemini, [start, { type: 'text', text: 'Hi' }, stop]))).toMatchObject({
      usageMetadata: { promptTokenCount: 7, candidatesTokenCount: 1, totalTokenCount: 8 },
    })
  })
})
