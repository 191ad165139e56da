/** What a rule answers that fits a request, in whichever way its reply says. */
import type { ChatRequest } from '../../core/chat-request.ts'
import type { Dialect, ReplyContext } from '../../core/dialect.ts'
import { StuntdoubleError } from '../../core/errors.ts'
import { type Soon, soon } from '../../core/soon.ts'
import type { Timeline } from '../../core/timeline.ts'
import type { Recording } from '../../recording/format.ts'
import { openRecording } from '../../recording/store.ts'
import type { Match } from '../../scenario/match.ts'
import type { Reply, Resuming, Rule } from '../../scenario/scenario.ts'
import { isTemplated, renderReply } from '../../scenario/template.ts'
import { paceRecording, type ReplayMiss } from '../../sources/recording.ts'
import { replyTimeline } from '../../sources/reply.ts'
import { stoppable } from '../../sources/resume.ts'
import { type Script, scriptTimeline } from '../../sources/script.ts'
import { seededRandom } from '../../time/random.ts'
import { type Answer, type Asked, answered, missed } from './answered.ts'
import { findUpstream } from './live.ts'
import { relayed } from './live-answer.ts'
import type { Kept, KeptFrom } from './memory.ts'
import { plainDialect } from './plain.ts'
import { asTaped, keptForReconnecting } from './reconnecting.ts'
import { playIn, type ReplayReply, type RuleReplays } from './replays.ts'

export interface RuleAsked extends Asked {
  /** What the request was understood as. */
  readonly request: ChatRequest
  /** What recordings have for this request. */
  readonly replays: RuleReplays
}

export const ruleAnswer = (found: Match, asked: RuleAsked): Soon<Answer> =>
  soon(answerOf(found, asked), (answer) =>
    keptForReconnecting(answer, resumingOf(found.rule), asked),
  )

const resumingOf = ({ resume, reply }: Rule): Resuming | undefined => {
  if (resume === undefined) return reply.kind === 'replay' ? asTaped : undefined
  return resume || undefined
}

function answerOf(found: Match, asked: RuleAsked): Soon<Answer> {
  const { reply } = found.rule
  if (reply.kind === 'upstream') return fromUpstream(found, asked, reply)
  if (reply.kind === 'replay') return fromReplay(found, asked, reply)
  const { place, question, request, context } = asked
  const told = toldBy(found, asked)
  const dialect = place.dialect ?? plainDialect
  const { scenario } = found
  const from: ReplyContext = {
    request,
    random: seededRandom(told.randomName),
    createdMs: scenario.now === 'real' ? context.clock.wallTime() : scenario.now,
    models: scenario.models,
  }
  const playing = { dialect, reply: from, seed: told.seed }
  if (!dialect.keepAs) {
    // Member by member, which allocates a tenth of what spreading does.
    const { session, rule, seed, randomName, faults, ruleHit } = told
    const timeline = ruleTimeline(found, playing)
    const reply = from
    return { timeline, dialect, reply, session, rule, seed, randomName, faults, ruleHit }
  }
  const given: KeptFrom = {
    ...told,
    arrivedMs: question.arrivedMs,
    named: question.session,
    resume: resumingOf(found.rule),
  }
  let kept: Kept | undefined
  const tell = (script: Script): Timeline => {
    kept = context.kept.keep(script, given)
    return keptTimeline(script, kept)
  }
  const timeline = ruleTimeline(found, { ...playing, tell })
  return answered(asked, { ...told, timeline, dialect, reply: from, keepers: kept ? [kept] : [] })
}

/** What an answer has of its rule. */
function toldBy({ scenario, rule, session, hit }: Match, { context }: Asked) {
  const seed = context.stage.seed ?? scenario.seed
  const randomName = `${seed}/${scenario.name}/${session}/${rule.name}/${hit}`
  const name = `${scenario.name}/${rule.name}`
  const ruleHit = { scenario, rule, hit }
  return { session, rule: name, seed, randomName, faults: rule.faults, ruleHit }
}

function fromUpstream(
  found: Match,
  asked: RuleAsked,
  { upstream: name, tape }: Extract<Reply, { kind: 'upstream' }>,
): Answer {
  const { stage } = asked.context
  const { http, dialect } = asked.place
  const { scenario } = found
  const upstream = findUpstream(stage.live, { scenario, name }, { http, dialect: dialect?.name })
  if (!upstream) return noUpstream(found, asked)
  const folder = tape === false ? undefined : (tape ?? stage.live.folder)
  return answered(asked, { ...toldBy(found, asked), ...relayed(asked, { upstream, folder }) })
}

function fromReplay(
  found: Match,
  asked: RuleAsked,
  reply: Extract<Reply, { kind: 'replay' }>,
): Soon<Answer> {
  const play = playIn(found.session, asked.context.states)
  return soon(asked.replays.answer(reply, found.take, play), (played) =>
    'recording' in played
      ? recordingOf(found, asked, { reply, recording: played.recording })
      : withoutRecording(found, asked, { reply, played }),
  )
}

function recordingOf(
  found: Match,
  asked: RuleAsked,
  { reply, recording }: { readonly reply: ReplayReply; readonly recording: Recording },
): Answer {
  const { stage } = asked.context
  const told = toldBy(found, asked)
  return answered(asked, {
    ...told,
    timeline: paceRecording(recording, reply.pacing ?? 'recorded', seededRandom(told.randomName)),
    dialect: stage.dialects.find(({ name }) => name === recording.dialect) ?? asked.place.dialect,
    recording: recording.file,
  })
}

function withoutRecording(
  found: Match,
  asked: RuleAsked,
  { reply, played }: { readonly reply: ReplayReply; readonly played: ReplayMiss },
): Answer {
  const { stage } = asked.context
  const told = toldBy(found, asked)
  if (reply.missing === 'error' || reply.missing === 'next') {
    return missed(`stuntdouble: ${told.rule}: ${played.miss}`, asked, played.report)
  }
  const { http, dialect } = asked.place
  const asking = { scenario: found.scenario, name: reply.upstream }
  const upstream = findUpstream(stage.live, asking, { http, dialect: dialect?.name })
  if (!upstream) return noUpstream(found, asked)
  const isTaped = reply.missing === 'tape'
  return answered(asked, {
    ...told,
    ...relayed(asked, {
      upstream,
      folder: isTaped ? reply.path : undefined,
      onTaped: ({ path }) => asked.replays.add(reply, path),
    }),
  })
}

/** There are upstreams, or the rule would not have been loaded; none of them is for this request. */
function noUpstream({ scenario, rule }: Match, asked: RuleAsked): Answer {
  const { method, path } = asked.question.http
  const why = `stuntdouble: ${scenario.name}/${rule.name} asks an upstream, and none is for ${method} ${path}`
  return missed(why, asked)
}

/** A script in its dialect's words, kept where the service would keep it. */
function keptTimeline(script: Script, kept: Kept | undefined): Timeline {
  const timeline = scriptTimeline(script)
  if (!kept) return timeline
  const { dialect, reply } = script
  const receipt = reply.request.stream ? undefined : dialect.receipt?.(reply)
  return receipt ? replyTimeline(receipt) : stoppable(timeline, () => kept.cancelled)
}

interface Playing {
  readonly dialect: Dialect
  readonly reply: ReplyContext
  readonly seed: number
  /** Plays a script; from its beginning to its end unless given. */
  readonly tell?: (script: Script) => Timeline
}

/** What a rule says by itself: not where recordings or a live service are asked for each request. */
export function ruleTimeline(
  found: Match,
  { dialect, reply: context, seed, tell = scriptTimeline }: Playing,
): Timeline {
  const { scenario, rule } = found
  const pacing = rule.pacing ?? scenario.pacing
  const reply = isTemplated(rule.reply)
    ? renderReply(rule.reply, {
        ...found,
        request: context.request,
        seed,
        random: context.random,
      })
    : rule.reply
  switch (reply.kind) {
    case 'script':
      return tell({ steps: reply.steps, dialect, pacing, reply: context })
    case 'error':
      return replyTimeline(dialect.error(reply.error, context.request.http, context.random))
    case 'http':
      return replyTimeline(reply)
    case 'recording': {
      const recording = openRecording(reply.file)
      return paceRecording(recording, reply.pacing ?? 'recorded', context.random)
    }
    default:
      throw new StuntdoubleError('internal', `a ${reply.kind} says nothing by itself`)
  }
}
