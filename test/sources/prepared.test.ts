import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { utf8 } from '../../src/core/bytes.ts'
import { type Dialect, isApiError, type ReplyContext } from '../../src/core/dialect.ts'
import type { Pacing } from '../../src/core/pacing.ts'
import {
  type EndStep,
  endings,
  type FramedTimeline,
  type HeadStep,
  isFramed,
  type Timeline,
} from '../../src/core/timeline.ts'
import { builtInDialects } from '../../src/dialects/registry.ts'
import type { ScriptStep } from '../../src/scenario/scenario.ts'
import { scriptTimeline } from '../../src/sources/script.ts'
import { profiles } from '../../src/time/profiles.ts'
import { seededRandom } from '../../src/time/random.ts'

const preparing = builtInDialects.filter(({ alike, heartbeat }) => alike && !heartbeat)

const atOnce: Pacing = { head: { fixed: 0 }, ttft: { fixed: 0 }, itl: { fixed: 0 } }

const pacings: readonly Pacing[] = [
  atOnce,
  { head: { fixed: 500 }, ttft: { fixed: 0 }, itl: { fixed: 0.1 } },
  { head: { fixed: 5 }, ttft: { fixed: 7 }, itl: { fixed: 2 }, burst: { probability: 0.4 } },
  ...Object.values(profiles).map(({ pacing }) => pacing),
]

interface Asked {
  readonly dialect: Dialect
  readonly seed: string
  readonly body?: object
  readonly createdMs?: number
}

function replyOf({ dialect, seed, body = {}, createdMs = 1_767_225_600_000 }: Asked): ReplyContext {
  const { path } = dialect.routes.find(({ answer }) => !answer) ?? { path: '/' }
  const messages = [{ role: 'user', content: 'hello' }]
  const asked = path.includes('chat') ? { messages } : { prompt: 'hello' }
  const request = dialect.parseRequest({
    method: 'POST',
    url: path,
    path,
    query: new URLSearchParams(),
    headers: [],
    params: {},
    body: utf8(JSON.stringify({ model: 'm', ...asked, stream: true, ...body })),
  })
  if (isApiError(request)) throw new Error(`${dialect.name}: ${request.message}`)
  return { request, random: seededRandom(seed), createdMs, models: undefined }
}

/** The third time that the same is asked, when it has been prepared if it ever is. */
function thirdTime(steps: readonly ScriptStep[], pacing: Pacing, asked: Asked): Timeline {
  const { dialect, seed } = asked
  const tell = (of: string): Timeline =>
    scriptTimeline({ steps, dialect, pacing, reply: replyOf({ ...asked, seed: of }) })
  tell('first')
  tell('second')
  return tell(seed)
}

type Line = readonly [atMs: number, what: string]

/** Times are sums in another order, and differ in the last bits. */
const rounded = (ms: number): number => Math.round(ms * 1e6) / 1e6

const bare = ({ atMs: _, ...rest }: HeadStep | EndStep): string => JSON.stringify(rest)

const ordinary = (timeline: Timeline): Line[] =>
  [...timeline].map((step) =>
    step.do === 'write'
      ? [rounded(step.atMs), Buffer.from(step.bytes).toString()]
      : [rounded(step.atMs), bare(step)],
  )

/** Takes the chunks apart as a client would. */
function framed(timeline: FramedTimeline): Line[] {
  const lines: Line[] = []
  const steps = timeline.framed()
  for (const step of { [Symbol.iterator]: () => steps }) {
    const at = rounded(step.atMs)
    if (step.do !== 'framed') {
      lines.push([at, bare(step)])
      continue
    }
    let rest = Buffer.alloc(step.to - step.from)
    steps.copy(step, rest, 0)
    let chunks = 0
    let bytes = 0
    while (rest.length > 0) {
      const size = rest.indexOf('\r\n')
      const length = Number.parseInt(rest.toString('latin1', 0, size), 16)
      const end = size + 2 + length
      lines.push([at, rest.toString('utf8', size + 2, end)])
      expect(rest.toString('latin1', end, end + 2)).toBe('\r\n')
      rest = rest.subarray(end + 2)
      chunks += 1
      bytes += length
    }
    expect([chunks, bytes]).toEqual([step.chunks, step.bytes])
  }
  return lines
}

const made = (step: ScriptStep): ScriptStep => step
const say = (text: string): ScriptStep => ({ do: 'text', text })

const anyStep: fc.Arbitrary<ScriptStep> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }).map(say) },
  fc.array(fc.string({ unit: 'grapheme', maxLength: 9 })).map((text) => made({ do: 'text', text })),
  fc.string({ maxLength: 9 }).map((text) => made({ do: 'reasoning', text })),
  fc.integer({ min: 0, max: 900 }).map((ms) => made({ do: 'wait', ms })),
  fc.constant<ScriptStep>({ do: 'comment', text: 'keep-alive' }),
  fc.constant<ScriptStep>({ do: 'raw', parts: ['data: {oops}\n\n', Uint8Array.of(0, 255)] }),
  fc.constant<ScriptStep>({ do: 'error', error: { code: 'overloaded' } }),
  fc.constant<ScriptStep>({ do: 'tool', name: 'look', id: 'call_1', arguments: { at: 1 } }),
  fc.constant<ScriptStep>({ do: 'finish', reason: 'length' }),
  fc.constantFrom(...endings).map((how) => made({ do: how, afterMs: 3 })),
)

function never(): never {
  throw new Error('no such dialect')
}

describe('a prepared script', () => {
  it('gives the same bytes at the same times as one that is told', () => {
    fc.assert(
      fc.property(
        fc.nat(preparing.length - 1),
        fc.array(anyStep, { maxLength: 8 }),
        fc.constantFrom(...pacings),
        fc.record({
          seed: fc.string({ maxLength: 6 }),
          createdMs: fc.integer({ min: 1e12, max: 2e12 }),
          body: fc.record(
            {
              n: fc.integer({ min: 1, max: 3 }),
              stream_options: fc.constant({ include_usage: true }),
            },
            { requiredKeys: [] },
          ),
        }),
        (which, steps, pacing, how) => {
          const dialect = preparing[which] ?? never()
          const asks = which === 0 ? how : { ...how, body: {} }
          const timeline = thirdTime(steps, pacing, { ...asks, dialect })
          if (isFramed(timeline)) expect(framed(timeline)).toEqual(ordinary(timeline))
        },
      ),
      { numRuns: Number(process.env['LAW_RUNS'] ?? 120) },
    )
  })

  it.each(['openai-chat', 'openai-completions', 'azure-openai', 'perplexity', 'xai', 'vllm'])(
    'is prepared for %s, and each reply has its own ids',
    (name) => {
      const dialect = preparing.find((one) => one.name === name) ?? never()
      const steps = [say('Hello, how are you?')]
      const one = thirdTime(steps, atOnce, { dialect, seed: 'a' })
      const other = thirdTime(steps, atOnce, { dialect, seed: 'b' })
      if (!isFramed(one) || !isFramed(other)) throw new Error('not prepared')
      expect(framed(one)).toEqual(ordinary(one))
      expect(framed(one)).not.toEqual(framed(other))
    },
  )

  it.each([
    ['chance decides of its chunks', { stream_options: { include_obfuscation: true } }],
    ['log probabilities are invented', { logprobs: true }],
  ])('is told each time where %s', (_, body) => {
    const dialect = preparing[0] ?? never()
    expect(isFramed(thirdTime([say('Hello!')], atOnce, { dialect, seed: 'a', body }))).toBe(false)
  })

  it('is told each time where its calls get ids by chance', () => {
    const dialect = preparing[0] ?? never()
    const steps: ScriptStep[] = [{ do: 'tool', name: 'look', arguments: {} }]
    expect(isFramed(thirdTime(steps, atOnce, { dialect, seed: 'a' }))).toBe(false)
  })
})
