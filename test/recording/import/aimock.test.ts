import { describe, expect, test } from 'vitest'
import type { Event } from '../../../src/core/event.ts'
import { framesOf } from '../../../src/recording/import/frames.ts'
import type { Imported } from '../../../src/recording/import/imported.ts'
import { askedOf, bodyOf, bring, bringOne, headerOf } from './importing.ts'

const file = (...fixtures: readonly object[]): string => JSON.stringify({ fixtures }, undefined, 1)

/** What a client of the dialect would hear. */
function heard(imported: Imported): Event[] {
  const { dialect } = imported
  if (!dialect) throw new Error('no dialect')
  const decoder = dialect.decoder()
  const frames = framesOf(bodyOf(imported), dialect.framing)
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]
}

const textOf = (events: readonly Event[]): string =>
  events.map((event) => (event.type === 'text' ? event.text : '')).join('')

test.each(['openai-chat', 'anthropic', 'gemini', 'openai-responses', 'cohere', 'ollama'])(
  'a fixture with text is a stream of %s, asked for by what it matches',
  (dialect) => {
    const fixture = {
      match: { userMessage: 'hello', systemMessage: ['brief'] },
      response: { content: 'Hello! How can I help you?' },
    }
    const brought = bringOne(file(fixture), { dialect })
    expect(brought.dialect?.name).toBe(dialect)
    expect(textOf(heard(brought))).toBe('Hello! How can I help you?')
    expect(askedOf(brought)).toContain('hello')
    expect(askedOf(brought)).toContain('brief')
    expect(brought.lost).toEqual(['chunks', 'times'])
    expect(brought.words.join()).toContain('a fixture has no bytes')
  },
)

test('the same fixture gives the same bytes', () => {
  const text = file({ match: { userMessage: 'a' }, response: { content: 'b' } })
  expect(bodyOf(bringOne(text))).toEqual(bodyOf(bringOne(text)))
})

test('reasoning, calls and blocks are said in their order', () => {
  const call = { name: 'look_up', arguments: { city: 'Oslo' }, id: 'call_1' }
  const { recordings } = bring(
    file(
      { match: {}, response: { reasoning: 'Hm.', content: 'Let me see.', toolCalls: [call] } },
      {
        match: {},
        response: {
          blocks: [
            { type: 'toolCall', ...call },
            { type: 'text', text: 'Done.' },
          ],
        },
      },
    ),
    { dialect: 'anthropic' },
  )
  const kinds = recordings.map((each) => [
    ...new Set(
      heard(each).flatMap(({ type }) => (/^(?:text|reasoning|tool-start)$/.test(type) ? type : [])),
    ),
  ])
  expect(kinds).toEqual([
    ['reasoning', 'text', 'tool-start'],
    ['tool-start', 'text'],
  ])
  for (const each of recordings) {
    const args = heard(each).map((event) => (event.type === 'tool-arguments' ? event.text : ''))
    expect(JSON.parse(args.join(''))).toEqual({ city: 'Oslo' })
    expect(heard(each)).toContainEqual(expect.objectContaining({ name: 'look_up' }))
  }
})

test('an error is an error of the dialect', () => {
  const brought = bringOne(
    file({
      match: { userMessage: 'x' },
      response: { error: { message: 'Slow down.' }, status: 429, retryAfter: 30 },
    }),
  )
  expect(brought.status).toBe(429)
  expect(headerOf(brought, 'retry-after')).toBe('30')
  expect(JSON.parse(bodyOf(brought).toString()).error.message).toBe('Slow down.')
})

test('times that were taped are kept where they fit', () => {
  const response = { content: 'a' }
  const frames = bringOne(file({ match: {}, response })).steps.filter(
    ({ do: what }) => what === 'write',
  )
  const gaps = frames.slice(1).map((_, at) => 10 * (at + 1))
  const recordedTimings = { ttftMs: 100, interChunkDelaysMs: gaps, totalDurationMs: 0 }
  const timed = bringOne(file({ match: {}, response, recordedTimings }))
  expect(timed.lost).toEqual(['chunks'])
  expect(timed.steps.slice(0, 3).map(({ atMs }) => atMs)).toEqual([0, 100, 110])
  const other = { ...recordedTimings, interChunkDelaysMs: [1] }
  const untimed = bringOne(file({ match: {}, response, recordedTimings: other }))
  expect(untimed.lost).toEqual(['chunks', 'times'])
  expect(untimed.words.join()).toMatch(/it has 2 times for \d+ frames: they are left out/)
})

describe('what cannot be carried over is said', () => {
  test('of a fixture', () => {
    const { ignored } = bring(
      file({
        match: { userMessage: 'x', turnIndex: 2, hasToolResult: true },
        response: { content: 'y', usage: {} },
        chaos: { dropRate: 0.5 },
        latency: 20,
      }),
    )
    expect(ignored).toEqual([
      'of the fixtures: chaos, latency, match.turnIndex, match.hasToolResult, response.usage',
    ])
  })

  test.each([
    ['embeddings', { embedding: [1] }],
    ['images', { images: [] }],
    ['audio', { audio: '' }],
  ])('of fixtures that answer with %s', (name, response) => {
    const { ignored, recordings } = bring(file({ match: {}, response }))
    expect(recordings).toEqual([])
    expect(ignored).toEqual([`fixtures that answer with ${name}`])
  })

  test('of a response that says nothing, with its line', () => {
    const { mistakes } = bring(file({ match: {}, response: { contents: 'x' } }))
    expect(mistakes).toEqual(['source:3:3: this response says nothing known (contents)'])
  })
})
