/**
 * A prepared script as one reply tells it: the same bytes at the same times as its ordinary timeline,
 * framed for HTTP/1.1. What is due together is one step.
 */
import type { Pacing } from '../core/pacing.ts'
import type { Random } from '../core/random.ts'
import type { EndStep, FramedPart, FramedStep, FramedSteps, HeadStep } from '../core/timeline.ts'
import { isFixed, type Pacer, pacer } from '../time/pacing.ts'
import type { Between, Prepared } from './prepared.ts'

/** One reply of those that a script was prepared for. */
export interface FramedReply {
  readonly prepared: Prepared
  /** The strings of this reply, as its dialect gives them. */
  readonly own: readonly string[]
  readonly headers: HeadStep['headers']
  readonly pacing: Pacing
  /** What the pacing leaves to chance is drawn from it. */
  readonly random: Random
}

type Next = IteratorResult<FramedStep | EndStep>

export function framedSteps(reply: FramedReply): FramedSteps {
  const { prepared, pacing, random } = reply
  if (isFixed(pacing)) return new PreparedSteps(reply, fixedPlan(prepared, pacing))
  const drawn = pacer(pacing, random)
  return new PreparedSteps(reply, {
    headMs: drawn.headMs,
    steps: undefined,
    rest: told(prepared, drawn),
  })
}

/** What is due when, behind the head. */
interface Plan {
  readonly headMs: number
  /** Where nothing is left to chance: the same for all replies. */
  readonly steps: readonly Next[] | undefined
  readonly rest: Iterator<FramedStep | EndStep> | undefined
}

interface FixedPlan extends Plan {
  readonly pacing: Pacing
}

/** Of each prepared script the last, since a scenario has one pace. */
const fixedPlans = new WeakMap<Prepared, FixedPlan>()

function fixedPlan(prepared: Prepared, pacing: Pacing): Plan {
  const known = fixedPlans.get(prepared)
  if (known?.pacing === pacing) return known
  const fixed = pacer(pacing, noChance)
  const steps = [...told(prepared, fixed)].map((value): Next => ({ done: false, value }))
  const plan = { pacing, headMs: fixed.headMs, steps, rest: undefined }
  fixedPlans.set(prepared, plan)
  return plan
}

/** Of a pacing that draws nothing. */
const noChance: Random = { next: () => 0, fork: () => noChance }

function* told({ chunks, ending, body }: Prepared, pace: Pacer): Generator<FramedStep | EndStep> {
  const schedule = new Schedule(pace)
  let first = 0
  let atMs = chunks[0] ? schedule.after(chunks[0]) : 0
  while (first < chunks.length) {
    let next = first
    let bytes = 0
    let nextMs = atMs
    for (let chunk = chunks[next]; chunk && nextMs === atMs; ) {
      bytes += chunk.bytes
      chunk = chunks[++next]
      if (chunk) nextMs = schedule.after(chunk)
    }
    const from = chunks[first]?.from ?? 0
    const to = chunks[next]?.from ?? body.length
    yield { atMs, do: 'framed', from, to, chunks: next - first, bytes }
    first = next
    atMs = nextMs
  }
  yield { atMs: schedule.after(ending), do: ending.do }
}

/** The times of what is told, drawn in the order in which the script draws them. */
class Schedule {
  readonly #pacer: Pacer
  #atMs = 0
  #begun = false

  constructor(pacer: Pacer) {
    this.#pacer = pacer
  }

  after({ waitMs, gaps }: Between): number {
    this.#atMs += waitMs
    for (let gap = 0; gap < gaps; gap++) {
      this.#atMs += this.#begun ? this.#pacer.gapMs() : this.#pacer.ttftMs
      this.#begun = true
    }
    return Math.max(this.#atMs, this.#pacer.headMs)
  }
}

const over: IteratorResult<never, undefined> = { done: true, value: undefined }

/**
 * Copies parts of a prepared body, one after the other, with the reply's own strings in place. The
 * blocks that hold them are made once a reply: 66 copies of one cost 5 µs, 200 strings cost 23.
 */
class PreparedSteps implements FramedSteps {
  readonly #reply: FramedReply
  readonly #plan: Plan
  #blocks: readonly Uint8Array[] | undefined
  #nextStep = -1
  #nextPlace = 0

  constructor(reply: FramedReply, plan: Plan) {
    this.#reply = reply
    this.#plan = plan
  }

  next(): IteratorResult<HeadStep | FramedStep | EndStep> {
    const { headMs, steps, rest } = this.#plan
    const at = this.#nextStep++
    if (at < 0) {
      const { headers } = this.#reply
      return { done: false, value: { atMs: headMs, do: 'head', status: 200, headers } }
    }
    return (steps ? steps[at] : rest?.next()) ?? over
  }

  copy({ from, to }: FramedPart, target: Buffer, at: number): void {
    const { body, places } = this.#reply.prepared
    this.#blocks ??= blocksOf(this.#reply)
    body.copy(target, at, from, to)
    for (let place = places[this.#nextPlace]; place && place.at < to; ) {
      const block = this.#blocks[place.index]
      if (block) target.set(block, at + place.at - from)
      place = places[++this.#nextPlace]
    }
  }
}

const blocksOf = ({ prepared, own }: FramedReply): readonly Uint8Array[] =>
  prepared.blocks.map(({ at, length, places }) => {
    const bytes = Buffer.allocUnsafe(length)
    prepared.body.copy(bytes, 0, at, at + length)
    for (const place of places) bytes.write(own[place.index] ?? '', place.at, 'latin1')
    return bytes
  })
