/**
 * What one process says of itself when it is asked, by its own control API or by another worker's.
 * Everything is plain data that survives JSON; masked where anything could be secret.
 */
import { soon } from '../../core/soon.ts'
import { type JournalRecord, roundedTimes } from '../journal.ts'
import type { ServerState } from '../server-state.ts'
import { actionNamed, actOf } from '../streams/act.ts'
import type { Stream } from '../streams/stream.ts'
import { actOnAll } from '../streams/streams.ts'
import { verifyPart } from '../verify.ts'
import { countersPart } from './counters.ts'
import type {
  ActAsked,
  Acted,
  JournalAsked,
  JournalPart,
  PeerCalls,
  ShownStream,
  StreamPart,
  WorkerHealth,
} from './peers.ts'

export function partsOf(server: ServerState): PeerCalls {
  const { streams, journal } = server
  return {
    health: () => healthOf(server),
    journal: (asked) => journalPart(server, asked),
    clear: (asked) => journal.clear(meantBy(asked)),
    reset: ({ session }) => server.reset(session),
    counters: () => countersPart(server),
    lag: () => server.lag.report(server.counters.late),
    streams: (filter) => streams.all(filter).map(shownStream),
    stream: ({ id }) => {
      const { ended } = journal.records.find((one) => one.id === id) ?? {}
      const open = streams.all().map(({ record }) => record.id)
      const part: StreamPart = { open, ...(ended === undefined ? {} : { ended }) }
      const stream = streams.get(id)
      if (!stream) return part
      return soon(stream.unacknowledged(), (unacknowledgedBytes) => ({
        ...part,
        stream: {
          ...shownStream(stream),
          ...(unacknowledgedBytes === undefined ? {} : { unacknowledgedBytes }),
        },
      }))
    },
    act: (asked) => actedPart(server, asked),
    verify: () => verifyPart(server),
  }
}

function healthOf(server: ServerState): WorkerHealth {
  const { clock, begunMs, capacity, peers } = server
  return {
    worker: peers.place?.number ?? 1,
    pid: peers.place?.pid ?? 0,
    uptimeMs: Math.round(clock.now() - begunMs),
    isFull: capacity.full !== undefined,
    now: countersPart(server).now,
  }
}

function meantBy({ session, since = 0, ids, misses }: JournalAsked) {
  const meant = ids && new Set(ids)
  return (record: JournalRecord): boolean =>
    record.id > since &&
    (session === undefined || record.session === session) &&
    (meant === undefined || meant.has(record.id)) &&
    (!misses || record.rule === 'miss')
}

function journalPart({ journal, peers }: ServerState, asked: JournalAsked): JournalPart {
  const entries = journal.entriesOf(meantBy(asked))
  // Nobody else's entry can be before one of ours.
  if (!peers.place) return { entries, known: [] }
  const known = journal.records.map(({ id, session, at, queuedMs, durationMs, ended }) => ({
    ...{ id, session, at, durationMs },
    ...(queuedMs === undefined ? {} : { queuedMs }),
    isOpen: ended === 'open',
  }))
  return { entries, known }
}

function actedPart({ streams }: ServerState, { to, action, asked, matter }: ActAsked): Acted[] {
  const act = actOf({ action: actionNamed(action), asked, matter })
  const { id, ...filter } = to
  const one = id === undefined ? undefined : streams.get(id)
  const meant = id === undefined ? streams.all(filter) : one ? [one] : []
  return actOnAll(meant, act).map(({ stream, refusal }) => ({
    stream: shownStream(stream),
    ...(refusal ? { refusal: { code: refusal.code, message: refusal.message } } : {}),
  }))
}

/** As the control API shows it. */
function shownStream(stream: Stream): ShownStream {
  const { frames, state } = stream
  stream.note()
  const { id, at, session, rule, dialect, method, path, status, bytes, chunks } = stream.record
  const { headMs, firstByteMs, connection, socketBytes, handedBytes } = stream.record
  return roundedTimes({
    ...{ id, state, at, session, rule, dialect, method, path, status, bytes, chunks, frames },
    ...{ headMs, firstByteMs, connection, socketBytes, handedBytes },
  })
}
