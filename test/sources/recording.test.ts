import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { HttpRequest } from '../../src/core/http.ts'
import type { Pacing } from '../../src/core/pacing.ts'
import { defaultSettings, type RecordingSettings } from '../../src/core/recording-settings.ts'
import type { Step, Timeline } from '../../src/core/timeline.ts'
import type { Recording, RecordingInfo } from '../../src/recording/format.ts'
import { Sequences } from '../../src/scenario/sequences.ts'
import {
  paceRecording,
  paceTimeline,
  parsePace,
  type ReplayAnswer,
  replaySource,
} from '../../src/sources/recording.ts'
import { profiles } from '../../src/time/profiles.ts'
import { seededRandom } from '../../src/time/random.ts'

const steps: readonly Step[] = [
  { atMs: 100, do: 'head', status: 200, headers: [] },
  { atMs: 300, do: 'write', bytes: Buffer.from('a') },
  { atMs: 340, do: 'write', bytes: Buffer.from('b') },
  { atMs: 341, do: 'write', bytes: Buffer.from('c') },
  { atMs: 500, do: 'reset' },
]

const recording = (file: string, body: string, more: Partial<RecordingInfo> = {}): Recording => {
  const info: RecordingInfo = {
    ...{ file, version: 1, by: 'test', at: '2026-11-22T10:00:00.000Z' },
    ...{ dialect: undefined, note: undefined, lost: [] },
    ...{ status: 200, ending: 'end', failed: undefined },
    request: { method: 'POST', url: 'https://api.example.com/v1/chat', headers: [], body },
    ...more,
  }
  return { ...info, timeline: () => steps, derived: (_, make) => make(info.request) }
}

const ask = (body: string, url = '/v1/chat'): HttpRequest => ({
  ...{ method: 'POST', url, path: url, query: new URLSearchParams(), headers: [], params: {} },
  body: Buffer.from(body),
})

/** One object, since recordings of one folder share theirs. */
function settings(more: Partial<RecordingSettings>): () => RecordingSettings {
  const merged = { ...defaultSettings, ...more }
  return () => merged
}

type Source = ReturnType<typeof replaySource>

/** How far each source was played, by itself as a test uses it. */
const sequencesOf = new WeakMap<Source, Sequences>()

function resets(source: Source, session?: string): void {
  sequencesOf.get(source)?.reset(session)
}

function played(source: Source, asked: HttpRequest, session: string): ReplayAnswer {
  const sequences = sequencesOf.get(source) ?? new Sequences()
  sequencesOf.set(source, sequences)
  const answer = source.answer(asked, (takes) => sequences.next(session, takes))
  if (answer instanceof Promise) throw new Error('it was to be known at once')
  return answer
}

function fileOf(source: Source, body: string, session = 's'): string {
  const answer = played(source, ask(body), session)
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
    resets(replay, 'a')
    expect(['a', 'b'].map((session) => fileOf(replay, '{"q":1}', session))).toEqual(['1', '3'])
    resets(replay)
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

describe('after the last of several takes', () => {
  const takes = [recording('1', '{"q":1}'), recording('2', '{"q":1}')]
  const playing = (after: RecordingSettings['after']) =>
    replaySource(takes, { settingsOf: settings({ after }) })
  const five = (source: Source) => [1, 2, 3, 4, 5].map(() => fileOf(source, '{"q":1}'))

  test('comes the last again, the first again, or an error that says so', () => {
    expect(five(playing('repeat-last'))).toEqual(['1', '2', '2', '2', '2'])
    expect(five(playing('loop'))).toEqual(['1', '2', '1', '2', '1'])
    const asked = five(playing('error'))
    expect(asked.slice(0, 2)).toEqual(['1', '2'])
    expect(asked[2]).toContain('any more: all that was taped for it has been played (')
    expect(asked[2]).toContain('"after" is "error"')
  })
})

describe('what was taped in another run', () => {
  const idBody = (id: string) => JSON.stringify({ q: 1, metadata: { run_id: id } })
  const [a, b, c] = ['run-0123456789ab', 'run-ba9876543210', 'run-5555aaaa6666']

  test('plays in order, and what was taped for just this comes first', () => {
    const source = () => replaySource([recording('1', idBody(a)), recording('2', idBody(b))])
    expect(fileOf(source(), idBody(b))).toBe('2')
    const replay = source()
    expect([c, a, c].map((id) => fileOf(replay, idBody(id)))).toEqual(['1', '1', '2'])
  })

  test('is a miss where several could be meant: dates that differ, earlier replies unknown', () => {
    const on = (day: string) => JSON.stringify({ q: 1, system: `Today is ${day}.` })
    const days = replaySource([recording('1', on('2024-01-01')), recording('2', on('2025-01-01'))])
    expect(fileOf(days, on('2025-01-01'))).toBe('2')
    expect(fileOf(days, on('2026-01-01'))).toMatch(/several could be meant[\s\S]*\n {2}1\n {2}2\n/)
    const following = (id: string) =>
      JSON.stringify({ input: 'and now?', previous_response_id: id })
    const turns = [
      recording('1', following('resp_aaaa1111')),
      recording('2', following('resp_bbbb2222')),
    ]
    expect(fileOf(replaySource(turns), following('resp_bbbb2222'))).toBe('2')
    expect(fileOf(replaySource(turns), following('resp_cccc3333'))).toContain(
      'several could be meant',
    )
    expect(fileOf(replaySource(turns.slice(1)), following('resp_cccc3333'))).toBe('2')
  })

  test('is the nearest in time where several dates mean the day of their request', () => {
    const on = (day: string) => JSON.stringify({ q: 1, system: `Today is ${day}.` })
    const replay = replaySource(
      [recording('1', on('2026-11-22')), recording('2', on('2020-02-02'))],
      { wallTime: () => Date.UTC(2026, 11, 24, 9) },
    )
    expect(fileOf(replay, on('2026-12-24'))).toBe('1')
  })

  test('is asked by the settings of its own folder', () => {
    const match = { ...defaultSettings.match, ignore: ['$.user'] }
    const loose: RecordingSettings = { ...defaultSettings, match }
    const replay = replaySource(
      [recording('strict/1', '{"q":1,"user":"a"}'), recording('loose/1', '{"q":2,"user":"a"}')],
      { settingsOf: ({ file }) => (file.startsWith('loose') ? loose : defaultSettings) },
    )
    expect(fileOf(replay, '{"q":2,"user":"b"}')).toBe('loose/1')
    expect(fileOf(replay, '{"q":1,"user":"b"}')).toContain('no recording answers')
  })
})

test('what was never used is told, also after a reset', () => {
  const replay = replaySource([recording('1', '{"q":1}'), recording('2', '{"q":2}')])
  expect(replay.unused).toEqual(['1', '2'])
  fileOf(replay, '{"q":2}')
  resets(replay)
  expect(replay.unused).toEqual(['1'])
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
        'also near: far.jsonl (3 differences, the first at $.model)',
      ].join('\n'),
    )
  })

  const turns = (...said: readonly string[]) =>
    said.map((content, index) => ({ role: index % 2 === 0 ? 'user' : 'assistant', content }))
  const talk = (...said: readonly string[]) =>
    JSON.stringify({ model: 'm', messages: turns(...said) })

  test('is shown message by message, the same conversation first', () => {
    const replay = replaySource([
      recording('other.jsonl', talk('Hello', 'Hi!', 'Weather in Paris?')),
      recording('same.jsonl', talk('Good morning', 'Good morning!', 'And the weather in Rome?')),
      recording('start.jsonl', talk('Good morning')),
    ])
    const answer = played(
      replay,
      ask(talk('Good morning', 'Good morning!', 'And the weather in Oslo?')),
      's',
    )
    if (!('miss' in answer)) throw new Error('it was found')
    expect(answer.miss.split('\n').slice(1, 10)).toEqual([
      'the nearest of 3 recordings is same.jsonl; the first difference is at',
      '$.messages[2].content',
      '  taped: "And the weather in Rome?"',
      '  asked: "And the weather in Oslo?"',
      'message by message',
      '  [0-1] same: user, assistant',
      '  [2] different: user',
      'also near: start.jsonl (2 differences, the first at $.messages[1])',
      'also near: other.jsonl (3 differences, the first at $.messages[0].content)',
    ])
    expect(answer.report?.nearest[0]).toMatchObject({
      file: 'same.jsonl',
      count: 1,
      differences: [{ where: '$.messages[2].content', asked: '"And the weather in Oslo?"' }],
      messages: [{ is: 'same' }, { is: 'same' }, { index: 2, role: 'user', is: 'different' }],
    })
  })

  test('reads few of two thousand recordings to find the nearest', () => {
    let read = 0
    const many = Array.from({ length: 2_000 }, (_, n) => {
      const one = recording(`${n}`, talk(`Question ${n}`, `Answer ${n}`, `And then, number ${n}?`))
      const keys = new Map<string, string>()
      return {
        ...one,
        get request() {
          read++
          return one.request
        },
        derived: (name: string, make: (request: RecordingInfo['request']) => string) => {
          const known = keys.get(name) ?? make(one.request)
          keys.set(name, known)
          return known
        },
      }
    })
    const replay = replaySource(many)
    expect(fileOf(replay, talk('Question 77', 'Answer 77', 'And now, number 77?'))).toContain(
      'is 77; the first difference',
    )
    expect(read).toBeLessThan(100)
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

  test('of times that are lost is the usual one of the dialect, drawn from the seed', () => {
    const flat = steps.map((step) => ({ ...step, atMs: 0 }))
    const lost = { timeline: () => flat, lost: ['times'] as const, dialect: 'anthropic' }
    const usual = times(paceTimeline(flat, profiles['claude']?.pacing ?? 'instant', random))
    expect(times(paceRecording(lost, 'recorded', random))).toEqual(usual)
    expect(usual[1]).toBeGreaterThan(0)
    expect(times(paceRecording(lost, 'x2', random))).toEqual(usual.map((ms) => ms / 2))
    expect(times(paceRecording(lost, 'instant', random))).toEqual([0, 0, 0, 0, 0])
    const kept = { ...lost, timeline: () => steps, lost: ['chunks'] as const }
    expect(times(paceRecording(kept, 'recorded', random))).toEqual(times(steps))
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
