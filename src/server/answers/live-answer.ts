/** Answers of a live service, relayed while they come, and taped where they are to be kept. */
import type { Dialect } from '../../core/dialect.ts'
import type { HttpRequest } from '../../core/http.ts'
import { version } from '../../core/version.ts'
import { createTape, type Tape } from '../../recording/store.ts'
import { readOn } from '../../sources/read-on.ts'
import type { Upstream } from '../../sources/upstreams.ts'
import type { TapeState, WatchedTape } from '../open-tapes.ts'
import type { Stage } from '../stage/stage.ts'
import type { Answer, Asked, Relayed } from './answered.ts'

export interface RelayOptions {
  readonly upstream: Upstream
  /** The folder that the exchange is taped into; undefined for no tape. */
  readonly folder: string | undefined
  /** The exchange is over, and its tape is closed; the client does not see the end before that. */
  readonly onTaped?: (tape: TapeState) => void
}

/** Nothing is asked before the timeline is walked. */
export function relayed(
  { place, question, context }: Asked,
  { upstream, folder, onTaped }: RelayOptions,
): Pick<Answer, 'timeline' | 'dialect' | 'relayed'> {
  const dialect = place.dialect ?? dialectBehind(place.http, upstream, context.stage)
  const relay: Relayed = { upstream: upstream.url, tape: undefined }
  let watched: WatchedTape | undefined
  const tape = (url: string, onOpen: () => void): Tape => {
    const asked = { place, question, context }
    const tape = watched ?? context.tapes.expect(onTaped)
    const opened = (): void => {
      relay.tape = tape.opened()
      if (relay.notedIn && tape.path) relay.notedIn.tape = relay.tape
      onOpen()
    }
    if (folder === undefined) queueMicrotask(opened)
    else tape.open(() => openTape(asked, { folder, url, dialect, onOpen: opened }))
    return tape
  }
  // Before its turn to be opened has come, whoever waits for all tapes waits for this one, too.
  const onAsked = (): void => {
    watched = context.tapes.expect(onTaped)
  }
  const live = upstream.relay(place.http, { arrivedMs: question.arrivedMs, tape, onAsked })
  // With no tape, nobody wants the rest of a stream that our side has ended.
  if (folder === undefined) return { timeline: live, dialect, relayed: relay }
  const timeline = readOn(live, {
    clock: context.clock,
    beforeEnding: onTaped && (() => watched?.closed ?? Promise.resolve()),
    onDetached: () => context.capacity.goOn(),
    onOver: () => context.capacity.leave(),
    onLimit: (why) => {
      watched?.cutOff()
      const message = `${upstream.url} was left ${why} after a fault had ended the stream`
      context.log.warn({ tape: relay.tape?.path }, `this tape is cut off: ${message}`)
    },
  })
  return { timeline, dialect, relayed: relay }
}

interface TapeOptions {
  readonly folder: string
  /** That was asked. */
  readonly url: string
  readonly dialect: Dialect | undefined
  readonly onOpen: () => void
}

function openTape(
  { place, question, context }: Asked,
  { folder, url, dialect, onOpen }: TapeOptions,
): Tape {
  const { clock, log, stage } = context
  const { match, redact } = stage.settings.ofFolder(folder)
  const head = {
    by: `stuntdouble ${version}`,
    arrivedMs: clock.wallTime() - (clock.now() - question.arrivedMs),
    dialect: dialect?.name,
    note: stage.live.note,
    request: place.http,
    url,
    // What is compared must be on tape.
    keep: [...(dialect?.headers ?? []), ...match.headers],
    redact,
    onFailure: (error: Error) =>
      log.error({ folder }, `this exchange is not taped: ${error.message}`),
  }
  return createTape(folder, head, onOpen)
}

/** A client leaves out a part of what the service calls its path, or says more than that. */
const dialectBehind = (
  http: HttpRequest,
  upstream: Upstream,
  { routes }: Stage,
): Dialect | undefined => routes.find(http, upstream.pathOf(http))?.dialect
