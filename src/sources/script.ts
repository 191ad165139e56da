/**
 * A scenario's script as a timeline, in the words of whichever dialect was asked. Lazy: nothing is
 * encoded before it is due to be pulled.
 */
import type { Heartbeat } from '../core/dialect.ts'
import type { Event } from '../core/event.ts'
import type { Random } from '../core/random.ts'
import type { FramedTimeline, Step, Timeline } from '../core/timeline.ts'
import { type Pacer, pacer } from '../time/pacing.ts'
import { type Prepared, preparedFor } from './prepared.ts'
import { replySteps } from './reply.ts'
import { scriptEvents, type TimedEnding, type TimedEvent } from './script-events.ts'
import { framedSteps } from './script-framed.ts'
import { framesOf, type Script, telling } from './script-told.ts'

export type { Script } from './script-told.ts'

export function scriptTimeline(given: Script): Timeline | FramedTimeline {
  const script = withToldUsage(given)
  const { dialect, reply } = script
  if (!reply.request.stream) return new Told(script, wholeSteps)
  // Heartbeats stand where the times of a reply have room for them.
  const alike = dialect.heartbeat ? undefined : dialect.alike?.(reply)
  const prepared = alike && preparedFor(script, alike)
  return prepared
    ? new PreparedStream(script, prepared, alike.own)
    : new Told(script, streamedSteps)
}

class Told implements Timeline {
  protected readonly script: Script
  readonly #steps: (script: Script) => Iterator<Step>

  constructor(script: Script, steps: (script: Script) => Iterator<Step>) {
    this.script = script
    this.#steps = steps
  }

  [Symbol.iterator](): Iterator<Step> {
    return this.#steps(this.script)
  }
}

class PreparedStream extends Told implements FramedTimeline {
  readonly #prepared: Prepared
  readonly #own: readonly string[]

  constructor(script: Script, prepared: Prepared, own: readonly string[]) {
    super(script, streamedSteps)
    this.#prepared = prepared
    this.#own = own
  }

  framed(): ReturnType<FramedTimeline['framed']> {
    const { dialect, reply, pacing } = this.script
    return framedSteps({
      prepared: this.#prepared,
      own: this.#own,
      headers: dialect.streamHeaders(reply),
      pacing,
      random: pacingRandom(this.script),
    })
  }
}

function withToldUsage(script: Script): Script {
  const told = script.steps.find((step) => step.do === 'usage')
  return told ? { ...script, reply: { ...script.reply, usage: told.usage } } : script
}

/** All that a script says, and when it ends; silence without end is endless. */
export function toldBy(script: Script): { events: readonly Event[]; endMs: number } {
  const events: Event[] = []
  let endMs = 0
  for (const timed of timedEvents(script).events) {
    endMs = timed.atMs
    if (!('ending' in timed)) events.push(timed.event)
    else if (timed.ending === 'hang') endMs = Number.POSITIVE_INFINITY
  }
  return { events, endMs }
}

const pacingRandom = ({ reply }: Script): Random => reply.random.fork('pacing')

const pacerOf = (script: Script): Pacer => pacer(script.pacing, pacingRandom(script))

function timedEvents(script: Script): {
  headMs: number
  events: Iterable<TimedEvent | TimedEnding>
} {
  const pace = pacerOf(script)
  return { headMs: pace.headMs, events: scriptEvents({ ...telling(script), pacer: pace }) }
}

function* streamedSteps(script: Script): Generator<Step> {
  const { dialect, reply } = script
  const { headMs, events } = timedEvents(script)
  const encoder = dialect.encoder(reply)
  yield { atMs: headMs, do: 'head', status: 200, headers: dialect.streamHeaders(reply) }
  const heartbeats = dialect.heartbeat && new Heartbeats(dialect.heartbeat, headMs)
  let begun = false
  for (const timed of events) {
    const { atMs } = timed
    if (heartbeats) yield* heartbeats.until(atMs)
    if (!('ending' in timed)) begun ||= timed.event.type === 'start'
    // Not handed to another generator: this loop is walked for every frame of every stream.
    for (const { bytes } of framesOf(timed, encoder, begun)) yield { atMs, do: 'write', bytes }
    if ('ending' in timed) yield { atMs, do: timed.ending }
  }
}

/** Fills silences with the frames that the service sends while it thinks. */
class Heartbeats {
  readonly #heartbeat: Heartbeat
  #lastMs: number
  #sent = 0

  constructor(heartbeat: Heartbeat, startMs: number) {
    this.#heartbeat = heartbeat
    this.#lastMs = startMs
  }

  *until(atMs: number): Generator<Step> {
    const { everyMs } = this.#heartbeat
    while (this.#lastMs + everyMs < atMs) {
      this.#lastMs += everyMs
      this.#sent += 1
      const { bytes } = this.#heartbeat.frame(this.#sent)
      yield { atMs: this.#lastMs, do: 'write', bytes }
    }
    this.#lastMs = atMs
  }
}

/**
 * The answer when not streaming: nothing, not even the head, until the last token is made. An
 * error in the script becomes the reply, and an abrupt ending comes instead of it.
 */
function* wholeSteps(script: Script): Generator<Step> {
  const { dialect, reply } = script
  const said: Event[] = []
  for (const timed of timedEvents(script).events) {
    const { atMs } = timed
    if (!('ending' in timed)) {
      if (timed.event.type === 'error') {
        const { request, random } = reply
        yield* replySteps(dialect.error(timed.event.error, request.http, random), atMs)
        return
      }
      said.push(timed.event)
    } else if (timed.ending === 'end') yield* replySteps(dialect.whole(said, reply, atMs), atMs)
    else yield { atMs, do: timed.ending }
  }
}
