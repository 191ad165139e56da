/**
 * A body that says it is gzip and cannot be unpacked. What is packed is packed in stored blocks, one
 * a chunk (RFC 1951, section 3.2.4), so that each chunk still arrives when it is due.
 */
import { crc32 } from 'node:zlib'
import { z } from 'zod'
import { joinBytes, noBytes } from '../core/bytes.ts'
import type { HeadStep, Step } from '../core/timeline.ts'
import type { Fault, FaultKind } from './fault.ts'
import { strict } from './options.ts'

interface BadGzipOptions {
  readonly how: 'plain' | 'checksum' | 'truncated'
}

export const badGzip: FaultKind<BadGzipOptions> = {
  name: 'bad-gzip',
  summary: 'Declares the body as gzip, which it is not, or not rightly.',
  schema: strict(
    {
      how: z
        .enum(['plain', 'checksum', 'truncated'], {
          error: 'must be plain, checksum or truncated',
        })
        .describe(
          'plain: the body is not packed at all; checksum: it is, and its checksum is wrong; truncated: its last bytes are missing, checksum and all.',
        ),
    },
    'bad-gzip',
    'bad-gzip acts on the whole body and takes no place',
  ),
  create({ how }, context): Fault {
    const packer = how === 'plain' ? undefined : new Packer(how === 'checksum')
    return {
      push(step): Step[] {
        if (step.do === 'head') {
          context.onAct?.('bad-gzip', { atMs: step.atMs, byte: 0 })
          return [asGzip(step)]
        }
        return packer?.push(step) ?? [step]
      },
      end: () => packer?.end() ?? [],
    }
  },
}

function asGzip(step: HeadStep): HeadStep {
  const others = step.headers.filter(([name]) => name.toLowerCase() !== 'content-encoding')
  return { ...step, headers: [...others, ['content-encoding', 'gzip']] }
}

/** Magic number, deflate, no flags, no time, no extra flags, system unknown (RFC 1952, 2.3). */
const gzipHeader = Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff])

const mostStored = 0xffff

class Packer implements Fault {
  readonly #withTrailer: boolean
  #begun = false
  #checksum = 0
  #length = 0
  #lastAtMs = 0

  constructor(withTrailer: boolean) {
    this.#withTrailer = withTrailer
  }

  push(step: Step): Step[] {
    this.#lastAtMs = step.atMs
    if (step.do === 'end') return [...this.end(), step]
    if (step.do !== 'write' || step.bytes.length === 0) return [step]
    this.#checksum = crc32(step.bytes, this.#checksum)
    this.#length += step.bytes.length
    return [{ ...step, bytes: joinBytes([this.#header(), ...storedBlocks(step.bytes)]) }]
  }

  end(): Step[] {
    const bytes = joinBytes([this.#header(), ...(this.#withTrailer ? [this.#trailer()] : [])])
    return bytes.length === 0 ? [] : [{ atMs: this.#lastAtMs, do: 'write', bytes }]
  }

  #header(): Uint8Array {
    const header = this.#begun ? noBytes : gzipHeader
    this.#begun = true
    return header
  }

  /** An empty last block, a checksum that differs in one bit, and the length. */
  #trailer(): Uint8Array {
    const sums = Buffer.alloc(8)
    sums.writeUInt32LE((this.#checksum ^ 1) >>> 0, 0)
    sums.writeUInt32LE(this.#length >>> 0, 4)
    return joinBytes([storedBlock(noBytes, 1), sums])
  }
}

function* storedBlocks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += mostStored) {
    yield storedBlock(bytes.subarray(at, at + mostStored), 0)
  }
}

function storedBlock(bytes: Uint8Array, isLast: 0 | 1): Uint8Array {
  const head = Buffer.alloc(5)
  head.writeUInt8(isLast, 0)
  head.writeUInt16LE(bytes.length, 1)
  head.writeUInt16LE(~bytes.length & 0xffff, 3)
  return joinBytes([head, bytes])
}
