/**
 * How far exchanges of this process have come with what somebody waits for: here, or in another
 * worker that asked us to look.
 */
import type { JournalRecord } from '../journal.ts'
import type { WaitPart } from '../peers/peers.ts'
import type { ServerState } from '../server-state.ts'
import type { Wait } from './wait-options.ts'

export class Watch {
  readonly #wait: Wait
  readonly #server: ServerState
  readonly #found = new Set<number>()

  /** All that has happened by now counts. */
  constructor(wait: Wait, server: ServerState) {
    this.#wait = wait
    this.#server = server
    for (const record of server.journal.records) this.#look(record)
  }

  get part(): WaitPart {
    const open = this.#server.streams.all().filter(({ record }) => this.#isMeant(record)).length
    return { found: [...this.#found], open }
  }

  /** @returns ends it */
  listen(onNews: () => void, onEnd: () => void): () => void {
    return this.#server.news.listen({
      hear: (_, record) => {
        this.#look(record)
        onNews()
      },
      release: onEnd,
      countsFrames: this.#wait.for === 'written' && 'frame' in this.#wait.at,
    })
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
}
