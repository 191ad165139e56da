import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start } from '../../src/index.ts'
import type { Tape } from '../../src/recording/store.ts'
import { OpenTapes } from '../../src/server/open-tapes.ts'
import { chunk, lastChunk, rawUpstream, streamHead } from '../sources/raw-upstream.ts'
import { ask } from '../support/ask.ts'

const silentTape = (changes: Partial<Tape> = {}): Tape => ({
  path: 'a.jsonl',
  write: () => undefined,
  end: () => Promise.resolve(),
  abandon: () => Promise.resolve(),
  fail: () => Promise.resolve(),
  ...changes,
})

describe('tapes that are being written', () => {
  it('are waited for from when they are expected until they are closed', async () => {
    const tapes = new OpenTapes()
    const tape = tapes.expect()
    let isClosed = false
    const closed = tapes.closed().then(() => {
      isClosed = true
    })
    tape.open(() => silentTape())
    const state = tape.opened()
    expect([tape.path, state.ended, isClosed]).toEqual(['a.jsonl', 'open', false])
    await tape.end('end', 1)
    await closed
    expect(state.ended).toBe('end')
    await tapes.closed()
  })

  it('are not waited for where they cannot be opened', async () => {
    const tapes = new OpenTapes()
    const tape = tapes.expect()
    const open = (): Tape => {
      throw new Error('no folder')
    }
    expect(() => tape.open(open)).toThrow('no folder')
    await tapes.closed()
  })

  it('end where they stand once they are cut off, and are told of once', async () => {
    const told: string[] = []
    const tapes = new OpenTapes(({ ended }) => told.push(ended))
    const tape = tapes.expect()
    const asked: string[] = []
    const note = (what: string) => (): Promise<void> => {
      asked.push(what)
      return Promise.resolve()
    }
    tape.open(() => silentTape({ end: note('end'), abandon: note('abandon') }))
    tape.cutOff()
    await tape.end('end', 1)
    await tape.abandon()
    expect([told, asked[0]]).toEqual([['cut-off'], 'abandon'])
  })
})

describe('requests that come together', () => {
  it('have each a tape of their own, which the journal names', async () => {
    const upstream = await rawUpstream([streamHead, chunk('data: 1\n\n'), lastChunk])
    const tapes = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
    await using double = await start({ upstream: upstream.url, tapes })
    const prompts = Array.from({ length: 12 }, (_, at) => `question ${at}`)
    const replies = await Promise.all(prompts.map((prompt) => ask(double, prompt)))
    for (const reply of replies) expect(await reply.text()).toBe('data: 1\n\n')
    await double.taped()
    const named = double.journal.map(({ tape }) => tape)
    expect(named.map((tape) => tape?.ended)).toEqual(prompts.map(() => 'end'))
    const files = readdirSync(tapes).filter((file) => file.endsWith('.jsonl'))
    expect(named.map((tape) => tape?.path).toSorted()).toEqual(
      files.map((file) => join(tapes, file)).toSorted(),
    )
    const asked = named.map((tape) => readFileSync(tape?.path ?? '', 'utf8'))
    for (const prompt of prompts) {
      expect(asked.filter((text) => text.includes(`${prompt}\\"`))).toHaveLength(1)
    }
    await upstream.close()
  })
})
