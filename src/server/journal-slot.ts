/**
 * One place in the journal, which one exchange after the other has. What is over is copied into memory
 * that is there already, so that its own can go. Garbage collection moves what is young and lasts:
 * where hundreds of exchanges come between two collections, all of them did, for a tenth of what a
 * reply costs.
 */
import type { Headers, HttpRequest } from '../core/http.ts'
import { ExchangeRecord } from './journal-record.ts'

/** What a client has sent; not masked. */
export type Sent = Pick<HttpRequest, 'url' | 'headers' | 'body'>

/** Room for the body of a short conversation. */
const roomBytes = 1024

/** What an entry weighs beside what the client sent, roughly. */
const entryBytes = 2000

const noRecord = new ExchangeRecord()

export class JournalSlot {
  record = noRecord
  /** What it weighs among the others. */
  bytes = 0
  /** What becomes of a record that is over. */
  #kept: ExchangeRecord | undefined
  /** As long as the exchange goes on, or where its body has no room here. */
  #sent: Sent | undefined
  #url = ''
  #headers: Headers = []
  #room: Buffer | undefined
  #bodyBytes = 0

  get sent(): Sent {
    if (this.#sent) return this.#sent
    const body = this.#room?.subarray(0, this.#bodyBytes) ?? new Uint8Array()
    return { url: this.#url, headers: this.#headers, body }
  }

  set sent(sent: Sent) {
    const { url, headers, body } = sent
    this.#sent = sent
    this.bytes = entryBytes + body.length + url.length
    for (const [name, value] of headers) this.bytes += name.length + value.length
  }

  hold(record: ExchangeRecord, sent: Sent): void {
    this.record = record
    this.sent = sent
    record.place = this
  }

  /** The exchange that it holds is over; of one that is taped more may be told. */
  settle(): void {
    const sent = this.#sent
    if (!sent || this.record.upstream !== undefined) return
    this.#kept ??= new ExchangeRecord()
    this.#kept.become(this.record)
    this.record = this.#kept
    if (sent.body.length > roomBytes) return
    this.#room ??= Buffer.allocUnsafeSlow(roomBytes)
    this.#room.set(sent.body)
    this.#bodyBytes = sent.body.length
    this.#url = sent.url
    this.#headers = sent.headers
    this.#sent = undefined
  }

  /** What it held is forgotten. */
  empty(): void {
    this.record = noRecord
    this.#sent = undefined
    this.#bodyBytes = 0
  }
}
