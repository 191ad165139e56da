import { expect, test } from 'vitest'
import type { Event } from '../../src/core/event.ts'
import type { Step } from '../../src/core/timeline.ts'
import { awsEventStream } from '../../src/framing/aws-event-stream.ts'
import { sse } from '../../src/framing/sse.ts'
import { renderRecording, renderTimeline } from '../../src/recording/look/show.ts'
import { parseRecording } from '../../src/recording/read.ts'
import { taped } from './taped.ts'

const write = (atMs: number, text: string | Uint8Array): Step => ({
  atMs,
  do: 'write',
  bytes: Buffer.from(text),
})

const steps: readonly Step[] = [
  {
    atMs: 412.118,
    do: 'head',
    status: 429,
    headers: [
      ['Content-Type', 'text/event-stream'],
      ['Retry-After', '7'],
    ],
  },
  write(431.002, 'data: {"a":1}\n\n'),
  write(431.409, Uint8Array.of(0xe2, 0x9c)),
  write(440, `\u001b[31mred\u0000${'long '.repeat(50)}`),
  { atMs: 455.31, do: 'reset' },
]

test('a timeline is a table, with every control character made visible', () => {
  expect([...renderTimeline(steps, { columns: 80 })]).toEqual([
    '      at ms     gap ms  what     bytes',
    '    412.118    412.118  head            429 text/event-stream retry-after: 7',
    '    431.002     18.884  write       15  data: {"a":1}\\n\\n',
    '    431.409      0.407  write        2  \ufffd',
    '    440.000      8.591  write      259  \\u001b[31mred\\u0000long long long long …',
    '    455.310     15.310  reset           RST',
    '3 chunks, 276 bytes in 455.310 ms',
  ])
})

test('a timeline without end is shown as far as it is asked for', () => {
  function* forever(): Generator<Step> {
    for (let i = 0; ; i++) yield write(i, `${i}`)
  }
  const lines = renderTimeline(forever())
  lines.next()
  expect(lines.next().value).toContain('write        1  0')
  expect(lines.next().value).toContain('write        1  1')
})

const opening = [
  '{"recording":1,"by":"stuntdouble 0.1.0","at":"2026-11-22T10:00:00.000Z","dialect":"d"}',
  '{"request":{"method":"POST","url":"https://x/v1","headers":[["accept","*/*"]],"body":"{}"}}',
]

test.each([
  ['', 'cut off while taping: the file has no ending'],
  ['{"atMs":5,"end":"client-left"}', 'the client left'],
  ['{"atMs":5,"end":"close"}', 'FIN, without the end of the body'],
  [
    '{"atMs":5,"failed":"connect ECONNREFUSED"}',
    'the service was never reached: connect ECONNREFUSED',
  ],
])('a recording that ends with "%s" says so', (last, expected) => {
  const parsed = parseRecording([...opening, ...(last ? [last] : [])], 'r.jsonl')
  if ('mistakes' in parsed) throw new Error(parsed.mistakes[0]?.message)
  const lines = [...renderRecording(parsed.recording)]
  expect(lines.slice(0, 5)).toEqual([
    'r.jsonl',
    'taped 2026-11-22T10:00:00.000Z by stuntdouble 0.1.0, d',
    'POST https://x/v1',
    '  accept: */*',
    '  {}',
  ])
  expect(lines.at(-2)).toContain(expected)
})

test('events stand under the chunk that completed them', () => {
  const events = {
    framing: sse(),
    decoder: () => ({
      push: ({ data = '' }): Event[] => [{ type: 'text', text: data }],
      end: (): Event[] => [{ type: 'finish', reason: 'stop' }],
    }),
    decodeWhole: (body: Uint8Array): Event[] => [{ type: 'raw', bytes: body }],
  }
  const type = [['content-type', 'text/event-stream']] as const
  const head: Step = { atMs: 0, do: 'head', status: 200, headers: type }
  const stream = [
    head,
    write(1, 'data: o'),
    write(2, 'ne\n\ndata: two\n\n'),
    { atMs: 3, do: 'end' } as const,
  ]
  const shown = (timeline: readonly Step[]): string[] =>
    [...renderTimeline(timeline, { events })]
      .slice(2)
      .map((line) => line.trim().replaceAll(/ +/g, ' '))
  expect(shown(stream)).toEqual([
    '1.000 1.000 write 7 data: o',
    '2.000 1.000 write 15 ne\\n\\ndata: two\\n\\n',
    '· text "one"',
    '· text "two"',
    '· finish {"reason":"stop"}',
    '3.000 1.000 end a clean end',
    '2 chunks, 22 bytes in 3.000 ms',
  ])
  const json: Step = {
    atMs: 0,
    do: 'head',
    status: 200,
    headers: [['content-type', 'application/json']],
  }
  expect(shown([json, write(1, '{"a"'), write(2, ':1}'), { atMs: 3, do: 'end' }])).toContain(
    '· raw {"a":1}',
  )
})

test('binary chunks are shown by their messages, and other bytes in hexadecimal', () => {
  const aws = awsEventStream()
  const message = aws.encode({ event: 'contentBlockDelta', data: '{"delta":{"text":"Hi"}}' })
  const bytes = Buffer.from(message?.bytes ?? [])
  const binary = { contentType: aws.contentType }
  const shown = [
    ...renderRecording(
      taped(
        [
          [1, bytes.subarray(0, 20)],
          [2, bytes.subarray(20)],
        ],
        binary,
      ),
    ),
    ...renderRecording(taped([[1, Buffer.from('1f8b0800000000000003abac', 'hex')]])),
  ].join('\n')
  expect(shown).toMatch(/write +20 {2}000000[0-9a-f]{2} .* {2}\S+$/m)
  expect(shown).toContain('[contentBlockDelta] {"delta":{"text":"Hi"}}')
  expect(shown).toContain('1f8b0800 00000000 0003abac  ............')
})

test('what a recording has lost is said, and no times are made up for it', () => {
  const lines = [...renderRecording(taped([[0, 'data: x\n\n']], { lost: ['chunks', 'times'] }))]
  expect(lines[2]).toBe('lost: the borders of chunks, put at those of frames; all times')
  expect(lines.at(-3)).toBe('          -          -  write        9  data: x\\n\\n')
  expect(lines.at(-1)).toBe('1 frame, 9 bytes')
})
