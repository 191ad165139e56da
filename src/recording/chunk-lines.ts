/**
 * The lines of chunks, written. Of a chunk that begins and ends like the one before only what is
 * between is written anew: 0.6 µs for a frame of 230 bytes instead of 1.1.
 * Pure. Must never write a line otherwise than `formatLine` would.
 */
import { isAscii } from 'node:buffer'
import { wholeText } from '../core/bytes.ts'
import type { WriteStep } from '../core/timeline.ts'
import { formatChunk, roundMs } from './format.ts'
import { SharedEnds } from './redact/shared-ends.ts'
import { textOfStep } from './redact/step-text.ts'

export class ChunkLines {
  readonly #shared = new SharedEnds()
  /** As they stand in JSON. */
  #begin = ''
  #end = ''

  write(step: WriteStep): string {
    // One character a byte is then what the bytes mean.
    const text = isAscii(step.bytes) ? textOfStep(step) : wholeText(step.bytes)
    if (text === undefined) return formatChunk(step)
    const shared = this.#shared
    if (!shared.fits(text)) {
      this.#learn(text)
      return lineOf(step, written(text))
    }
    shared.goOn(text)
    const between = text.slice(shared.begin.length, text.length - shared.end.length)
    return lineOf(step, this.#begin + written(between) + this.#end)
  }

  #learn(text: string): void {
    const shared = this.#shared
    shared.learn(text)
    if (!shared.isKnown) return
    // Half a character is written as a code, and a whole one as itself.
    if (isHalf(shared.begin.at(-1)) || isHalf(shared.end[0])) shared.forget()
    this.#begin = written(shared.begin)
    this.#end = written(shared.end)
  }
}

const lineOf = ({ atMs }: WriteStep, text: string): string =>
  `{"atMs":${roundMs(atMs)},"text":"${text}"}`

const written = (text: string): string => JSON.stringify(text).slice(1, -1)

const isHalf = (letter: string | undefined): boolean =>
  letter !== undefined && /[\ud800-\udfff]/.test(letter)
