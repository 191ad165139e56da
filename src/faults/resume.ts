/**
 * What goes wrong when a client comes back to a stream: frames are missing, come twice, or have
 * wrong ids. On a first connection it does nothing.
 */

import { z } from 'zod'
import { joinBytes } from '../core/bytes.ts'
import { StuntdoubleError } from '../core/errors.ts'
import type { Frame } from '../core/frame.ts'
import { alphanumeric } from '../core/random.ts'
import type { Step } from '../core/timeline.ts'
import { drop } from './drop.ts'
import type { Fault, FaultContext, FaultKind, ResumedFrom } from './fault.ts'
import { choose, isMapping, strict, wholeNumber } from './options.ts'

const wrongIds = ['restarted', 'stuck', 'none', 'unknown'] as const

type WrongId = (typeof wrongIds)[number]

type ResumeOptions =
  | { readonly skip: number }
  | { readonly repeat: number }
  | { readonly wrongId: WrongId }

const formOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  strict(shape, 'resume', 'resume acts where the stream goes on and takes no place')

const forms = {
  skip: formOf({
    skip: wholeNumber(1).describe('A gap: so many of the frames that were due are left out.'),
  }),
  repeat: formOf({
    repeat: wholeNumber(1).describe('So many frames that the client has are sent again.'),
  }),
  wrongId: formOf({
    wrongId: z
      .enum(wrongIds, { error: `must be one of ${wrongIds.join(', ')}` })
      .describe(
        'Ids that count from 1 again (`restarted`), stay at the one the client sent (`stuck`), are missing (`none`), or that nobody will know (`unknown`).',
      ),
  }),
} as const

const isForm = (name: string): name is keyof typeof forms => Object.hasOwn(forms, name)

export const resume: FaultKind<ResumeOptions> = {
  name: 'resume',
  summary: 'Goes on with a broken stream wrongly: with a gap, a repetition or wrong ids.',
  schema: choose<ResumeOptions>(pickForm, () => Object.values(forms), 'What goes wrong.'),
  create(options, context) {
    const { resumed } = context
    if (!resumed) return { push: (step) => [step], end: () => [] }
    if ('skip' in options) return gap(options.skip, context)
    return 'repeat' in options
      ? repetition(options.repeat, resumed, context)
      : new WrongIds(options.wrongId, resumed, context)
  },
}

function pickForm(written: unknown): z.ZodType<ResumeOptions> | string {
  const names = Object.keys(forms)
  const [form, second] = isMapping(written) ? Object.keys(written).filter(isForm) : []
  if (form && second) return `resume takes one of ${names.join(', ')}; begin a new fault for each`
  return form ? forms[form] : `resume needs what goes wrong: one of ${names.join(', ')}`
}

function gap(count: number, context: FaultContext): Fault {
  const onAct: FaultContext['onAct'] = (_, at) => context.onAct?.(resume.name, at)
  return drop.create({ at: { frame: 0 }, count }, { ...context, onAct })
}

function repetition(count: number, resumed: ResumedFrom, context: FaultContext): Fault {
  return {
    push(step) {
      if (step.do !== 'head') return [step]
      const { atMs } = step
      const again = resumed.before(count).map((bytes): Step => ({ atMs, do: 'write', bytes }))
      if (again.length > 0) context.onAct?.(resume.name, { atMs, byte: 0 })
      return [step, ...again]
    },
    end: () => [],
  }
}

/** Frames are written anew, so each waits until it is whole. */
class WrongIds implements Fault {
  readonly #nextId: () => string | undefined
  readonly #context: FaultContext
  #decoder: ReturnType<FaultContext['stream']['framing']['decoder']> | undefined
  #reported = false
  #lastAtMs = 0
  #passed = 0

  constructor(wrong: WrongId, { after }: ResumedFrom, context: FaultContext) {
    if (after === undefined) {
      throw new StuntdoubleError(
        'not-possible',
        'resume: wrongId needs a stream that is gone on with by its ids, and this one has none; skip and repeat act on any',
      )
    }
    this.#context = context
    this.#nextId = wrongIdsOf(wrong, after, context)
  }

  push(step: Step): Step[] {
    this.#lastAtMs = step.atMs
    // No frame waits in a write of no bytes: it says that time passes, or something beside the body.
    if (step.do === 'head' || (step.do === 'write' && step.bytes.length === 0)) return [step]
    if (step.do !== 'write') return [...this.end(), step]
    this.#decoder ??= this.#context.stream.framing.decoder()
    return this.#written(this.#decoder.push(step.bytes), step.atMs)
  }

  end(): Step[] {
    const rest = this.#decoder?.end() ?? []
    this.#decoder = undefined
    return this.#written(rest, this.#lastAtMs)
  }

  #written(frames: readonly Frame[], atMs: number): Step[] {
    if (frames.length === 0) return []
    const bytes = joinBytes(frames.map((frame) => this.#relabelled(frame, atMs)))
    return [{ atMs, do: 'write', bytes }]
  }

  #relabelled(frame: Frame, atMs: number): Uint8Array {
    const { bytes, incomplete, id, ...said } = frame
    const byte = this.#passed
    this.#passed += bytes.length
    if (id === undefined || incomplete) return bytes
    if (!this.#reported) this.#context.onAct?.(resume.name, { atMs, byte })
    this.#reported = true
    const wrong = this.#nextId()
    const message = wrong === undefined ? said : { ...said, id: wrong }
    return this.#context.stream.framing.encode(message)?.bytes ?? bytes
  }
}

function wrongIdsOf(
  wrong: WrongId,
  after: string,
  { random }: FaultContext,
): () => string | undefined {
  let count = 0
  const kinds: Readonly<Record<WrongId, () => string | undefined>> = {
    restarted: () => `${++count}`,
    stuck: () => after,
    none: () => undefined,
    unknown: () => alphanumeric(random, 12),
  }
  return kinds[wrong]
}
