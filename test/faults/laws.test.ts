/**
 * Laws that hold for every kind of the registry, each drawn as often: a kind that is added is under
 * them without being listed anywhere.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isEnding, isNothing, type Step } from '../../src/core/timeline.ts'
import { withFaults, withFaultsLive } from '../../src/faults/apply.ts'
import type { FaultContext } from '../../src/faults/fault.ts'
import { faultKinds } from '../../src/faults/registry.ts'
import {
  chunkLine,
  formatLine,
  headLine,
  type RecordingLine,
  stepOf,
} from '../../src/recording/format.ts'
import { parseLine } from '../../src/recording/read-line.ts'
import { VirtualClock } from '../../src/time/clock.ts'
import {
  anyOfKind,
  bodyOf,
  contextFor,
  endingsIn,
  faults,
  live,
  livePlace,
  offsetOf,
  script,
  shown,
  takesPlace,
  textSteps,
  withoutEmpty,
  writesUpTo,
} from './toy-stream.ts'

const placed = faultKinds.filter(takesPlace)

/** An option that is left out means another place than the one that was drawn. */
const namesPlace = (written: unknown): boolean => JSON.stringify(written).includes('"at":')

/** These act instead of the answer, and of all that was to come beside it. */
const actsInStream = ({ name }: { readonly name: string }): boolean =>
  name !== 'refuse' && name !== 'error'

/**
 * Live, nobody knows at a moment between two chunks whether a line feed belongs to the carriage return
 * that came last, and so whether its frame is over; on tape it is known.
 */
const waitsForLineFeed = (frames: readonly string[], written: unknown): boolean =>
  frames.some((frame) => frame.endsWith('\r')) && JSON.stringify(written).includes('"time":')

describe('every kind', () => {
  test.each(placed)('$name leaves what is before its place as it was', (kind) => {
    const drawn = livePlace.chain((at) =>
      fc.tuple(fc.constant(at), anyOfKind(kind, fc.constant(at)).filter(namesPlace)),
    )
    fc.assert(
      fc.property(script, drawn, (played, [at, written]) => {
        const before = offsetOf(at, played) ?? bodyOf(played.steps).length
        const out = [...withFaults(played.steps, faults(written), contextFor(played.steps))]
        expect(writesUpTo(out, before)).toEqual(writesUpTo(played.steps, before))
      }),
      { numRuns: 15 },
    )
  })

  test.each(faultKinds)('$name leaves one ending, last, and times that ascend', (kind) => {
    fc.assert(
      fc.property(script, anyOfKind(kind, livePlace), ({ steps }, written) => {
        const timeline = withFaults(steps, faults(written), contextFor(steps))
        const out = [...timeline]
        const times = out.map(({ atMs }) => atMs)
        expect(times).toEqual(times.toSorted((a, b) => a - b))
        expect(endingsIn(out)).toBe(1)
        expect(out.findIndex(isEnding)).toBe(out.length - 1)
        expect(shown(timeline)).toEqual(shown(out))
      }),
      { numRuns: 15 },
    )
  })

  test.each(faultKinds.filter(actsInStream))(
    '$name lets a GOAWAY pass that comes before its place',
    (kind) => {
      const goaway = { goaway: { at: { frame: 1 } } }
      const wanted = anyOfKind(kind, fc.constant({ frame: 3 })).filter(
        (written) => !takesPlace(kind) || namesPlace(written),
      )
      const steps = textSteps('a', 'b', 'c', 'd', 'e')
      fc.assert(
        fc.property(wanted, (written) => {
          const out = [...withFaults(steps, faults(goaway, written), contextFor(steps))]
          const said = out.filter((step) => step.do === 'write' && step.goaway !== undefined)
          expect(said).toHaveLength(kind.name === 'goaway' ? 2 : 1)
        }),
        { numRuns: 15 },
      )
    },
  )

  test.each(faultKinds)(
    '$name does to live traffic what it does to its recording',
    async (kind) => {
      await fc.assert(
        fc.asyncProperty(script, anyOfKind(kind, livePlace), async (played, written) => {
          const { steps } = played
          // Nobody tapes a silence that never ends.
          fc.pre(steps.at(-1)?.do !== 'hang')
          fc.pre(!waitsForLineFeed(played.frames, written))
          const taped = recorded(steps)
          const replayed = withFaults(taped, faults(written), contextFor(taped))
          expect(shown(await brokenLive(steps, written))).toEqual(shown(withoutEmpty(replayed)))
        }),
        { numRuns: 10 },
      )
    },
  )
})

describe('a chunk sliced before it reaches a fault', () => {
  const slices = [{ in: 'utf8' }, { in: 'crlf' }, { in: 'json' }, { in: 'everywhere' }]
  const body = ['Té', 'T"😀"', 'T{"a":[1]}', '{"b":"é"}', 'F'].map(
    (data) => `data: ${data}\r\n\r\n`,
  )
  const places = [{ frame: 2 }, { byte: 27 }, { event: 'text', nth: 2 }, { token: 3 }]
  const steps: Step[] = [
    { atMs: 0, do: 'head', status: 200, headers: [] },
    ...body.map((text, i): Step => ({ atMs: (i + 1) * 10, do: 'write', bytes: Buffer.from(text) })),
    { atMs: 60, do: 'end' },
  ]
  /** What is announced or packed depends on the chunks, and not on the bytes alone. */
  const ofChunks = new Set(['short-chunk', 'bad-gzip'])
  const ofBytes = placed.filter(({ name }) => !ofChunks.has(name))

  test.each(ofBytes)('means nothing to $name, at any place', (kind) => {
    for (const at of places) {
      const [written] = fc.sample(anyOfKind(kind, fc.constant(at)), { numRuns: 1, seed: 7 })
      const whole = broken(steps, [{ delay: 0 }, written])
      for (const slice of slices) {
        const sliced = broken(steps, [{ slice }, written])
        expect(bodyOf(sliced)).toEqual(bodyOf(whole))
        expect(sliced.at(-1)?.do).toBe(whole.at(-1)?.do)
      }
    }
  })
})

const broken = (steps: readonly Step[], written: readonly unknown[]): Step[] => [
  ...withFaults(steps, faults(...written), contextFor(steps)),
]

async function brokenLive(steps: readonly Step[], written: unknown): Promise<Step[]> {
  const clock = new VirtualClock()
  const context: FaultContext = contextFor(undefined)
  const out: Step[] = []
  const walk = (async () => {
    const timeline = withFaultsLive(live(steps, clock), faults(written), context, clock)
    for await (const step of timeline) out.push(step)
  })()
  await clock.runAll()
  await walk
  return out
}

/** Written down as a tape has it, and read again. */
const recorded = (steps: readonly Step[]): Step[] =>
  steps.flatMap((step) => {
    if (isNothing(step)) return []
    const read = stepOf(parseLine(formatLine(lineOf(step))))
    return read ? [read] : []
  })

function lineOf(step: Step): RecordingLine {
  if (step.do === 'head') return headLine(step)
  if (step.do === 'write') return chunkLine(step)
  return { atMs: step.atMs, end: step.do === 'hang' ? 'client-left' : step.do }
}
