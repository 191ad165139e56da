import { describe, expect, it } from 'vitest'
import { listed, listSummary, listTable, sortListed } from '../../src/recording/look/list.ts'
import { statisticsOf } from '../../src/recording/look/statistics.ts'
import { tableOf } from '../../src/recording/look/table.ts'
import { delta, openAi, type Taped, taped } from './taped.ts'

const row = (options: Taped = {}, fileBytes = 100): ReturnType<typeof listed> =>
  listed(taped([[30, delta('word')]], options), { fileBytes })

const asked = (body: unknown, url = 'https://x/v1/chat/completions'): Taped => ({
  request: { url, body: typeof body === 'string' ? body : JSON.stringify(body) },
})

describe('a line of a list', () => {
  it.each([
    [
      'a text',
      {
        model: 'm',
        messages: [
          { role: 'user', content: 'first' },
          { role: 'assistant', content: 'x' },
          { role: 'user', content: 'last  words' },
        ],
      },
      'm',
      'last words',
    ],
    [
      'parts',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'in parts' }] }] },
      undefined,
      'in parts',
    ],
    [
      'contents',
      { contents: [{ parts: [{ text: 'as Gemini has it' }] }] },
      undefined,
      'as Gemini has it',
    ],
    ['an input', { model: 'm', input: 'at once' }, 'm', 'at once'],
    ['nothing of the kind', { model: 7, messages: [null, 3] }, undefined, undefined],
    ['no JSON', 'name=value', undefined, undefined],
  ])('finds what the user said in %s', (_, body, model, user) => {
    expect(row(asked(body))).toMatchObject({
      model,
      user,
      method: 'POST',
      path: '/v1/chat/completions',
    })
  })

  it('takes the model from the path where it is told there', () => {
    expect(row(asked({}, 'https://x/v1beta/models/gemini-2.5-flash:stream?alt=sse'))).toMatchObject(
      {
        model: 'gemini-2.5-flash',
        path: '/v1beta/models/gemini-2.5-flash:stream',
      },
    )
  })

  it('says what is lost, and what was cut off', () => {
    expect(row({ lost: ['chunks', 'times'] }).marks).toEqual(['lost chunks', 'lost times'])
    expect(row({ ending: undefined }).ending).toBe('cut off')
    const stale = listed(taped([]), { fileBytes: 1, staleBeforeMs: Date.UTC(2027, 0, 1) })
    expect(stale.marks).toEqual(['stale'])
  })
})

it.each([60, 80, 100, 160])('a list keeps to %i columns, and shows what matters most', (width) => {
  const recording = taped([[1500, delta('word')]], {
    dialect: 'openai-responses',
    ...asked({ model: 'a-model', input: 'what it says\u001b[2J '.repeat(20) }),
  })
  const one = listed(recording, { fileBytes: 1234, statistics: statisticsOf(recording, openAi) })
  for (const isLong of [false, true]) {
    const table = listTable([one], { width, isLong })
    for (const line of [table.header, table.line(one)])
      expect(line.length).toBeLessThanOrEqual(Math.max(width, 70))
    expect(table.line(one)).toMatch(/^taped\.jsonl .*200 {2}end .*what it says/)
    expect(table.line(one)).not.toContain('\u001b')
    if (isLong) expect(table.line(one)).toContain('1.5 s')
  }
})

it('a list is sorted by any column, and alike ones stay as they were', () => {
  const rows = [row({ file: 'b', status: 500 }, 5), row({ file: 'a' }, 7), row({ file: 'c' }, 7)]
  const by = (key: Parameters<typeof sortListed>[1]): string =>
    sortListed(rows, key)
      .map(({ file }) => file)
      .join('')
  expect([by('time'), by('file'), by('status'), by('size')]).toEqual(['bac', 'abc', 'acb', 'acb'])
  expect(listSummary([...rows, row({ lost: ['times'] })])).toBe(
    '4 recordings, 119 B; 1 lost times (t)',
  )
})

it('a table leaves out columns where there is no room for them, and widens where there is', () => {
  const columns = [
    { title: 'name', width: 4, widest: 8, keep: 'end', cell: ({ name }: { name: string }) => name },
    { title: 'less', width: 6, drop: 1, cell: () => 'less' },
    { title: 'n', width: 3, align: 'right', cell: () => '1' },
  ] as const
  expect(tableOf(columns, 9).line({ name: 'a/long/name' })).toBe('…ame    1')
  expect(tableOf(columns, 40).header).toBe('name      less      n')
})

it('a list names the file, and its marks take no room from the words', () => {
  const file = `tapes/${'2026-11-22T10-00-00-000Z-000001-post-v1-chat'.repeat(2)}.jsonl`
  const given = asked({ model: 'm', input: 'all of the words '.repeat(5).trim() })
  const rows = [row({ ...given, file, lost: ['chunks', 'times'] }), row({ ...given, file: 'b' })]
  const wide = listTable(rows, { width: Number.POSITIVE_INFINITY, isLong: false })
  for (const one of rows) {
    expect(wide.line(one).startsWith(one.file.replace('tapes/', ''))).toBe(true)
    expect(wide.line(one).endsWith('all of the words '.repeat(5).trim())).toBe(true)
  }
  const narrow = listTable(rows, { width: 100, isLong: false })
  expect(narrow.line(row({ ...given, file, lost: ['chunks', 'times'] }))).toMatch(
    /^2026-11-22T10-00-00.* ct {5}all of/,
  )
  expect(narrow.header).toContain('marks')
  expect(listTable(rows.slice(1), { width: 100, isLong: false }).header).not.toContain('marks')
})
