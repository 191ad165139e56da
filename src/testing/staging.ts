/**
 * What a server answers from, made anew from the same files: first prepared, then played. In two
 * steps, so that several processes can change together or not at all.
 */
import type { Clock } from '../core/clock.ts'
import type { StuntdoubleServer } from '../server/server.ts'
import { type Composed, compose, type Sources } from '../server/stage/compose.ts'
import type { KnownMistakes } from '../server/stage/known-mistakes.ts'

export interface Staged {
  /** How many scenarios there are. */
  readonly scenarios: number
  /** Files and folders of which each change matters. */
  readonly paths: readonly string[]
}

export interface StagingOptions {
  readonly sources: Sources
  /** As it was begun with. */
  readonly composed: Composed
  readonly server: StuntdoubleServer
  readonly clock: Clock
  readonly mistakes: KnownMistakes
}

export class Staging {
  readonly #options: StagingOptions
  #next: Composed | undefined

  constructor(options: StagingOptions) {
    this.#options = options
  }

  get staged(): Staged {
    return this.#told(this.#options.composed)
  }

  /** Throws what is wrong with the files; what is played stays as it is either way. */
  async prepare(): Promise<Staged> {
    const { sources, composed, clock, mistakes } = this.#options
    this.#next = undefined
    const opening = { upstreams: composed.upstreams, onMistake: mistakes.add }
    const next = await compose(sources, clock, opening)
    this.#next = next
    return this.#told(next)
  }

  /** What was prepared last is played from now on; streams in flight end as they began. */
  play(): void {
    const next = this.#next
    if (!next) return
    this.#next = undefined
    this.#options.server.reload(next.stage)
    next.mistakes.forEach(this.#options.mistakes.add)
  }

  #told({ stage, files }: Composed): Staged {
    const given = this.#options.sources.scenarios ?? []
    const named = given.filter((one) => typeof one === 'string')
    return { scenarios: stage.scenarios.length, paths: [...named, ...files] }
  }
}
