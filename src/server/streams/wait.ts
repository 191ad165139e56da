/**
 * Waits until exchanges have come so far: asked, answered, broken, left, ended. What has happened by
 * the time of the question counts, so that nobody can ask too late.
 */
import { z } from 'zod'
import type { Alarm } from '../../core/clock.ts'
import { StuntdoubleError } from '../../core/errors.ts'
import { suggestion } from '../../core/suggest.ts'
import { duration, strict, wholeNumber } from '../../faults/options.ts'
import { faultKinds, faultNames } from '../../faults/registry.ts'
import type { JournalEntry, JournalRecord } from '../journal.ts'
import type { ServerState } from '../server-state.ts'
import { readStreamPlace, type StreamPlace, writtenPlace } from './streams-place.ts'

/** What is waited for, in the same words over HTTP and in the library. */
export const waitedFor = [
  ...(['request', 'head', 'written', 'fault', 'paused', 'ended'] as const),
  ...(['client-left', 'taped', 'idle'] as const),
] as const

type WaitedFor = (typeof waitedFor)[number]

export interface WaitOptions {
  readonly for: WaitedFor
  /** How many exchanges; 1 unless said. */
  readonly count?: number
  readonly session?: string
  /** `scenario/rule`, or what else answers. */
  readonly rule?: string
  /** Only exchanges after the one of this id. */
  readonly since?: number
  /** With `written`: how much of the body, as `frame:3` or `byte:100`; the first byte unless said. */
  readonly at?: string | { readonly frame: number } | { readonly byte: number }
  /** With `fault`: only faults of this kind, as `reset`; no profile. */
  readonly kind?: string
  /** `5s` unless said, or milliseconds. */
  readonly timeout?: string | number
}

/** What was waited for has not come in time. */
export class WaitTimeout extends StuntdoubleError {
  /** The exchanges of which it was true by then. */
  readonly seen: readonly JournalEntry[]

  constructor(message: string, seen: readonly JournalEntry[]) {
    super('timeout', message)
    this.seen = seen
  }
}

const mostMs = 600_000
const usualMs = 5000

const text = z.string({ error: 'must be text' })

/** The kinds that an entry can tell of: profiles are taken apart before they act. */
export const waitedKinds: readonly string[] = faultKinds.map(({ name }) => name)

function noKind(written: string): string {
  if (faultNames.includes(written)) {
    return `"${written}" is a profile of several faults; name the one that is waited for`
  }
  return `no fault is called "${written}"${suggestion(written, waitedKinds)}`
}

const shape = {
  for: z.enum(waitedFor, {
    error: ({ input }) =>
      input === undefined
        ? `say what is waited for: one of ${waitedFor.join(', ')}`
        : `nobody can wait for "${input}"${suggestion(String(input), waitedFor)}`,
  }),
  count: wholeNumber(1).optional(),
  session: text.optional(),
  rule: text.optional(),
  since: wholeNumber(0).optional(),
  at: z.unknown().optional(),
  kind: z.enum(waitedKinds, { error: ({ input }) => noKind(String(input)) }).optional(),
  timeout: duration.refine((ms) => ms <= mostMs, { error: 'must be at most 10m' }).optional(),
}

const schema = strict(shape, 'wait')

interface Wait {
  readonly for: WaitedFor
  readonly count: number
  readonly session: string | undefined
  readonly rule: string | undefined
  readonly since: number
  readonly at: StreamPlace
  readonly kind: string | undefined
  readonly timeoutMs: number
}

function readWait(written: unknown): Wait {
  const read = schema.safeParse(written)
  if (!read.success) {
    const said = read.error.issues.map(({ path, message }) =>
      path.length === 0 ? message : `${path.join('.')}: ${message}`,
    )
    throw new StuntdoubleError('bad-request', `wait: ${said.join('; ')}`)
  }
  const { data } = read
  const only = (name: 'at' | 'kind', what: WaitedFor): void => {
    if (data[name] === undefined || data.for === what) return
    throw new StuntdoubleError('bad-request', `wait: ${name} goes with for=${what} only`)
  }
  only('at', 'written')
  only('kind', 'fault')
  if (data.for === 'idle' && data.count !== undefined) {
    throw new StuntdoubleError('bad-request', 'wait: there is nothing to count for idle')
  }
  const at = readStreamPlace(data.at ?? { byte: 1 }, 'wait: at', ['frame', 'byte'])
  const { count = 1, since = 0, timeout = usualMs, session, rule, kind } = data
  return { for: data.for, count, since, timeoutMs: timeout, session, rule, kind, at }
}

/** The exchanges of which it is true, oldest first. Throws a `WaitTimeout`. */
export function waitFor(
  written: unknown,
  server: ServerState,
  onCancel: (cancel: () => void) => void = () => {},
): Promise<readonly JournalEntry[]> {
  return new Promise((resolve, reject) => {
    const waiting = new Waiting(readWait(written), server, { resolve, reject })
    onCancel(() => waiting.stop())
    waiting.begin()
  })
}

interface Settle {
  resolve(entries: readonly JournalEntry[]): void
  reject(error: StuntdoubleError): void
}

class Waiting {
  readonly #wait: Wait
  readonly #server: ServerState
  readonly #settle: Settle
  readonly #found = new Set<number>()
  #alarm: Alarm | undefined
  #unlisten: () => void = () => {}

  constructor(wait: Wait, server: ServerState, settle: Settle) {
    this.#wait = wait
    this.#server = server
    this.#settle = settle
  }

  begin(): void {
    const { journal, draining } = this.#server
    for (const record of journal.records) this.#look(record)
    if (this.#isEnough) this.#succeed()
    else if (draining) this.#release()
    else this.#listen()
  }

  #listen(): void {
    const { clock, news } = this.#server
    this.#unlisten = news.listen({
      hear: (_, record) => {
        this.#look(record)
        if (this.#isEnough) this.#succeed()
      },
      release: () => this.#release(),
      countsFrames: this.#wait.for === 'written' && 'frame' in this.#wait.at,
    })
    this.#alarm = clock.at(clock.now() + this.#wait.timeoutMs, () => this.#giveUp())
  }

  /** Nobody wants to know any more. */
  stop(): void {
    this.#unlisten()
    this.#alarm?.cancel()
  }

  get #isEnough(): boolean {
    if (this.#wait.for !== 'idle') return this.#found.size >= this.#wait.count
    return !this.#server.streams.all().some(({ record }) => this.#isMeant(record))
  }

  #look(record: JournalRecord): void {
    if (this.#isMeant(record) && this.#isTrue(record)) this.#found.add(record.id)
  }

  #isMeant({ id, session, rule }: JournalRecord): boolean {
    const { since, session: meant, rule: meantRule } = this.#wait
    if (id <= since) return false
    return (meant === undefined || meant === session) && (meantRule ?? rule) === rule
  }

  #isTrue(record: JournalRecord): boolean {
    const { kind } = this.#wait
    const stream = this.#server.streams.get(record.id)
    switch (this.#wait.for) {
      case 'request':
        return true
      case 'head':
        return stream ? stream.hasHead : record.headMs !== undefined
      case 'written':
        return this.#isWritten(record)
      case 'fault':
        return record.faults.some((fault) => kind === undefined || fault.kind === kind)
      case 'paused':
        return stream?.state === 'paused'
      case 'ended':
        return record.ended !== 'open'
      case 'client-left':
        return record.ended === 'client-left'
      case 'taped':
        return record.tape !== undefined && record.tape.ended !== 'open'
      case 'idle':
        return record.ended !== 'open'
    }
  }

  #isWritten(record: JournalRecord): boolean {
    const { at } = this.#wait
    const stream = this.#server.streams.get(record.id)
    if ('frame' in at) return ((stream ? stream.frames : record.frames) ?? -1) >= at.frame
    return 'byte' in at && (stream ? stream.bytes : record.bytes) >= at.byte
  }

  #entries(): JournalEntry[] {
    return this.#server.journal.entriesOf(({ id }) => this.#found.has(id))
  }

  #succeed(): void {
    this.stop()
    this.#settle.resolve(this.#entries())
  }

  #giveUp(): void {
    this.stop()
    const seen = this.#entries()
    this.#settle.reject(new WaitTimeout(this.#missing(), seen))
  }

  #missing(): string {
    const { for: what, count, at, timeoutMs, session, rule } = this.#wait
    const meant = [
      ...(what === 'written' ? [`at ${writtenPlace(at)}`] : []),
      ...(session === undefined ? [] : [`session ${session}`]),
      ...(rule === undefined ? [] : [`rule ${rule}`]),
    ]
    const which = [what, ...meant].join(', ')
    if (what === 'idle')
      return `${which}: ${this.#server.streams.all().length} open after ${timeoutMs} ms`
    return `${which}: ${this.#found.size} of ${count} after ${timeoutMs} ms`
  }

  #release(): void {
    this.stop()
    const why = 'the server is stopping, so nothing is waited for any more'
    this.#settle.reject(new StuntdoubleError('draining', why))
  }
}
