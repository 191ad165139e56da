/** Something that comes although the stream has said that it is over. */
import { isEnding, type Step } from '../core/timeline.ts'
import type { Fault, FaultContext, FaultKind } from './fault.ts'
import { type Matter, matterBytes, withMatter } from './matter.ts'
import { strict } from './options.ts'
import { endlessFramings, TerminatorScanner } from './terminator.ts'
import { withoutFraming } from './without-framing.ts'

interface AfterTerminatorOptions {
  readonly matter: Matter
}

const name = 'after-terminator'

export const afterTerminator: FaultKind<AfterTerminatorOptions> = {
  name,
  summary:
    'Sends bytes, a comment, an error or an event after the stream has said that it is over.',
  schema: withMatter(
    name,
    {},
    strict({}, name, `${name} acts on the end of the stream and takes no place; inject takes one`),
  ),
  create({ matter }, context) {
    if (context.bodyLength) matterBytes(matter, { kind: name, stream: context.stream })
    return withoutFraming(new Afterthought(matter, context), context, endlessFramings(name))
  },
}

class Afterthought implements Fault {
  readonly #scanner: TerminatorScanner
  readonly #matter: Matter
  readonly #context: FaultContext
  #seen = 0
  #lastAtMs = 0

  constructor(matter: Matter, context: FaultContext) {
    this.#scanner = new TerminatorScanner(context.stream)
    this.#matter = matter
    this.#context = context
  }

  push(step: Step): Step[] {
    this.#lastAtMs = step.atMs
    if (isEnding(step)) return [...this.end(), step]
    this.#scanner.push(step)
    if (step.do === 'write') this.#seen += step.bytes.length
    return [step]
  }

  end(): Step[] {
    const { stream, onAct } = this.#context
    if (!('place' in this.#scanner.end())) return []
    const bytes = matterBytes(this.#matter, { kind: name, stream, atMs: this.#lastAtMs })
    onAct?.(name, { atMs: this.#lastAtMs, byte: this.#seen })
    return [{ atMs: this.#lastAtMs, do: 'write', bytes }]
  }
}
