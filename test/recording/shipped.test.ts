import { describe, expect, it } from 'vitest'
import { start } from '../../src/index.ts'
import { listRecordings } from '../../src/recording/store.ts'
import { askRaw, textOf } from '../support/ask.ts'

describe('the shipped recordings', () => {
  it('are labelled as made from the demo, and hold no mistake', () => {
    const { recordings, mistakes } = listRecordings(['recordings'])
    expect(mistakes).toEqual([])
    expect(recordings.length).toBeGreaterThan(5)
    for (const { file, note } of recordings) expect(note, file).toMatch(/from its own demo/)
  })

  it('are replayed with text, status and ending as they were', async () => {
    await using double = await start({ recordings: ['recordings'], pace: 'instant' })
    const limited = await askRaw(double, 'rate limit')
    expect([limited.status, limited.headers['retry-after']]).toEqual([429, '1'])
    const cut = await askRaw(double, 'cut')
    expect(cut.socket).toBe('rst')
    expect(textOf(cut.body)).toMatch(/^This sentence will never/)
  })
})
