/** Limits stand before every source: recordings and live services are asked for what is let in. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { start } from '../../../src/index.ts'
import { askRaw } from '../../support/ask.ts'

describe('limits hold', () => {
  it('for answers of a live service, which is not asked for what is refused, and for its tape', async () => {
    const tapes = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
    const rules = [{ name: 'live', reply: 'live words' }]
    await using live = await start({ scenarios: [{ rules }] })
    const limits = ['1rpm', '1000otpm']
    {
      await using relay = await start({ upstream: live.url(), tapes, limits })
      const first = await askRaw(relay, 'hi')
      const second = await askRaw(relay, 'hi')
      await relay.taped()
      expect([first.status, second.status]).toEqual([200, 429])
      expect(first.headers['x-ratelimit-remaining-requests']).toBe('0')
      expect(second.headers['x-stuntdouble-rule']).toBe('limit/1rpm')
      expect(live.journal.length).toBe(1)
    }
    const files = readdirSync(tapes, { recursive: true, encoding: 'utf8' })
    const [file = ''] = files.filter((name) => name.endsWith('.jsonl'))
    expect(files.filter((name) => name.endsWith('.jsonl'))).toHaveLength(1)
    // What is taped is what the service said, figures and all.
    expect(readFileSync(join(tapes, file), 'utf8')).toContain('"9999"')
    await using replay = await start({ recordings: [tapes], limits: '1rpm' })
    const played = await askRaw(replay, 'hi')
    expect(played.headers['x-ratelimit-limit-requests']).toBe('1')
    expect((await askRaw(replay, 'hi')).status).toBe(429)
    expect((await askRaw(replay, 'hi', { 'x-stuntdouble-session': 'other' })).status).toBe(200)
  })
})
