/** What the journal holds of what clients sent: bounded in bytes as well as in exchanges. */
import { afterEach, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/testing/start.ts'
import { ask } from '../support/ask.ts'

const scenario = { name: 's', pacing: 'instant', rules: [{ reply: 'yes' }] }
const mebibyte = 1024 * 1024

let double: Double

afterEach(() => double.close())

async function askWith(lengths: readonly number[]) {
  for (const length of lengths) {
    const response = await ask(double, 'x'.repeat(length))
    expect(response.status).toBe(200)
    await response.text()
  }
}

describe('the journal', () => {
  it('lets the oldest of its long bodies go where they are more than 16 MiB together', async () => {
    double = await start({ scenarios: [scenario] })
    await askWith([5 * mebibyte, 20, 6 * mebibyte, 6 * mebibyte])
    const [first, short, ...others] = double.journal.map(({ body }) => body)
    expect(first).toMatch(/^\(52\d{5} bytes, let go for those of later requests\)$/)
    expect(JSON.parse(short ?? '')).toMatchObject({ model: 'gpt-4o' })
    expect(others.map((body) => body.length)).toEqual([16 * 1024, 16 * 1024])
  })

  it('lets the oldest exchanges go where all together are more than 32 MiB', async () => {
    double = await start({ scenarios: [scenario], journalLimit: 100_000 })
    const padding = { 'x-padding': 'y'.repeat(12_000) }
    // By itself just below what the bound of long bodies is about.
    const askLarge = async (session: string, count: number, length = 16_000): Promise<void> => {
      const headers = { ...padding, 'x-stuntdouble-session': session }
      for (let n = 0; n < count; n += 1) {
        await (await ask(double, 'x'.repeat(length), { headers })).text()
      }
    }
    const kept = async (): Promise<number> => {
      const shown = await fetch(double.url('/_stuntdouble/journal?session=early'))
      return JSON.parse(await shown.text()).length
    }
    await askLarge('early', 3)
    await askLarge('later', 1, 15 * mebibyte)
    await askLarge('later', 520)
    expect(await kept()).toBe(3)
    await askLarge('later', 100)
    expect(await kept()).toBe(0)
  })
})
