/**
 * Every kind of the registry at every form of a place, on finite and on live streams. All forms name
 * the same place here, after two of four frames, so that what comes out must be the same.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Step } from '../../src/core/timeline.ts'
import { withFaults, withFaultsLive } from '../../src/faults/apply.ts'
import { faultKinds, faultSchema } from '../../src/faults/registry.ts'
import { VirtualClock } from '../../src/time/clock.ts'
import {
  anyOfKind,
  contextFor,
  faults,
  head,
  live,
  shown,
  takesPlace,
  withoutEmpty,
  write,
} from './toy-stream.ts'

/** Two frames of text, one that holds JSON and is text for the place, and the end. */
const steps: readonly Step[] = [
  head,
  write(10, 'data: Ta\n\n'),
  write(20, 'data: Tb\n\n'),
  write(30, 'data: "Tc"\n\n'),
  write(40, 'data: F\n\n'),
  { atMs: 50, do: 'end' },
]

const [a, b, c, f] = [
  '10 "data: Ta\\n\\n"',
  '20 "data: Tb\\n\\n"',
  '30 "data: \\"Tc\\"\\n\\n"',
  '40 "data: F\\n\\n"',
]

/** By kind: its options beside `at`, and what comes after the head where `at` is frame 2. */
const table: Readonly<Record<string, [object, string[]]>> = {
  end: [{}, [a, b, '20 end']],
  close: [{ after: 5 }, [a, b, '25 close']],
  reset: [{}, [a, b, '20 reset']],
  hang: [{}, [a, b, '20 hang']],
  delay: [{ for: 100 }, [a, b, c.replace('30', '130'), f.replace('40', '140'), '150 end']],
  stall: [{ for: 15 }, [a, b, c.replace('30', '35'), f, '50 end']],
  throttle: [
    { bytesPerSecond: 1200 },
    [a, b, c.replace('30', '40'), f.replace('40', '47.5'), '50 end'],
  ],
  jitter: [{ by: 10 }, [a, b, c.replace('30', '34.8'), f.replace('40', '44.8'), '50 end']],
  heartbeats: [
    { every: 0, count: 2 },
    [a, b, '20 ": beat 1\\n\\n"', '20 ": beat 2\\n\\n"', c, f, '50 end'],
  ],
  slice: [{ bytes: 9 }, [a, b, '30 "data: \\"Tc"', '30 "\\"\\n\\n"', f, '50 end']],
  merge: [{ frames: 2 }, [a, b, '40 "data: \\"Tc\\"\\n\\ndata: F\\n\\n"', '50 end']],
  duplicate: [{}, [a, b, c, c, f, '50 end']],
  drop: [{}, [a, b, f, '50 end']],
  swap: [{}, [a, b, f, c.replace('30', '40'), '50 end']],
  corrupt: [{ bytes: 2 }, [a, b, '30 "ßÜta: \\"Tc\\"\\n\\n"', f, '50 end']],
  'truncate-json': [{ bytes: 2 }, [a, b, '30 "data: \\"T\\n\\n"', f, '50 end']],
  replace: [{ comment: 'x' }, [a, b, '30 ": x\\n\\n"', f, '50 end']],
  inject: [
    { error: { code: 'overloaded' } },
    [a, b, '20 "data: Eoverloaded\\n\\n"', c, f, '50 end'],
  ],
  garbage: [{}, [a, b, '20 close raw="garbage: no size of a chunk\\r\\n"']],
  'short-chunk': [{ missing: 4 }, [a, b, '30 close raw="10\\r\\ndata: \\"Tc\\"\\n\\n"']],
  goaway: [{}, [a, b, '20 "" goaway="NO_ERROR"', c, f, '50 end']],
}

const forms: [string, unknown][] = [
  ['frame', { frame: 2 }],
  ['byte', { byte: 20 }],
  ['event', { event: 'text', nth: 3 }],
  ['token', { token: 2 }],
  ['time', { time: 25 }],
  ['fraction', { fraction: 20 / 41 }],
  ['random', 'random'],
]

/** The middle of whatever is drawn; of the 41 bytes of the body, the 20th. */
const halfway = { next: () => 0.48, fork: () => halfway }

const stream = { ...contextFor(steps).stream, decoder: () => ({ push: eventsOf, end: () => [] }) }

function eventsOf({ data = '' }: { readonly data?: string }) {
  return data.includes('T') ? [{ type: 'text' as const, text: 'x' }] : []
}

const finite = (...written: unknown[]): Step[] => [
  ...withFaults(steps, faults(...written), contextFor(steps, { stream, random: halfway })),
]

async function playedLive(from: readonly Step[], written: unknown, more = {}): Promise<Step[]> {
  const clock = new VirtualClock()
  const context = contextFor(undefined, more)
  const timeline = withFaultsLive(live(from, clock), faults(written), context, clock)
  const out: Step[] = []
  const walk = (async () => {
    for await (const step of timeline) out.push(step)
  })()
  await clock.runAll()
  await walk
  return out
}

const placed = faultKinds.filter(takesPlace)

const at = (kind: string, place: unknown) => ({ [kind]: { ...table[kind]?.[0], at: place } })

/** What is on the wire, whenever. */
const timeless = (out: Iterable<Step>): string[] =>
  shown(withoutEmpty(out)).map((line) => line.replace(/^\S+ /, ''))

describe('every kind at every place', () => {
  test.each(placed)('$name acts on exactly what is after its place', ({ name }) => {
    expect(shown(finite(at(name, { frame: 2 }))).slice(1)).toEqual(table[name]?.[1])
  })

  const all = placed.flatMap(({ name }) => forms.map(([form, place]) => ({ name, form, place })))

  test.each(all)('$name at a $form is what it is at the frame', async ({ name, form, place }) => {
    const written = at(name, place)
    expect(timeless(finite(written))).toEqual(timeless(finite(at(name, { frame: 2 }))))
    const live = playedLive(steps, written, { stream, random: halfway })
    if (form === 'fraction' || form === 'random')
      await expect(live).rejects.toThrow(/^\S+: a fraction or random place needs the length/)
    else expect(shown(await live)).toEqual(shown(withoutEmpty(finite(written))))
  })

  test.each(placed)('$name takes no notice of a place that is never reached', ({ name }) => {
    expect(shown(finite(at(name, { byte: 42 })))).toEqual(shown(steps))
  })

  test.each(faultKinds.filter((kind) => !takesPlace(kind)))(
    '$name says that it takes no place, and why',
    (kind) => {
      const { name } = kind
      const optionsOf = (written: unknown): unknown => Object.values(Object(written))[0]
      // A short form, as of `error: overloaded`, has nowhere to put a place.
      const inFull = anyOfKind(kind, fc.constant('random')).filter(
        (written) => typeof optionsOf(written) !== 'string',
      )
      const options = optionsOf(fc.sample(inFull, 1)[0])
      const read = faultSchema.safeParse({ [name]: { ...Object(options), at: { frame: 1 } } })
      const messages = read.error?.issues.map(({ message }) => message)
      expect(messages).toEqual([expect.stringMatching(`^${name} acts .* and takes no place`)])
    },
  )

  test('is listed here: kinds that have a place in their schema, all of them', () => {
    expect(Object.keys(table).toSorted()).toEqual(placed.map(({ name }) => name).toSorted())
  })
})
