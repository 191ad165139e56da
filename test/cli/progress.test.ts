import { expect, it } from 'vitest'
import { progressOn, withProgress } from '../../src/cli/progress.ts'

/** A terminal of one line, as a person sees it. */
function screen(): { columns: number; write(text: string): void; line: string; writes: number } {
  return {
    columns: 30,
    line: '',
    writes: 0,
    write(text) {
      this.writes++
      for (const part of text.split(/(\r)/)) {
        if (part === '\r') this.line = `\r${this.line.replace('\r', '')}`
        else if (this.line.startsWith('\r')) this.line = part + this.line.slice(1 + part.length)
        else this.line += part
      }
    },
  }
}

it('long work shows one line that fits, and nothing is left of it', () => {
  const terminal = screen()
  let nowMs = 0
  const progress = progressOn(terminal, 'reading', { total: 4000 }, () => nowMs)
  for (let done = 0; done < 3990; done++) {
    nowMs += 1
    progress.step()
    expect(terminal.line.length).toBeLessThan(30)
  }
  expect(terminal.line.trim()).toMatch(/^reading 3\d\d\d of 4000, 9\d %$/)
  expect(terminal.writes).toBeLessThan(45)
  progress.end()
  expect(terminal.line.trim()).toBe('')
})

it('quick work shows nothing at all', () => {
  const terminal = screen()
  const progress = progressOn(terminal, 'reading', {}, () => 0)
  progress.at(10)
  progress.end()
  expect(terminal.writes).toBe(0)
})

it('where stderr is no terminal the work is done in silence, and its failure passed on', async () => {
  expect(await withProgress('working', (progress) => progress.step() ?? 'done')).toBe('done')
  await expect(withProgress('working', () => Promise.reject(new Error('no')))).rejects.toThrow('no')
})
