import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HttpRequest } from '../../src/core/http.ts'
import type { Pacing } from '../../src/core/pacing.ts'
import type { Step, Timeline } from '../../src/core/timeline.ts'
import type { Recording, RecordingInfo } from '../../src/recording/format.ts'
import { paceTimeline, parsePace, replaySource } from '../../src/sources/recording.ts'
import { profiles } from '../../src/time/profiles.ts'
import { seededRandom } from '../../src/time/random.ts'

const steps: readonly Step[] = [
  { atMs: 100, do: 'head', status: 200, headers: [] },
  { atMs: 300, do: 'write', bytes: Buffer.from('a') },
  { atMs: 340, do: 'write', bytes: Buffer.from('b') },
  { atMs: 341, do: 'write', bytes: Buffer.from('c') },
  { atMs: 500, do: 'reset' },
]

const recording = (file: string, body: string, more: Partial<RecordingInfo> = {}): Recording => ({
  ...{ file, version: 1, by: 'test', at: '', dialect: undefined, note: undefined, lost: [] },
  ...{ status: 200, ending: 'end', failed: undefined },
  request: { method: 'POST', url: 'https://api.example.com/v1/chat', headers: [], body },
  timeline: () => steps,
  ...more,
})

const ask = (body: string, url = '/v1/chat'): HttpRequest => ({
  ...{ method: 'POST', url, path: url, query: new URLSearchParams(), headers: [], params: {} },
  body: Buffer.from(body),
})

type Source = ReturnType<typeof replaySource>

function fileOf(source: Source, body: string, session = 's'): string {
  const answer = source.answer(ask(body), session)
  return 'miss' in answer ? answer.miss : answer.recording.file
}

describe('what was taped for a request', () => {
  const source = () =>
    replaySource([recording('1', '{"q":1}'), recording('2', '{"q":2}'), recording('3', '{"q":1}')])

  test('plays in order, each session on its own, and the last again and again', () => {
    const replay = source()
    const asked = ['a', 'a', 'b', 'a', 'b', 'a'].map((session) =>
      fileOf(replay, '{"q":1}', session),
    )
    expect(asked).toEqual(['1', '3', '1', '3', '3', '3'])
    expect(fileOf(replay, '{"q":2}', 'a')).toBe('2')
  })

  test('begins again after a reset, of one session or of all', () => {
    const replay = source()
    for (const session of ['a', 'b']) fileOf(replay, '{"q":1}', session)
    replay.reset('a')
    expect(['a', 'b'].map((session) => fileOf(replay, '{"q":1}', session))).toEqual(['1', '3'])
    replay.reset()
    expect(['a', 'b'].map((session) => fileOf(replay, '{"q":1}', session))).toEqual(['1', '1'])
  })

  test('is an answer also where the connection broke before a head, but not where none was', () => {
    const broken = { status: undefined, ending: 'reset' } as const
    expect(fileOf(replaySource([recording('r', '{}', broken)]), '{}')).toBe('r')
    for (const more of [
      { status: undefined, ending: undefined, failed: 'ECONNREFUSED' },
      { status: undefined, ending: 'client-left' },
    ] as const) {
      const miss = fileOf(replaySource([recording('r', '{}', more)]), '{}')
      expect(miss).toContain('there are no recordings (1 more hold no answer)')
    }
  })
})

describe('a miss', () => {
  test('shows the nearest recording and the first difference', () => {
    const replay = replaySource([
      recording('far.jsonl', '{"model":"x","q":"something else","n":3}'),
      recording('near.jsonl', '{"model":"m","q":"weather in Paris","n":1}'),
      recording('elsewhere.jsonl', '{"model":"m","q":"weather in Rome","n":1}', {
        request: { method: 'POST', url: 'https://x/other', headers: [], body: '{}' },
      }),
    ])
    expect(fileOf(replay, '{"model":"m","q":"weather in Rome","n":1}')).toBe(
      [
        'no recording answers POST /v1/chat',
        'the nearest of 3 recordings is near.jsonl; the first difference is at',
        '$.q',
        '  taped: "weather in Paris"',
        '  asked: "weather in Rome"',
      ].join('\n'),
    )
  })

  test('says so where there is nothing to compare with', () => {
    expect(fileOf(replaySource([]), '{}')).toContain('there are no recordings')
  })

  test('shows no secret', () => {
    const replay = replaySource([recording('r', '{"q":"a"}')])
    const miss = fileOf(replay, '{"q":"sk-abcdefgh12345678"}')
    expect(miss).toContain('asked: "REDACTED')
    expect(miss).not.toContain('abcdefgh1234')
  })
})

describe('the pace', () => {
  const times = (timeline: Timeline): number[] => [...timeline].map(({ atMs }) => atMs)
  const random = seededRandom('test')

  test.each([
    ['recorded', [100, 300, 340, 341, 500]],
    ['instant', [0, 0, 0, 0, 0]],
    ['x2', [50, 150, 170, 170.5, 250]],
    ['x0.5', [200, 600, 680, 682, 1000]],
  ] as const)('%s', (pace, expected) => {
    expect(times(paceTimeline(steps, pace, random))).toEqual(expected)
  })

  test('of a profile gives head, first chunk and gaps, and an ending with the last chunk', () => {
    const pacing: Pacing = { head: { fixed: 5 }, ttft: { fixed: 50 }, itl: { fixed: 10 } }
    expect(times(paceTimeline(steps, pacing, random))).toEqual([5, 50, 60, 70, 70])
  })

  test('changes times only, never descends, and is the same on every walk', () => {
    const names = ['instant', 'recorded', 'x3', ...Object.keys(profiles)]
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.string(), (name, seed) => {
        const paced = paceTimeline(steps, parsePace(name), seededRandom(seed))
        const walked = [...paced]
        expect(walked.map((step) => ({ ...step, atMs: 0 }))).toEqual(
          steps.map((step) => ({ ...step, atMs: 0 })),
        )
        expect(times(walked)).toEqual([...times(walked)].sort((a, b) => a - b))
        expect(times(paced)).toEqual(times(walked))
      }),
    )
  })

  test.each(['x0', 'x-1', 'xfast', 'x', 'recoded', 'toString', ''])('"%s" is none', (text) => {
    expect(() => parsePace(text)).toThrow(/there is no pace/)
  })

  test('a pace that is nearly right gets a suggestion', () => {
    expect(() => parsePace('recoded')).toThrow('did you mean "recorded"?')
  })
})
