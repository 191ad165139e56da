import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Burst, Sink, SinkUser } from '../../src/core/sink.ts'
import type {
  EndStep,
  FramedPart,
  FramedStep,
  FramedSteps,
  FramedTimeline,
  HeadStep,
  Step,
} from '../../src/core/timeline.ts'
import { VirtualClock } from '../../src/time/clock.ts'
import { type Outcome, type Playback, type PlayOptions, play } from '../../src/time/play.ts'

type Chunk = readonly [atMs: number, text: string]

/** Frames nothing, so that what a sink gets is the text in either way. */
function framedTimeline(chunks: readonly Chunk[], endMs: number): FramedTimeline {
  const head: HeadStep = { atMs: 0, do: 'head', status: 200, headers: [] }
  return {
    *[Symbol.iterator]() {
      yield head
      for (const [atMs, text] of chunks) yield { atMs, do: 'write', bytes: Buffer.from(text) }
      yield { atMs: endMs, do: 'end' }
    },
    framed() {
      const body = Buffer.from(chunks.map(([, text]) => text).join(''))
      return new FramedBody(head, stepsOf(chunks, endMs), body)
    },
  }
}

function* stepsOf(chunks: readonly Chunk[], endMs: number): Generator<FramedStep | EndStep> {
  let from = 0
  for (let at = 0; at < chunks.length; ) {
    const atMs = chunks[at]?.[0] ?? 0
    const due = chunks.slice(at).filter((chunk) => chunk[0] === atMs)
    const bytes = Buffer.byteLength(due.map(([, text]) => text).join(''))
    yield { atMs, do: 'framed', from, to: from + bytes, chunks: due.length, bytes }
    from += bytes
    at += due.length
  }
  yield { atMs: endMs, do: 'end' }
}

class FramedBody implements FramedSteps {
  readonly #head: HeadStep
  readonly #steps: Iterator<FramedStep | EndStep>
  readonly #body: Buffer
  #isBegun = false

  constructor(head: HeadStep, steps: Iterator<FramedStep | EndStep>, body: Buffer) {
    this.#head = head
    this.#steps = steps
    this.#body = body
  }

  next(): IteratorResult<HeadStep | FramedStep | EndStep> {
    if (this.#isBegun) return this.#steps.next()
    this.#isBegun = true
    return { done: false, value: this.#head }
  }

  copy({ from, to }: FramedPart, target: Buffer, at: number): void {
    this.#body.copy(target, at, from, to)
  }
}

function copied(framed: NonNullable<Burst['framed']>): Buffer {
  const bytes = Buffer.alloc(framed.to - framed.from)
  framed.steps.copy(framed, bytes, 0)
  return bytes
}

class FakeSink implements Sink {
  user: SinkUser | undefined
  readonly sent: string[] = []
  readonly takesFramed: boolean
  text = ''
  heads = 0
  readonly #clock: VirtualClock

  constructor(clock: VirtualClock, takesFramed = true) {
    this.#clock = clock
    this.takesFramed = takesFramed
  }

  send({ head, chunks, framed, ending }: Burst): boolean {
    if (head) this.heads += 1
    const ready = framed ? [copied(framed)] : []
    const show = (all: readonly Uint8Array[]): string =>
      all.map((bytes) => Buffer.from(bytes).toString()).join('|')
    const parts = [
      ...(chunks.length > 0 ? [`[${show(chunks)}]`] : []),
      ...(ready.length > 0 ? [`{${show(ready)}}`] : []),
      ...(ending ? [ending] : []),
    ]
    this.text += Buffer.concat([...chunks, ...ready]).toString()
    this.sent.push(`${this.#clock.now()}: ${parts.join(' ')}`)
    if (ending) queueMicrotask(() => this.user?.onDone())
    return true
  }
}

interface Playing {
  readonly clock: VirtualClock
  readonly sink: FakeSink
  readonly playback: Playback
  outcome(): Outcome | undefined
}

function playing(
  timeline: FramedTimeline,
  options: Partial<PlayOptions> & { readonly takesFramed?: boolean } = {},
): Playing {
  const { takesFramed, ...others } = options
  const clock = new VirtualClock()
  const sink = new FakeSink(clock, takesFramed)
  const playback = play(timeline, sink, { clock, startedMs: 0, ...others })
  let outcome: Outcome | undefined
  void playback.done.then((reached) => {
    outcome = reached
  })
  return { clock, sink, playback, outcome: () => outcome }
}

const chunks: readonly Chunk[] = [
  [10, 'a'],
  [10, 'b'],
  [20, 'c'],
  [30, 'd'],
  [30, 'e'],
]

describe('play of a timeline that is framed already', () => {
  it('hands on what is due together as it is, and counts its chunks', async () => {
    const { clock, sink, outcome } = playing(framedTimeline(chunks, 30))
    await clock.runAll()
    expect(sink.sent).toEqual(['0: ', '10: {ab}', '20: {c}', '30: {de} end'])
    expect(outcome()).toMatchObject({ ended: 'end', chunks: 5, bytes: 5 })
  })

  it('gives chunk by chunk to a sink that takes no others', async () => {
    const { clock, sink } = playing(framedTimeline(chunks, 40), { takesFramed: false })
    await clock.runAll()
    expect(sink.sent).toEqual(['0: ', '10: [a|b]', '20: [c]', '30: [d|e]', '40: end'])
  })

  it('shows each chunk to a gate that is there from the start', async () => {
    const seen: string[] = []
    const gate = (step: Step): undefined => {
      if (step.do === 'write') seen.push(Buffer.from(step.bytes).toString())
    }
    const { clock } = playing(framedTimeline(chunks, 40), { gate })
    await clock.runAll()
    expect(seen.join('')).toBe('abcde')
  })

  it('sends what is pushed in where it is pushed', async () => {
    const { clock, sink, playback } = playing(framedTimeline(chunks, 30))
    await clock.advance(15)
    playback.push(Buffer.from('!'))
    await clock.runAll()
    expect(sink.text).toBe('ab!cde')
  })

  it('loses nothing and repeats nothing, whenever a gate comes and wherever it pauses', async () => {
    const anyChunks = fc.array(fc.tuple(fc.nat(40), fc.string({ minLength: 1, maxLength: 4 })), {
      maxLength: 8,
    })
    await fc.assert(
      fc.asyncProperty(anyChunks, fc.nat(45), fc.nat(20), async (drawn, gateMs, byte) => {
        const sorted = drawn.sort(([a], [b]) => a - b)
        const { clock, sink, playback, outcome } = playing(framedTimeline(sorted, 45))
        await clock.advance(gateMs)
        const all = sorted.map(([, text]) => text).join('')
        const length = Buffer.byteLength(all)
        let passed = playback.bytes
        playback.gate = (step) => {
          if (step.do === 'head') return undefined
          const from = passed
          passed += step.bytes.length
          if (byte <= from || byte > passed) return undefined
          passed = byte
          return byte - from
        }
        await clock.runAll()
        if (byte > 0 && playback.paused) {
          expect(Buffer.byteLength(sink.text)).toBe(byte)
          playback.resume()
          await clock.runAll()
        }
        expect(sink.text).toBe(all)
        expect(sink.heads).toBe(1)
        expect(outcome()).toMatchObject({ ended: 'end', bytes: length })
      }),
      { numRuns: Number(process.env['LAW_RUNS'] ?? 200) },
    )
  })
})
