/**
 * A Content-Length that is not true, in place of chunks where the answer has them. The length must
 * be known when the head goes out, so that all of the answer is held back until it is.
 */
import { z } from 'zod'
import { StuntdoubleError } from '../core/errors.ts'
import { header } from '../core/http.ts'
import { type HeadStep, isEnding, type Step } from '../core/timeline.ts'
import type { Acted, Fault, FaultKind } from './fault.ts'
import { strict } from './options.ts'

interface WrongLengthOptions {
  readonly by: number
}

const wrong = 'must be a whole number other than 0: how many bytes are declared too many or too few'

export const wrongLength: FaultKind<WrongLengthOptions> = {
  name: 'wrong-length',
  summary: 'Declares a Content-Length that is off by so many bytes, also for a stream.',
  schema: strict(
    {
      by: z
        .int({ error: wrong })
        .refine((by) => by !== 0, { error: wrong })
        .describe('Bytes that are declared and never come; negative for bytes too many.'),
    },
    'wrong-length',
    'wrong-length acts on the head and takes no place',
  ),
  needs: () => 'length',
  create: ({ by }, context) =>
    new WrongLength(by, (acted) => context.onAct?.('wrong-length', acted)),
}

class WrongLength implements Fault {
  readonly #by: number
  readonly #report: (at: Acted) => void
  readonly #held: Step[] = []
  #head: HeadStep | undefined
  #bytes = 0

  constructor(by: number, report: (at: Acted) => void) {
    this.#by = by
    this.#report = report
  }

  push(step: Step): Step[] {
    if (isEnding(step)) return [...this.#counted(step.atMs), step]
    if (step.do === 'head') this.#head = step
    else this.#held.push(step)
    if (step.do === 'write') this.#bytes += step.bytes.length
    return []
  }

  end(): Step[] {
    return this.#counted(this.#held.at(-1)?.atMs ?? this.#head?.atMs ?? 0)
  }

  #counted(atMs: number): Step[] {
    const held = this.#held.splice(0).map((step): Step => ({ ...step, atMs }))
    const head = this.#head
    if (!head) return held
    this.#report({ atMs, byte: 0 })
    return [{ ...head, atMs, declaredBytes: this.#declared(head) }, ...held]
  }

  /** A head that is all there is, as the answer to HEAD, may declare what does not come with it. */
  #declared({ headers }: HeadStep): number {
    const length = this.#bytes || Number(header(headers, 'content-length') ?? 0)
    if (length + this.#by >= 0) return length + this.#by
    throw new StuntdoubleError(
      'not-possible',
      `wrong-length: the body has ${length} bytes, and ${-this.#by} fewer cannot be declared`,
    )
  }
}
