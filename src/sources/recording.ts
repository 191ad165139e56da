/**
 * Recordings as a source: finds what was taped for a request, and sets its pace.
 * Must never answer with what was taped for another request: see `recording/match.ts` for when two
 * are the same.
 */
import { StuntdoubleError } from '../core/errors.ts'
import { type Headers, type HttpRequest, header } from '../core/http.ts'
import type { Pacing, ReplayPace } from '../core/pacing.ts'
import type { Random } from '../core/random.ts'
import { defaultSettings, type RecordingSettings } from '../core/recording-settings.ts'
import { type Soon, soon } from '../core/soon.ts'
import { suggestion } from '../core/suggest.ts'
import type { Step, Timeline } from '../core/timeline.ts'
import type { Recording } from '../recording/format.ts'
import { explainMiss, type MissReport } from '../recording/match/match-miss.ts'
import type { SequenceAsk } from '../scenario/sequences.ts'
import { pacer } from '../time/pacing.ts'
import { profiles } from '../time/profiles.ts'
import { Shelves } from './recording-shelves.ts'

export interface ReplayMiss {
  /** For people. */
  readonly miss: string
  /** For programs. */
  readonly report?: MissReport
}

export type ReplayAnswer = { readonly recording: Recording } | ReplayMiss

/** What was taped for a request: the same thing several times, in order. */
export interface Takes {
  readonly takes: readonly Recording[]
  /** What comes after the last. */
  readonly after: RecordingSettings['after']
}

/** The place among the takes of the one that comes next; undefined where all have been played. */
export type Play = (takes: SequenceAsk) => Soon<number | undefined>

/** Which takes have been played is not remembered here, so that several processes can share it. */
export interface ReplaySource {
  /** What was taped for the request; counts nothing. */
  ask(request: HttpRequest): Takes | ReplayMiss
  /**
   * The same request taped several times is answered in the order of the recordings; what comes
   * after the last is for the settings to say.
   */
  answer(request: HttpRequest, play: Play): Soon<ReplayAnswer>
  /** Why nothing answers, where all takes have been played. */
  usedUp(request: HttpRequest, takes: readonly Recording[]): ReplayMiss
  /** True where there are other recordings than before. */
  lookAgain(mustLook: boolean): boolean
  /** Takes that are for a client which comes back with the id of the last frame it has. */
  forReturning(request: HttpRequest): {
    readonly takes: readonly Recording[]
    readonly isExact: boolean
  }
  /** One more, taped meanwhile: the last of its sequence. */
  add(recording: Recording): void
  /** As others are told of these takes. */
  sequence(takes: Takes): SequenceAsk
  /** It answers a request. */
  note(recording: Recording): void
  /** Files of recordings that have answered nothing yet, in no session, before or after a reset. */
  readonly unused: readonly string[]
  /** Files of those that have, with those that were added meanwhile. */
  readonly used: ReadonlySet<string>
}

export interface ReplayOptions {
  /** Tells it from other sources of the same server. */
  readonly name?: string
  /** The settings of the folder that a recording is in; the usual ones unless given. */
  readonly settingsOf?: (recording: Recording) => RecordingSettings
  /** Milliseconds since 1970, for dates that mean "now"; without it they are compared as written. */
  readonly wallTime?: () => number
  /**
   * Looks again where the recordings came from: all that there are now, or undefined where nothing
   * has changed. Asked where nothing answers, and where what was found is not what it was, which
   * `mustLook` says.
   */
  readonly refresh?: (mustLook: boolean) => readonly Recording[] | undefined
}

export function replaySource(
  recordings: readonly Recording[],
  {
    name = '',
    settingsOf = () => defaultSettings,
    wallTime = () => Number.NaN,
    refresh,
  }: ReplayOptions = {},
): ReplaySource {
  let shelves = new Shelves(settingsOf)
  let added: Recording[] = []
  const used = new Set<string>()
  for (const recording of recordings) shelves.add(recording)

  /** Files may have come since. */
  function ask(request: HttpRequest, isSecondLook = false): Takes | ReplayMiss {
    const question = shelves.question(request, wallTime())
    const found = question.find()
    if (!('reason' in found)) return { ...found, takes: likeliest(found.takes, request) }
    if (!isSecondLook && lookAgain(false)) return ask(request, true)
    return missing(() => question.report(found))
  }

  function usedUp(request: HttpRequest, takes: readonly Recording[]): ReplayMiss {
    const question = shelves.question(request, wallTime())
    return missing(() => question.report({ reason: 'used-up', takes }))
  }

  function answer(request: HttpRequest, play: Play, isSecondLook = false): Soon<ReplayAnswer> {
    const found = ask(request, isSecondLook)
    if ('miss' in found) return found
    return soon(play(sequence(found)), (at) => {
      const recording = at === undefined ? undefined : found.takes[at]
      // Files may have come since, and the one that was found may have changed or gone.
      const isDoubtful = recording === undefined || recording.isCurrent === false
      if (isDoubtful && !isSecondLook && lookAgain(recording !== undefined)) {
        return answer(request, play, true)
      }
      if (!recording) return usedUp(request, found.takes)
      note(recording)
      return { recording }
    })
  }

  const note = ({ file }: Recording): void => {
    used.add(file)
  }

  const sequence = ({ takes, after }: Takes): SequenceAsk => ({
    source: name,
    takes: takes.map(takeName),
    after,
  })

  /** True where there are other recordings than before. */
  function lookAgain(mustLook: boolean): boolean {
    const listed = refresh?.(mustLook)
    if (!listed) return false
    added = added.filter(({ isCurrent }) => isCurrent !== false)
    const known = new Map(added.map((recording) => [recording.file, recording]))
    shelves = new Shelves(settingsOf)
    for (const recording of listed) {
      // What was added is listed as well by now; its place in its sequences is kept.
      shelves.add(known.get(recording.file) ?? recording)
      known.delete(recording.file)
    }
    for (const recording of known.values()) shelves.add(recording)
    return true
  }

  function forReturning(request: HttpRequest) {
    const found = shelves.question(request, wallTime()).find()
    if ('reason' in found) return { takes: [], isExact: false }
    const id = lastIdOf(request.headers)
    const isExact = found.takes.some((take) => lastIdOfTaped(take) === id)
    return { takes: found.takes, isExact }
  }

  return {
    ask: (request) => ask(request),
    answer: (request, play) => answer(request, play),
    usedUp,
    lookAgain,
    forReturning,
    add: (recording) => {
      used.add(recording.file)
      added.push(recording)
      shelves.add(recording)
    },
    sequence,
    note,
    used,
    get unused() {
      return shelves.answers.filter(({ file }) => !used.has(file)).map(({ file }) => file)
    },
  }
}

/** A file that was written anew is another take. */
const takeName = ({ file, edition }: Recording): string =>
  edition === undefined ? file : `${file}\0${edition}`

/**
 * Who comes back with the id of a frame is answered by what was taped for that id, and who begins by
 * what was taped for a beginning; by all of them where there is none such.
 */
function likeliest(takes: readonly Recording[], { headers }: HttpRequest): readonly Recording[] {
  if (takes.length < 2) return takes
  const id = lastIdOf(headers)
  const same = takes.filter((take) => lastIdOfTaped(take) === id)
  return same.length > 0 ? same : takes
}

/** As it stands on the wire; an empty one says nothing. */
const lastIdOf = (headers: Headers): string => header(headers, 'last-event-id') ?? ''

const lastIdOfTaped = (recording: Recording): string =>
  recording.derived('last-event-id-1', ({ headers }) => lastIdOf(headers))

/** To say why costs time, and many who miss only ask somebody else. */
function missing(tell: () => MissReport): ReplayMiss {
  let told: MissReport | undefined
  const report = (): MissReport => {
    told ??= tell()
    return told
  }
  return {
    get miss() {
      return explainMiss(report())
    },
    get report() {
      return report()
    },
  }
}

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

/** How fast services of a dialect usually are, where nobody knows how fast one was. */
const usualProfiles: readonly (readonly [dialect: RegExp, profile: string])[] = [
  [/^(?:anthropic|bedrock)/, 'claude'],
  [/^(?:gemini|vertex|google)/, 'gemini-flash'],
  [/^ollama/, 'ollama-local'],
  [/^groq/, 'groq'],
]

function usualPacing(dialect = ''): Pacing | undefined {
  const name = usualProfiles.find(([form]) => form.test(dialect))?.[1] ?? 'gpt-4o'
  return profiles[name]?.pacing
}

/** A recording at its pace; the usual one of its dialect where its own times are lost. */
export function paceRecording(
  recording: Pick<Recording, 'timeline' | 'lost' | 'dialect'>,
  pace: ReplayPace,
  random: Random,
): Timeline {
  const taped = recording.timeline()
  const usual = recording.lost.includes('times') ? usualPacing(recording.dialect) : undefined
  if (!usual || typeof pace !== 'string' || pace === 'instant') {
    return paceTimeline(taped, pace, random)
  }
  const usually = paceTimeline(taped, usual, random)
  return paceTimeline(usually, pace, random)
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
  const pace = pacer(pacing, random.fork('pace'))
  let atMs = pace.headMs
  let isFirst = true
  for (const step of timeline) {
    if (step.do === 'write') {
      atMs = isFirst ? pace.ttftMs : atMs + pace.gapMs()
      isFirst = false
    }
    yield { ...step, atMs }
  }
}
