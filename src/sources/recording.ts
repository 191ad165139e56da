/**
 * Recordings as a source: finds what was taped for a request, and sets its pace.
 * Must never answer with what was taped for another request.
 */
import { StuntdoubleError } from '../core/errors.ts'
import type { HttpRequest } from '../core/http.ts'
import type { Pacing, ReplayPace } from '../core/pacing.ts'
import type { Random } from '../core/random.ts'
import { suggestion } from '../core/suggest.ts'
import type { Step, Timeline } from '../core/timeline.ts'
import type { Recording } from '../recording/format.ts'
import {
  type Comparable,
  comparable,
  comparableOf,
  type Difference,
  differences,
  explainDifference,
  keyOf,
} from '../recording/match.ts'
import { pacer } from '../time/pacing.ts'
import { profiles } from '../time/profiles.ts'

type ReplayAnswer = { readonly recording: Recording } | { readonly miss: string }

export interface ReplaySource {
  /**
   * The same request taped several times is answered in the order of the recordings, for each
   * session on its own; after the last, the last again.
   */
  answer(request: HttpRequest, session: string): ReplayAnswer
  /** Begins every sequence again, of one session or of all. */
  reset(session?: string): void
}

/** A server that runs for weeks must not keep every session it ever saw. */
const mostSessions = 10_000

export function replaySource(recordings: readonly Recording[]): ReplaySource {
  const takes = new Map<string, Recording[]>()
  for (const recording of recordings.filter(isAnswer)) {
    const key = keyOf(comparableOf(recording.request))
    takes.set(key, [...(takes.get(key) ?? []), recording])
  }
  const sessions = new Map<string, Map<string, number>>()

  function played(session: string): Map<string, number> {
    const counts = sessions.get(session) ?? new Map<string, number>()
    sessions.delete(session)
    sessions.set(session, counts)
    if (sessions.size > mostSessions) {
      for (const oldest of [...sessions.keys()].slice(0, 1)) sessions.delete(oldest)
    }
    return counts
  }

  function answer(request: HttpRequest, session: string): ReplayAnswer {
    const asked = comparable(request)
    const key = keyOf(asked)
    const found = takes.get(key)
    if (!found) return { miss: explainMiss(asked, recordings) }
    const counts = played(session)
    const take = counts.get(key) ?? 0
    counts.set(key, take + 1)
    const recording = found[Math.min(take, found.length - 1)]
    return recording ? { recording } : { miss: explainMiss(asked, recordings) }
  }

  return {
    answer,
    reset: (session) => (session === undefined ? sessions.clear() : void sessions.delete(session)),
  }
}

/** The service did something: also a connection broken before any head is an answer. */
const isAnswer = ({ status, ending }: Recording): boolean =>
  status !== undefined || (ending !== undefined && ending !== 'client-left')

/** More differences than this say no more about how near two requests are. */
const mostDifferences = 40

interface Candidate {
  readonly recording: Recording
  readonly first: Difference | undefined
  readonly count: number
  readonly distance: number
}

const weights: Readonly<Record<string, number>> = { method: 1000, path: 2000, query: 5 }

function candidate(recording: Recording, asked: Comparable): Candidate {
  let first: Difference | undefined
  let count = 0
  let distance = 0
  for (const difference of differences(comparableOf(recording.request), asked)) {
    first ??= difference
    count++
    distance += weights[difference.where] ?? 1
    if (count >= mostDifferences) break
  }
  return { recording, first, count, distance }
}

/** What was asked, the nearest that was taped, and where the two first part. */
function explainMiss(asked: Comparable, recordings: readonly Recording[]): string {
  const title = `no recording answers ${asked.method} ${asked.path}`
  const answers = recordings.filter(isAnswer)
  const silent = recordings.length - answers.length
  const left = silent > 0 ? ` (${silent} more hold no answer)` : ''
  if (answers.length === 0) return `${title}: there are no recordings${left}`
  let nearest: Candidate | undefined
  for (const recording of answers) {
    const other = candidate(recording, asked)
    if (!nearest || other.distance < nearest.distance) nearest = other
  }
  const among = `of ${answers.length} recording${answers.length === 1 ? '' : 's'}${left}`
  if (!nearest?.first) return `${title} ${among}`
  const more = nearest.count > 1 ? ` (${countOf(nearest.count)} differences in all)` : ''
  return [
    title,
    `the nearest ${among} is ${nearest.recording.file}${more}; the first difference is at`,
    explainDifference(nearest.first),
  ].join('\n')
}

const countOf = (count: number): string =>
  count >= mostDifferences ? `${mostDifferences} or more` : String(count)

const isSpeed = (text: string): text is `x${number}` =>
  /^x\d+(?:\.\d+)?$/.test(text) && Number(text.slice(1)) > 0

/** `recorded`, `instant`, `x2`, or the name of a profile. Throws a `usage` error. */
export function parsePace(text: string): ReplayPace {
  if (text === 'recorded' || text === 'instant' || isSpeed(text)) return text
  const profile = Object.hasOwn(profiles, text) ? profiles[text] : undefined
  if (profile) return profile.pacing
  const known = [...new Set(['recorded', 'instant', 'x2', ...Object.keys(profiles)])]
  throw new StuntdoubleError('usage', `there is no pace "${text}"${suggestion(text, known)}`)
}

/** The same steps at other times; each walk gives the same times. */
export function paceTimeline(timeline: Timeline, pace: ReplayPace, random: Random): Timeline {
  if (pace === 'recorded') return timeline
  if (pace === 'instant') return scaled(timeline, 0)
  if (typeof pace === 'string') return scaled(timeline, 1 / Number(pace.slice(1)))
  return { [Symbol.iterator]: () => paced(timeline, pace, random) }
}

function scaled(timeline: Timeline, factor: number): Timeline {
  return {
    *[Symbol.iterator]() {
      for (const step of timeline) yield { ...step, atMs: step.atMs * factor }
    },
  }
}

/** Each chunk counts as one delta; the ending comes with the last of them. */
function* paced(timeline: Timeline, pacing: Pacing, random: Random): Generator<Step> {
  const { headMs, ttftMs, gapMs } = pacer(pacing, random.fork('pace'))
  let atMs = headMs
  let isFirst = true
  for (const step of timeline) {
    if (step.do === 'write') {
      atMs = isFirst ? ttftMs : atMs + gapMs()
      isFirst = false
    }
    yield { ...step, atMs }
  }
}
