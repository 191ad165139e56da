import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Step } from '../../src/core/timeline.ts'
import { createTape, openRecording, type Tape } from '../../src/recording/store.ts'
import { openUpstream, type RelayOptions, type Upstream } from '../../src/sources/upstream.ts'
import { chunk, lastChunk, type RawUpstream, rawUpstream, streamHead } from './raw-upstream.ts'
import { chatRequest, clock, plain } from './relaying.ts'

let folder = ''
let service: RawUpstream

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
  service = await rawUpstream([streamHead, chunk('data: 1\n\n'), lastChunk])
})

afterEach(async () => {
  await service.close()
  rmSync(folder, { recursive: true })
})

interface Asked {
  readonly walk: AsyncIterator<Step>
  /** Empty before the exchange had its turn. */
  path(): string
}

function ask(upstream: Upstream, url: string, options: RelayOptions = {}): Asked {
  const request = chatRequest({ url })
  let tape: Tape | undefined
  const live = upstream.relay(request, {
    ...options,
    tape: (asked, onOpen) => {
      tape = createTape(folder, { by: 'test', arrivedMs: 0, request, url: asked }, onOpen)
      return tape
    },
  })
  return { walk: live[Symbol.asyncIterator](), path: () => tape?.path ?? '' }
}

async function rest(walk: AsyncIterator<Step>): Promise<unknown[]> {
  const seen: unknown[] = []
  for (let next = await walk.next(); !next.done; next = await walk.next()) {
    seen.push(plain(next.value))
  }
  return seen
}

const whole = [200, 'data: 1\n\n', 'end']

describe('requests that come in the same turn', () => {
  test('are all asked in their order, and each is whole and on a tape of its own', async () => {
    const upstream = openUpstream({ url: service.url, clock })
    const urls = Array.from({ length: 20 }, (_, which) => `/v1/chat/${which}`)
    const asked = urls.map((url) => ask(upstream, url))
    expect(await Promise.all(asked.map(({ walk }) => rest(walk)))).toEqual(urls.map(() => whole))
    const taped = asked.map(({ path }) => openRecording(path()))
    expect(taped.map(({ request }) => new URL(request.url).pathname)).toEqual(urls)
    for (const recording of taped) expect([...recording.timeline()].map(plain)).toEqual(whole)
    expect(asked.map(({ path }) => path())).toEqual(asked.map(({ path }) => path()).toSorted())
  })

  test.each(['return', 'signal', 'close'] as const)(
    'leave a tape where they are left by %s before their own turn, and ask nobody',
    async (how) => {
      const first = openUpstream({ url: service.url, clock })
      const upstream = openUpstream({ url: service.url, clock })
      const leaving = new AbortController()
      const before = ask(first, '/first')
      const left = ask(upstream, '/left', { signal: leaving.signal })
      expect(left.path()).toBe('')
      const pending = left.walk.next()
      if (how === 'return') await left.walk.return?.()
      else if (how === 'signal') leaving.abort()
      else await upstream.close()
      expect((await pending).value?.do).toBe(how === 'close' ? 'close' : undefined)
      expect(await rest(before.walk)).toEqual(whole)
      await upstream.close()
      const expected = how === 'close' ? undefined : 'client-left'
      expect(openRecording(left.path()).ending).toBe(expected)
      expect(service.received).toHaveLength(1)
    },
  )

  test('are told of a tape that cannot be opened, also where that is found in a later turn', async () => {
    const upstream = openUpstream({ url: service.url, clock })
    const before = ask(upstream, '/first')
    const broken = upstream.relay(chatRequest(), {
      tape: () => {
        throw new Error('no such folder')
      },
    })
    const [status, body, ending] = await rest(broken[Symbol.asyncIterator]())
    expect([status, ending]).toEqual([502, 'end'])
    expect(body).toContain('no such folder')
    expect(await rest(before.walk)).toEqual(whole)
  })
})
