/**
 * The reply that is to be broken: a rule of a scenario, a recording, or a timeline of one's own.
 * Says what a server would play for it, faults of the rule included; plays nothing itself.
 */
import type { Dialect, ReplyContext } from '../core/dialect.ts'
import { StuntdoubleError } from '../core/errors.ts'
import { suggestion } from '../core/suggest.ts'
import { bodyLength, type Step, type Timeline } from '../core/timeline.ts'
import { withFaults } from '../faults/apply.ts'
import type { FaultSpec, StreamLanguage, WrittenFault } from '../faults/fault.ts'
import { faultSchema } from '../faults/registry.ts'
import { openRecording } from '../recording/store.ts'
import { knownDialects } from '../scenario/load-dialects.ts'
import type { Rule, Scenario } from '../scenario/scenario.ts'
import { ruleTimeline } from '../server/answers/rule-answer.ts'
import { listenFinite } from '../server/language.ts'
import { compose } from '../server/stage/compose.ts'
import { imaginedRequest, whyUnknown } from '../server/stage/rehearse.ts'
import { paceRecording } from '../sources/recording.ts'
import { VirtualClock } from '../time/clock.ts'
import { seededRandom } from '../time/random.ts'
import { checkSource } from './given.ts'

/** What `sweep` takes: plain data, and the same at every walk. */
export interface SweptReply {
  /** For people: `demo/hello`, or a file. */
  readonly name: string
  readonly timeline: Timeline
  readonly dialect: Dialect
  /** What single frames are written with that no scenario made. */
  readonly reply: ReplyContext
  /** Faults of the rule itself, which act before those of a variant. */
  readonly faults: readonly FaultSpec[]
  readonly seed: number
}

interface ScenarioReply {
  /** A file, or a scenario as an object of the same form. */
  readonly scenario: string | object
  /** The rule that answers; the first unless given. */
  readonly rule?: string
  /** In which wire format it answers; `openai-chat` unless given. */
  readonly dialect?: string
  /** What the user is taken to have said. */
  readonly user?: string
  /** False for an answer in one piece. */
  readonly stream?: boolean
  readonly seed?: number
}

interface RecordedReply {
  /** A file. */
  readonly recording: string
  /** Where the recording does not name its own. */
  readonly dialect?: string
  readonly seed?: number
}

interface TimelineReply {
  readonly timeline: Timeline
  readonly dialect: string | Dialect
  readonly name?: string
  readonly seed?: number
}

export type ReplySource = ScenarioReply | RecordedReply | TimelineReply

const usualDialect = 'openai-chat'

/** Throws a `StuntdoubleError` that says what is wrong, and where. */
export async function openReply(source: ReplySource): Promise<SweptReply> {
  checkSource(source)
  if (isScenario(source)) return await fromScenario(source)
  const dialects = await knownDialects()
  if (isRecorded(source)) return fromRecording(source, dialects)
  const { timeline, dialect, name = 'timeline', seed = 1 } = source
  const spoken = typeof dialect === 'string' ? dialectNamed(dialect, dialects) : dialect
  return { ...plain(spoken, name, seed), timeline }
}

const isScenario = (source: ReplySource): source is ScenarioReply =>
  'scenario' in source && source.scenario !== undefined

const isRecorded = (source: ReplySource): source is RecordedReply =>
  'recording' in source && source.recording !== undefined

async function fromScenario(source: ScenarioReply): Promise<SweptReply> {
  const { scenario: given, user = 'Hello', stream = true } = source
  const { stage } = await compose({ scenarios: [given] }, new VirtualClock(), { isRehearsal: true })
  const dialect = dialectNamed(source.dialect ?? usualDialect, stage.dialects)
  const { scenario, rule } = chosenRule(stage.scenarios, source.rule)
  const name = `${scenario.name}/${rule.name}`
  const unknown = whyUnknown(rule)
  if (unknown !== undefined) {
    throw new StuntdoubleError('not-possible', `${name} cannot be swept: ${unknown}`)
  }
  const seed = source.seed ?? scenario.seed
  const reply: ReplyContext = {
    request: imaginedRequest({ dialect, user, stream }),
    random: seededRandom([seed, scenario.name, 'default', rule.name, 1].join('/')),
    createdMs: scenario.now === 'real' ? 0 : scenario.now,
    models: scenario.models,
  }
  const found = { scenario, rule, captures: {}, hit: 1, session: 'default', turn: 1 }
  const timeline = ruleTimeline(found, { dialect, reply, seed })
  return { name, timeline, dialect, reply, faults: rule.faults, seed }
}

function fromRecording(
  { recording: file, dialect: given, seed = 1 }: RecordedReply,
  dialects: readonly Dialect[],
): SweptReply {
  const recording = openRecording(file)
  const named = given ?? recording.dialect
  if (named === undefined) {
    const why = `${file} names no dialect; say \`dialect\`, so that its frames can be read`
    throw new StuntdoubleError('usage', why)
  }
  const swept = plain(dialectNamed(named, dialects), file, seed)
  return { ...swept, timeline: paceRecording(recording, 'recorded', swept.reply.random) }
}

function plain(dialect: Dialect, name: string, seed: number): Omit<SweptReply, 'timeline'> {
  const reply: ReplyContext = {
    request: imaginedRequest({ dialect, user: '', stream: true }),
    random: seededRandom(`${seed}/${name}/default`),
    createdMs: 0,
    models: undefined,
  }
  return { name, dialect, reply, faults: [], seed }
}

function chosenRule(
  scenarios: readonly Scenario[],
  wanted: string | undefined,
): { scenario: Scenario; rule: Rule } {
  const all = scenarios.flatMap((scenario) => scenario.rules.map((rule) => ({ scenario, rule })))
  const chosen = wanted === undefined ? all[0] : all.find(({ rule }) => rule.name === wanted)
  if (chosen) return chosen
  const names = all.map(({ rule }) => rule.name)
  const why = `There is no rule "${wanted}"${suggestion(wanted ?? '', names)}`
  throw new StuntdoubleError('usage', why)
}

function dialectNamed(name: string, dialects: readonly Dialect[]): Dialect {
  const found = dialects.find((one) => one.name === name)
  if (found) return found
  const known = dialects.map((one) => one.name)
  throw new StuntdoubleError('usage', `No dialect "${name}"${suggestion(name, known)}`)
}

interface Heard {
  readonly language: StreamLanguage
  readonly steps: readonly Step[]
  readonly bodyBytes: number
}

/** A reply is told once, however many variants are made of it. */
const heardReplies = new WeakMap<SweptReply, Heard>()

function heard(reply: SweptReply): Heard {
  const known = heardReplies.get(reply)
  if (known) return known
  const { language, timeline } = listenFinite(reply.timeline, reply.dialect, reply.reply)
  const steps = [...timeline]
  const told = { language, steps, bodyBytes: bodyLength(steps) }
  heardReplies.set(reply, told)
  return told
}

/** The reply without the faults of a variant, and how its frames are told. */
export const languageOf = (
  reply: SweptReply,
): { language: StreamLanguage; timeline: Timeline } => ({
  language: heard(reply).language,
  timeline: brokenBy(reply, [], reply.seed),
})

/** Faults as people write them, read. */
export const specsOf = (faults: readonly WrittenFault[]): FaultSpec[] =>
  faults.map((written) => faultSchema.parse(written))

/** What a server plays that is asked for these faults with this seed. */
export function brokenBy(reply: SweptReply, faults: readonly FaultSpec[], seed: number): Timeline {
  const { language, steps, bodyBytes } = heard(reply)
  return withFaults(steps, [...reply.faults, ...faults], {
    stream: language,
    random: seededRandom(`${seed}/faults`),
    bodyLength: () => bodyBytes,
  })
}
