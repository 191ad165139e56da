/**
 * Listens to the frames of an HTTP/2 connection that has one stream, since Node does not tell an
 * END_STREAM from some resets, and throws away data that arrives just before one. Pure.
 * Must never hold bytes back: a part of a DATA frame is told as it arrives.
 */

export interface HeardFrames {
  /** Payload of DATA, without padding. */
  onData(bytes: Uint8Array): void
  onEndStream(): void
  onReset(code: number): void
  onGoAway(code: number): void
}

const headerBytes = 9
/** RFC 9113, section 6. */
const types = { data: 0, headers: 1, resetStream: 3, goAway: 7 } as const
const endStream = 0x1
const padded = 0x8

interface Frame {
  readonly type: number
  readonly flags: number
  readonly stream: number
  /** Of the payload still to come. */
  left: number
  /** Of a DATA frame's padding; unknown before its first byte. */
  padding: number | undefined
}

export class FrameEar {
  readonly #heard: HeardFrames
  readonly #stream: number
  #frame: Frame | undefined
  /** Of a frame's header, or of a short payload that is read as a whole. */
  #kept: Uint8Array = new Uint8Array(0)

  /** @param stream the one whose frames are told; the first of a client is 1 */
  constructor(heard: HeardFrames, stream = 1) {
    this.#heard = heard
    this.#stream = stream
  }

  push(bytes: Uint8Array): void {
    let rest = bytes
    while (rest.length > 0) {
      rest = this.#frame ? this.#payload(this.#frame, rest) : this.#header(rest)
    }
  }

  #header(bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, headerBytes - this.#kept.length)
    this.#kept = Buffer.concat([this.#kept, taken])
    if (this.#kept.length < headerBytes) return bytes.subarray(taken.length)
    const header = Buffer.from(this.#kept)
    this.#kept = new Uint8Array(0)
    const flags = header.readUInt8(4)
    const type = header.readUInt8(3)
    this.#frame = {
      ...{ type, flags, left: header.readUIntBE(0, 3) },
      stream: header.readUInt32BE(5) % 2 ** 31,
      padding: type === types.data && (flags & padded) !== 0 ? undefined : 0,
    }
    this.#finish(this.#frame)
    return bytes.subarray(taken.length)
  }

  #payload(frame: Frame, bytes: Uint8Array): Uint8Array {
    const taken = bytes.subarray(0, frame.left)
    if (frame.type === types.data) this.#data(frame, taken)
    else if (frame.type === types.resetStream || frame.type === types.goAway) {
      // Eight bytes are all that is looked at.
      this.#kept = Buffer.concat([this.#kept, taken]).subarray(0, 8)
    }
    frame.left -= taken.length
    this.#finish(frame)
    return bytes.subarray(taken.length)
  }

  #data(frame: Frame, payload: Uint8Array): void {
    let bytes = payload
    let { left } = frame
    if (frame.padding === undefined) {
      frame.padding = bytes[0] ?? 0
      bytes = bytes.subarray(1)
      left -= 1
    }
    const content = bytes.subarray(0, Math.max(0, left - frame.padding))
    if (frame.stream === this.#stream && content.length > 0) this.#heard.onData(content)
  }

  #finish(frame: Frame): void {
    if (frame.left > 0) return
    // A frame that is too short for its type is Node's to complain about.
    const kept = Buffer.concat([this.#kept], 8)
    this.#frame = undefined
    this.#kept = new Uint8Array(0)
    if (frame.type === types.goAway) this.#heard.onGoAway(kept.readUInt32BE(4))
    if (frame.stream !== this.#stream) return
    if (frame.type === types.resetStream) this.#heard.onReset(kept.readUInt32BE(0))
    else if (frame.type === types.data || frame.type === types.headers) {
      if ((frame.flags & endStream) !== 0) this.#heard.onEndStream()
    }
  }
}
