import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import type { HeadStep, WriteStep } from '../../src/core/timeline.ts'
import type { Tape } from '../../src/recording/store.ts'
import { PlainTape } from '../../src/sources/upstream-plain-tape.ts'

const head: HeadStep = { atMs: 1, do: 'head', status: 200, headers: [['content-encoding', 'gzip']] }
const chunk = (bytes: Uint8Array, atMs = 2): WriteStep => ({ atMs, do: 'write', bytes })

/** What is on tape, chunk by chunk, and then how it ended. */
class Kept implements Tape {
  readonly path = ''
  readonly chunks: WriteStep[] = []
  ended = ''

  write(...steps: readonly (HeadStep | WriteStep)[]): void {
    for (const step of steps) if (step.do === 'write') this.chunks.push(step)
  }

  async end(ending: string): Promise<void> {
    this.ended = ending
  }

  async abandon(): Promise<void> {
    this.ended = 'abandoned'
  }

  async fail(reason: string): Promise<void> {
    this.ended = reason
  }

  get bytes(): number {
    return this.chunks.reduce((sum, { bytes }) => sum + bytes.length, 0)
  }
}

const many = Buffer.alloc(3_000_000, 'data: {"a":"word"}\n\n')

it('keeps a few bytes that hold very many in small parts, and lets others go on in between', async () => {
  const kept = new Kept()
  const tape = new PlainTape(kept)
  tape.write(head)
  tape.write(chunk(gzipSync(many), 7))
  let turns = 0
  const count = (): void => {
    turns += 1
    turning = setImmediate(count)
  }
  let turning = setImmediate(count)
  await tape.end('end', 8)
  clearImmediate(turning)
  expect(Buffer.concat(kept.chunks.map(({ bytes }) => bytes)).equals(many)).toBe(true)
  expect(Math.max(...kept.chunks.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(64 * 1024)
  expect(new Set(kept.chunks.map(({ atMs }) => atMs))).toEqual(new Set([7]))
  expect(turns).toBeGreaterThan(kept.chunks.length / 8)
  expect(kept.ended).toBe('end')
})

it('leaves out what is not decoded yet when it is cut short, and ends before it', async () => {
  const kept = new Kept()
  const tape = new PlainTape(kept)
  tape.write(head)
  tape.write(chunk(gzipSync(many)))
  const closed = tape.end('end', 8)
  tape.cutShort()
  await closed
  expect(kept.bytes).toBeLessThan(many.length)
  expect(kept.ended).toBe('abandoned')
})

it.each([
  ['gzip', gzipSync],
  ['br', brotliCompressSync],
  ['deflate', deflateSync],
])('says so where a body of %s is over before its coding is', async (coding, compress) => {
  const coded = compress(many)
  for (const bytes of [coded, coded.subarray(0, -9)]) {
    const kept = new Kept()
    const tape = new PlainTape(kept)
    tape.write({ ...head, headers: [['content-encoding', coding]] })
    tape.write(chunk(bytes))
    await tape.end('end', 8)
    expect(kept.ended).toMatch(bytes === coded ? /^end$/ : /cannot be decoded.*unexpected end/)
    if (bytes === coded) expect(kept.bytes).toBe(many.length)
  }
})

it('is not cut short where nothing waits', async () => {
  const kept = new Kept()
  const tape = new PlainTape(kept)
  tape.write(head)
  tape.write(chunk(gzipSync('data: 1\n\n')))
  const closed = tape.end('end', 8)
  await closed
  tape.cutShort()
  expect([kept.bytes, kept.ended]).toEqual([9, 'end'])
})

it('keeps no more coded bytes waiting than it says', async () => {
  const kept = new Kept()
  const tape = new PlainTape(kept)
  const coded = gzipSync(Buffer.alloc(9_000_000), { level: 0 })
  tape.write(head)
  for (let at = 0; at < 4; at += 1) tape.write(chunk(coded, at))
  await tape.end('end', 8)
  expect(kept.ended).toBe(
    'the answer comes faster than it can be decoded, and is not kept from here on',
  )
  expect(kept.bytes).toBeLessThan(4 * 9_000_000)
})
