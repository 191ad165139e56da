/**
 * The usage that every chunk of a stream tells: of what was said so far, never less than before, and
 * at the end what a whole answer tells. Must not count all of a text again for each of its pieces.
 */
import { type Event, generatedText, type Usage } from '../../core/event.ts'
import { countTokens } from '../grain.ts'

export class RunningUsage {
  /** What the script has told takes the place of what is counted. */
  given: Usage | undefined
  readonly #input: number
  readonly #known: Usage | undefined
  readonly #said = new GrowingCount()
  readonly #thought = new GrowingCount()
  #shown = { said: 0, thought: 0 }

  /** `known` is what the script will tell. */
  constructor(input: number, known: Usage | undefined) {
    this.#input = input
    this.#known = known
  }

  note(event: Event): void {
    const count = event.type === 'reasoning' ? this.#thought : this.#said
    count.add(generatedText(event))
  }

  sofar(): Usage {
    return this.#show(this.#said.sofar, this.#thought.sofar)
  }

  final(): Usage {
    const { said, thought } = this.#most
    const told = this.given ?? this.#known
    if (!told) return this.#show(this.#said.total(), this.#thought.total())
    this.#shown = { said, thought }
    return told
  }

  /** Of a prompt that was not let through: nothing was generated. */
  blocked(): Usage {
    return this.given ?? this.#known ?? { inputTokens: this.#input, outputTokens: 0 }
  }

  get #most(): { readonly said: number; readonly thought: number } {
    const told = this.given ?? this.#known
    if (!told) return { said: Number.POSITIVE_INFINITY, thought: Number.POSITIVE_INFINITY }
    const { outputTokens, reasoningTokens: thought = 0 } = told
    return { said: Math.max(0, outputTokens - thought), thought }
  }

  #show(saidTokens: number, thoughtTokens: number): Usage {
    const said = Math.min(this.#most.said, Math.max(this.#shown.said, saidTokens))
    const thought = Math.min(this.#most.thought, Math.max(this.#shown.thought, thoughtTokens))
    this.#shown = { said, thought }
    const { inputTokens = this.#input, cachedTokens } = this.given ?? this.#known ?? {}
    return {
      inputTokens,
      outputTokens: said + thought,
      ...(thought > 0 ? { reasoningTokens: thought } : {}),
      ...(cachedTokens === undefined ? {} : { cachedTokens }),
    }
  }
}

/** Enough for any word; more would be counted over and over where a script has no spaces. */
const longestTail = 4096

/** What may be one token with its neighbour: as in `we're`, or before a line end. */
const openEnding = /(?:'[a-z]?|\s+)$/

/** Tokens of a text that grows: words that are over are counted once. */
class GrowingCount {
  #text = ''
  #settled = 0
  /** What may still become part of a longer word. */
  #tail = ''

  add(text: string): void {
    this.#text += text
    this.#tail += text
    const space = this.#tail.lastIndexOf(' ')
    const isBorder = space > 0 && /\S/.test(this.#tail.charAt(space - 1))
    if (isBorder) this.#settle(space)
    else if (this.#tail.length > longestTail) this.#settle(this.#tail.length)
  }

  get sofar(): number {
    return this.#settled + countTokens(this.#tail.replace(openEnding, ''))
  }

  total(): number {
    return countTokens(this.#text)
  }

  #settle(end: number): void {
    this.#settled += countTokens(this.#tail.slice(0, end))
    this.#tail = this.#tail.slice(end)
  }
}
