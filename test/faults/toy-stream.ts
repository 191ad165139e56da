/** A small stream to break: SSE frames that hold one letter for what they are, and their text. */
import fc from 'fast-check'
import { joinBytes, utf8 } from '../../src/core/bytes.ts'
import type { Clock } from '../../src/core/clock.ts'
import type { Event } from '../../src/core/event.ts'
import type { Frame } from '../../src/core/frame.ts'
import { endings, isEnding, isNothing, type Step } from '../../src/core/timeline.ts'
import type { FaultContext, FaultKind, FaultSpec, StreamLanguage } from '../../src/faults/fault.ts'
import { isMapping, jsonSchemaOf } from '../../src/faults/options.ts'
import { faultKinds, faultSchema } from '../../src/faults/registry.ts'
import { sse } from '../../src/framing/sse.ts'
import { seededRandom } from '../../src/time/random.ts'
import { anyOfSchema } from './any-of-schema.ts'

export const toyStream: StreamLanguage = {
  framing: sse(),
  decoder: () => ({ push: eventsOf, end: () => [] }),
  // A token is a character, so that a test can count them.
  countTokens: (text) => text.length,
  encode: (event) => {
    if (event.type === 'text') return utf8(`data: T${event.text}\n\n`)
    return event.type === 'error' ? utf8(`data: E${event.error.code}\n\n`) : undefined
  },
  heartbeat: (nth) => utf8(`: beat ${nth}\n\n`),
  errorReply: ({ code, status = 500 }) => ({ status, headers: [], body: `E${code}` }),
}

function eventsOf({ data, comment }: Frame): Event[] {
  if (comment !== undefined) return [{ type: 'comment', text: comment }]
  if (data?.startsWith('T')) return [{ type: 'text', text: data.slice(1) }]
  return data === 'F' ? [{ type: 'finish', reason: 'stop' }] : []
}

export const contextFor = (
  steps: Iterable<Step> | undefined,
  more: Partial<FaultContext> = {},
): FaultContext => ({
  stream: toyStream,
  random: seededRandom('9'),
  bodyLength: steps && (() => bodyOf([...steps]).length),
  // What a client came back to; only what goes on with a stream looks at it.
  resumed: { after: '3', before: (count) => Array(count).fill(utf8('data: Tz\n\n')) },
  ...more,
})

/** Specs as a scenario would have written them. */
export const faults = (...written: unknown[]): FaultSpec[] =>
  written.map((item) => faultSchema.parse(item))

export const head: Step = { atMs: 0, do: 'head', status: 200, headers: [] }

/** A timeline of text frames, one a chunk, ten milliseconds apart, with a clean end. */
export function textSteps(...texts: string[]): Step[] {
  const writes = texts.map((text, i): Step => write((i + 1) * 10, `data: T${text}\n\n`))
  return [head, ...writes, { atMs: texts.length * 10 + 10, do: 'end' }]
}

export const write = (atMs: number, text: string): Step => ({
  atMs,
  do: 'write',
  bytes: utf8(text),
})

export const bodyOf = (steps: readonly Step[]): Buffer =>
  Buffer.from(joinBytes(steps.flatMap((step) => (step.do === 'write' ? [step.bytes] : []))))

/** Steps as short text, to compare and to read: `10 "data: Ta\n\n"`, `20 reset`. */
export const shown = (steps: Iterable<Step>): string[] => [...steps].map(shownStep)

function shownStep(step: Step): string {
  const { atMs, do: what, ...rest } = step
  const below = Object.entries(rest).filter(
    ([key]) => !['bytes', 'status', 'headers'].includes(key),
  )
  const shownBelow = below.map(([key, value]) => ` ${key}=${quoted(value)}`).join('')
  if (step.do === 'write') return `${atMs} ${quoted(step.bytes)}${shownBelow}`
  const head = step.do === 'head' && step.status !== 200 ? ` ${step.status}` : ''
  return `${atMs} ${what}${head}${shownBelow}`
}

const quoted = (value: unknown): string =>
  JSON.stringify(value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value)

export const withoutEmpty = (steps: Iterable<Step>): Step[] =>
  [...steps].filter((step) => !isNothing(step))

/** The writes of the first so many body bytes, borders and times as they are. */
export function writesUpTo(steps: readonly Step[], byte: number): string[] {
  const kept: Step[] = []
  let left = byte
  for (const step of withoutEmpty(steps)) {
    if (step.do !== 'write' || left === 0) continue
    kept.push({ ...step, bytes: step.bytes.subarray(0, left) })
    left -= Math.min(left, step.bytes.length)
  }
  return shown(kept)
}

export interface Script {
  /** Whole frames; the body is these, and a part of one more where `cutOff` is not empty. */
  readonly frames: readonly string[]
  readonly cutOff: string
  readonly steps: readonly Step[]
}

const frameText = fc
  .tuple(
    fc.constantFrom('Ta', 'Tword', 'Té', 'T😀!', 'F', 'D', '{"a":"é"}', 'comment'),
    fc.constantFrom('\n', '\r\n', '\r'),
  )
  .map(([what, eol]) => (what === 'comment' ? `: ping${eol}${eol}` : `data: ${what}${eol}${eol}`))

/** Frames of every kind in chunks cut anywhere, empty writes among them, and any ending. */
export const script: fc.Arbitrary<Script> = fc
  .record({
    frames: fc.array(frameText, { maxLength: 6 }),
    cutOff: fc.constantFrom('', '', 'data: Tcut'),
    cuts: fc.array(fc.nat(120), { maxLength: 12 }),
    gaps: fc.array(fc.nat(30), { minLength: 20, maxLength: 20 }),
    ending: fc.constantFrom(...endings),
  })
  .map(({ frames, cutOff, cuts, gaps, ending }) => {
    const body = Buffer.from(frames.join('') + cutOff)
    const borders = [0, ...cuts.map((at) => Math.min(at, body.length)), body.length]
    borders.sort((a, b) => a - b)
    let atMs = gaps[0] ?? 0
    const steps: Step[] = [{ ...head, atMs }]
    for (const [index, end] of borders.slice(1).entries()) {
      atMs += gaps[index + 1] ?? 0
      steps.push({ atMs, do: 'write', bytes: body.subarray(borders[index], end) })
    }
    steps.push({ atMs: atMs + (gaps[19] ?? 0), do: ending })
    return { frames, cutOff, steps }
  })

const eventPlace = fc.record({
  event: fc.constantFrom('text', 'comment', 'finish'),
  nth: fc.integer({ min: 1, max: 4 }),
})

/** Places that need no body length, so that they mean something on live traffic too. */
export const livePlace = fc.oneof(
  fc.record({ frame: fc.nat(7) }),
  fc.record({ byte: fc.nat(110) }),
  eventPlace,
  fc.record({ token: fc.nat(12) }),
  fc.record({ time: fc.nat(200) }),
)

export const anyPlace = fc.oneof(
  livePlace,
  fc.record({ fraction: fc.constantFrom(0, 0.3, 0.5, 1) }),
  fc.constant('random'),
)

const millis = fc.nat(40)
const small = fc.integer({ min: 1, max: 4 })

/** Every kind of the registry at the places given, as a scenario would write it. */
export const anyFault = (at: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof(...faultKinds.map((kind) => anyOfKind(kind, at)))

/** Whatever a kind's schema lets through; small figures where large ones would take all time. */
export function anyOfKind(
  { name, schema }: FaultKind<unknown>,
  at: fc.Arbitrary<unknown>,
): fc.Arbitrary<unknown> {
  const options =
    smallOptions(at)[name] ??
    fc
      .tuple(anyOfSchema(jsonSchemaOf(schema)), at)
      .map(([drawn, place]) =>
        isMapping(drawn) && 'at' in drawn ? { ...drawn, at: place } : drawn,
      )
      .filter((drawn) => schema.safeParse(drawn).success)
  return options.map((drawn) => ({ [name]: drawn }))
}

export const takesPlace = ({ schema }: FaultKind<unknown>): boolean =>
  JSON.stringify(jsonSchemaOf(schema)).includes('"at":')

function smallOptions(at: fc.Arbitrary<unknown>): Record<string, fc.Arbitrary<unknown>> {
  const where = fc.constantFrom('utf8', 'crlf', 'json', 'everywhere')
  const ending = fc.record({ at, after: millis }, { requiredKeys: ['at'] })
  const frames = fc.record({ at, count: small })
  const place = { requiredKeys: [] }
  const matter = fc.constantFrom({ comment: 'hi' }, { raw: 'x' }, { error: { code: 'overloaded' } })
  return {
    end: ending,
    close: ending,
    reset: ending,
    delay: fc.oneof(millis, fc.record({ for: millis, at })),
    stall: fc.record({ for: millis, at }),
    throttle: fc
      .tuple(fc.record({ bytesPerSecond: fc.constantFrom(30, 999, 1e6) }), fc.record({ at }, place))
      .map(([rate, from]) => ({ ...rate, ...from })),
    jitter: fc.record({ by: fc.integer({ min: 1, max: 40 }), at }),
    heartbeats: fc.record({ every: fc.nat(20), count: small, at }),
    slice: fc.oneof(fc.record({ bytes: small, at, gap: fc.nat(3) }), fc.record({ in: where })),
    merge: fc.oneof(
      fc.record({ frames: small, at }),
      fc.record({ window: fc.integer({ min: 1, max: 60 }), at }),
      fc.record({ frames: small }),
    ),
    duplicate: frames,
    drop: frames,
    corrupt: fc.record({ at, bytes: small }),
    replace: fc.tuple(frames, matter).map(([which, what]) => ({ ...which, ...what })),
    inject: fc.tuple(fc.record({ at }), matter).map(([where, what]) => ({ ...where, ...what })),
    'after-terminator': matter,
  }
}

/** Where a place is in a script, found without any scanner; undefined where it is nowhere. */
export function offsetOf(place: object, { frames, steps }: Script): number | undefined {
  const size = (count: number) => Buffer.byteLength(frames.slice(0, count).join(''))
  const wanted = new Map(Object.entries(place))
  const number = (key: string) => Number(wanted.get(key))
  if (wanted.has('frame')) {
    return number('frame') <= frames.length ? size(number('frame')) : undefined
  }
  if (wanted.has('byte')) {
    return number('byte') <= bodyOf(steps).length ? number('byte') : undefined
  }
  if (wanted.has('event')) {
    const letter = { text: 'data: T', comment: ': ', finish: 'data: F' }[
      String(wanted.get('event'))
    ]
    const fitting = frames.flatMap((frame, i) => (frame.startsWith(letter ?? '?') ? [i] : []))
    const index = fitting[number('nth') - 1]
    return index === undefined ? undefined : size(index)
  }
  if (wanted.has('token')) {
    let tokens = 0
    for (let count = 0; count <= frames.length; count++) {
      if (tokens >= number('token')) return size(count)
      const text = frames[count]?.startsWith('data: T') ? frames[count]?.trimEnd().slice(7) : ''
      tokens += text?.length ?? 0
    }
    return undefined
  }
  return bytesBefore(number('time'), steps)
}

function bytesBefore(atMs: number, steps: readonly Step[]): number | undefined {
  const timely = steps.filter((step) => step.atMs < atMs)
  // In silence that nothing ends any time comes.
  const isReached = timely.length < steps.length || steps.at(-1)?.do === 'hang'
  return isReached ? bodyOf(timely).length : undefined
}

/** The same steps as an upstream would bring them: each when its time has come. */
export async function* live(steps: readonly Step[], clock: Clock): AsyncGenerator<Step> {
  for (const step of steps) {
    if (clock.now() < step.atMs) {
      await new Promise<void>((resolve) => clock.at(step.atMs, resolve))
    }
    yield step
  }
}

export const lastOf = (steps: readonly Step[]): string => steps.at(-1)?.do ?? 'nothing'

export const endingsIn = (steps: readonly Step[]): number => steps.filter(isEnding).length
