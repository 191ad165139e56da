/**
 * What a recording says in figures: how soon, how even, how much, and how it ended. Works on any
 * timeline, a step at a time, in constant memory.
 * Must never give a time where the recording has lost its times.
 */
import type { ApiError } from '../../core/api-error.ts'
import { type Event, generatedText, type Usage } from '../../core/event.ts'
import type { Framing } from '../../core/frame.ts'
import { isEnding, type Step, type Timeline } from '../../core/timeline.ts'
import { type RecordedEnding, type Recording, roundMs } from '../format.ts'
import { type BodyReader, bodyReader, type Reader, type ReadFrame } from './body-reader.ts'
import { Sample, type Summary } from './sample.ts'
import { countedTokens, type TokenCounter } from './token-counter.ts'

/** What arrives closer together than this left together: no network and no model is that even. */
export const burstGapMs = 1

/** A silence is a stall if it is this long, and this many times the usual gap. */
const leastStallMs = 1000
const stallMedians = 10

interface Stall {
  /** When the silence began, counted from the request's arrival. */
  readonly atMs: number
  readonly forMs: number
}

/** Runs of deltas that arrived less than a millisecond apart. */
interface Bursts {
  readonly count: number
  /** Deltas in the largest of them. */
  readonly largest: number
  /** Deltas in all of them. */
  readonly deltas: number
  /** Of all gaps, the part that is below a millisecond. */
  readonly share: number
}

/** All of it counts from the request's arrival. */
export interface Timing {
  readonly headMs: number | undefined
  readonly firstByteMs: number | undefined
  /** The first content; where nothing could be decoded, the first byte of the body. */
  readonly ttftMs: number | undefined
  readonly ttftOf: 'content' | 'byte'
  /** The last delta. */
  readonly lastMs: number | undefined
  readonly durationMs: number
  /** Between deltas (ITL); undefined where there are less than two, or the answer was no stream. */
  readonly gaps: Summary | undefined
  readonly bursts: Bursts
  /** In the order of time; at most the first thousand. */
  readonly stalls: readonly Stall[]
}

interface Tokens {
  readonly count: number
  /** The service said so, or they were counted by the cutter that scenarios are cut with. */
  readonly from: 'usage' | 'cutter'
  /** From the first delta to the last, without the tokens that were thought in silence. */
  readonly perSecond: number | undefined
}

interface ToolCall {
  readonly id: string | undefined
  readonly name: string
  /** As they came, usually JSON. */
  readonly arguments: string
}

export type EndingWord = RecordedEnding | 'failed' | 'cut-off'

export interface Statistics {
  readonly status: number | undefined
  /** Said frame by frame; false for an answer in one piece. */
  readonly streamed: boolean
  readonly chunks: number
  readonly bytes: number
  readonly frames: number
  /** Undefined where the chunks are lost, or there were none. */
  readonly framesPerChunk: number | undefined
  /** Frames that brought content; where nothing could be decoded, frames with data. */
  readonly deltas: number
  readonly deltasAre: 'content' | 'frames'
  /** Of generated text, reasoning and arguments of calls. */
  readonly characters: number
  /** Undefined where nothing could be decoded. */
  readonly tokens: Tokens | undefined
  /** Undefined where the recording has lost its times. */
  readonly timing: Timing | undefined
  readonly ending: EndingWord
  /** Why the service could not be reached. */
  readonly failed: string | undefined
  readonly finish: string | undefined
  readonly usage: Usage | undefined
  readonly toolCalls: readonly ToolCall[]
  readonly errors: readonly ApiError[]
}

/** The same, with every gap, for those who compare or add up. */
export interface Measured {
  readonly statistics: Statistics
  /** Between deltas; empty where times are lost. */
  readonly gaps: Sample
}

export const statisticsOf = (recording: Recording, dialect?: Reader): Statistics =>
  measure(recording, dialect).statistics

export function measure(recording: Recording, dialect?: Reader): Measured {
  const meter = new Meter(dialect)
  for (const step of recording.timeline()) meter.push(step)
  return meter.end(recording)
}

/** One delta and when it was complete. */
export interface Delta {
  readonly atMs: number
  readonly frame: ReadFrame
  /** What it says; empty for one that was not decoded. */
  readonly text: string
}

/** Every delta of a stream, lazily: those that bring content where any can be decoded. */
export function* deltasOf(timeline: Timeline, dialect?: Reader): Generator<Delta> {
  for (const { atMs, frame } of framesOf(timeline, dialect)) {
    const text = textOf(frame.events)
    if (dialect ? bringsContent(frame.events) : isData(frame)) yield { atMs, frame, text }
  }
}

/** Every frame of a timeline's body, and when it was complete. */
export function* framesOf(
  timeline: Timeline,
  dialect?: Reader,
): Generator<{ atMs: number; frame: ReadFrame; framing: Framing['name'] }> {
  let reader: BodyReader | undefined
  let lastMs = 0
  for (const step of timeline) {
    if (step.do === 'head') reader = bodyReader(step, dialect)
    if (step.do === 'write') {
      reader ??= bodyReader(undefined, dialect)
      const framing = reader.framing.name
      for (const frame of reader.push(step.bytes)) yield { atMs: step.atMs, frame, framing }
      lastMs = step.atMs
    } else if (isEnding(step)) {
      if (!reader) continue
      const framing = reader.framing.name
      for (const frame of reader.end()) yield { atMs: lastMs, frame, framing }
    }
  }
}

const textOf = (events: readonly Event[]): string => events.map(generatedText).join('')

/** The name of a tool is said by the model, too. */
const bringsContent = (events: readonly Event[]): boolean =>
  events.some((event) => event.type === 'tool-start' || generatedText(event) !== '')

const isData = ({ frame }: ReadFrame): boolean => frame?.data !== undefined

/** The most of anything that is kept in full. */
const mostKept = 1000
const longestArguments = 1_000_000

/** Gaps, bursts and stalls of one kind of delta. */
class Rhythm {
  readonly gaps = new Sample()
  firstMs: number | undefined
  lastMs: number | undefined
  count = 0
  readonly #silences: Stall[] = []
  #bursts = 0
  #largest = 1
  #inBursts = 0
  #together = 0
  #run = 1

  push(atMs: number): void {
    this.count++
    this.firstMs ??= atMs
    if (this.lastMs !== undefined) this.#gap(this.lastMs, roundMs(atMs - this.lastMs))
    this.lastMs = atMs
  }

  #gap(fromMs: number, gapMs: number): void {
    this.gaps.add(gapMs)
    if (gapMs >= leastStallMs && this.#silences.length < mostKept) {
      this.#silences.push({ atMs: fromMs, forMs: gapMs })
    }
    if (gapMs >= burstGapMs) {
      this.#run = 1
      return
    }
    this.#together++
    this.#run++
    if (this.#run === 2) this.#bursts++
    this.#inBursts += this.#run === 2 ? 2 : 1
    this.#largest = Math.max(this.#largest, this.#run)
  }

  bursts(): Bursts {
    const { count } = this.gaps
    return {
      count: this.#bursts,
      largest: this.#bursts === 0 ? 0 : this.#largest,
      deltas: this.#inBursts,
      share: count === 0 ? 0 : roundMs(this.#together / count),
    }
  }

  stalls(): readonly Stall[] {
    const longMs = Math.max(leastStallMs, stallMedians * (this.gaps.summary()?.p50 ?? 0))
    return this.#silences.filter(({ forMs }) => forMs >= longMs)
  }
}

/** What was said, apart from when. */
class Meaning {
  characters = 0
  hasReasoning = false
  finish: string | undefined
  usage: Usage | undefined
  readonly errors: ApiError[] = []
  readonly #counter: TokenCounter = countedTokens()
  readonly #calls = new Map<string, { id: string | undefined; name: string; arguments: string }>()

  push(event: Event): void {
    const text = generatedText(event)
    if (text !== '') {
      this.characters += text.length
      this.#counter.push(text)
    }
    if (event.type === 'reasoning') this.hasReasoning = true
    else if (event.type === 'usage') this.usage = event.usage
    else if (event.type === 'finish') this.finish ??= event.reason
    else if (event.type === 'error' && this.errors.length < mostKept) this.errors.push(event.error)
    else this.#noteCall(event)
  }

  #noteCall(event: Event): void {
    if (event.type !== 'tool-start' && event.type !== 'tool-arguments') return
    const key = `${event.choice ?? 0}/${event.index}`
    if (event.type === 'tool-start' && this.#calls.size < mostKept) {
      this.#calls.set(key, { id: event.id, name: event.name, arguments: '' })
    } else if (event.type === 'tool-arguments') {
      const call = this.#calls.get(key)
      if (call && call.arguments.length < longestArguments) call.arguments += event.text
    }
  }

  calls(): readonly ToolCall[] {
    return [...this.#calls.values()]
  }

  /** `overMs` is the time from the first delta to the last; undefined where nobody knows. */
  tokens(overMs: number | undefined): Tokens | undefined {
    const { usage } = this
    if (!usage && this.characters === 0) return undefined
    const count = usage ? usage.outputTokens : this.#counter.end()
    const silent = usage && !this.hasReasoning ? (usage.reasoningTokens ?? 0) : 0
    const heard = count - Math.min(silent, count) - 1
    const perSecond = overMs && heard > 0 ? roundMs((heard * 1000) / overMs) : undefined
    return { count, from: usage ? 'usage' : 'cutter', perSecond }
  }
}

class Meter {
  readonly #dialect: Reader | undefined
  readonly #content = new Rhythm()
  readonly #frames = new Rhythm()
  readonly #meaning = new Meaning()
  #reader: BodyReader | undefined
  #headMs: number | undefined
  #firstByteMs: number | undefined
  #lastByteMs = 0
  #durationMs = 0
  #chunks = 0
  #bytes = 0
  #frameCount = 0

  constructor(dialect: Reader | undefined) {
    this.#dialect = dialect
  }

  push(step: Step): void {
    this.#durationMs = step.atMs
    if (step.do === 'head') {
      this.#headMs = step.atMs
      this.#reader = bodyReader(step, this.#dialect)
    } else if (step.do !== 'write') {
      this.#read(this.#reader?.end() ?? [], this.#lastByteMs)
    } else if (step.bytes.length > 0) {
      this.#reader ??= bodyReader(undefined, this.#dialect)
      this.#chunks++
      this.#bytes += step.bytes.length
      this.#firstByteMs ??= step.atMs
      this.#lastByteMs = step.atMs
      this.#read(this.#reader.push(step.bytes), step.atMs)
    }
  }

  #read(frames: readonly ReadFrame[], atMs: number): void {
    for (const read of frames) {
      if (read.frame) this.#frameCount++
      if (isData(read)) this.#frames.push(atMs)
      if (bringsContent(read.events)) this.#content.push(atMs)
      for (const event of read.events) this.#meaning.push(event)
    }
  }

  end(recording: Recording): Measured {
    const isDecoded = this.#content.count > 0
    const rhythm = isDecoded ? this.#content : this.#frames
    const hasTimes = !recording.lost.includes('times')
    const streamed = this.#reader?.isStream ?? false
    const meaning = this.#meaning
    const overMs = hasTimes && streamed ? (rhythm.lastMs ?? 0) - (rhythm.firstMs ?? 0) : undefined
    const hasChunks = this.#chunks > 0 && !recording.lost.includes('chunks')
    const statistics: Statistics = {
      status: recording.status,
      streamed,
      chunks: this.#chunks,
      bytes: this.#bytes,
      frames: this.#frameCount,
      framesPerChunk: hasChunks ? this.#frameCount / this.#chunks : undefined,
      deltas: rhythm.count,
      deltasAre: isDecoded ? 'content' : 'frames',
      characters: meaning.characters,
      tokens: meaning.tokens(overMs),
      timing: hasTimes ? this.#timing(rhythm, isDecoded, streamed) : undefined,
      ending: endingOf(recording),
      failed: recording.failed,
      finish: meaning.finish,
      usage: meaning.usage,
      toolCalls: meaning.calls(),
      errors: meaning.errors,
    }
    return { statistics, gaps: hasTimes && streamed ? rhythm.gaps : new Sample() }
  }

  #timing(rhythm: Rhythm, isDecoded: boolean, streamed: boolean): Timing {
    return {
      headMs: this.#headMs,
      firstByteMs: this.#firstByteMs,
      ttftMs: isDecoded ? rhythm.firstMs : this.#firstByteMs,
      ttftOf: isDecoded ? 'content' : 'byte',
      lastMs: rhythm.lastMs,
      durationMs: this.#durationMs,
      gaps: streamed ? rounded(rhythm.gaps.summary()) : undefined,
      bursts: rhythm.bursts(),
      stalls: streamed ? rhythm.stalls() : [],
    }
  }
}

/** Microseconds, as the recording has them. */
const rounded = (summary: Summary | undefined): Summary | undefined =>
  summary && {
    count: summary.count,
    mean: roundMs(summary.mean),
    sd: roundMs(summary.sd),
    min: roundMs(summary.min),
    p50: roundMs(summary.p50),
    p90: roundMs(summary.p90),
    p99: roundMs(summary.p99),
    max: roundMs(summary.max),
  }

const endingOf = ({ ending, failed }: Recording): EndingWord =>
  failed === undefined ? (ending ?? 'cut-off') : 'failed'
