import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { formatMistake } from '../../src/core/errors.ts'
import { defaultSettings } from '../../src/core/recording-settings.ts'
import { settingsJsonSchema } from '../../src/scenario/json-schema.ts'
import { loadScenarios } from '../../src/scenario/load.ts'
import { loadSettings, parseSettings } from '../../src/scenario/load-settings.ts'

const published = new URL('../../schema/recordings.json', import.meta.url)

const read = (text: string) => parseSettings(text, 'settings.yaml')

describe('settings.yaml', () => {
  it('says how a folder of recordings is asked and masked', () => {
    const { settings, mistakes } = read(`
match:
  ignore: [ $.metadata.run_id, $..seed, query:page ]
  headers: [ anthropic-beta ]
  volatile: [ dates, '/order-\\d+/i' ]
redact: { emails: true, patterns: [ "/cust-\\\\d{6}/" ], fields: [ ssn ] }
after: loop
staleAfter: 30d
stale: fail
`)
    expect(mistakes).toEqual([])
    expect(settings).toEqual({
      match: {
        ignore: ['$.metadata.run_id', '$..seed', 'query:page'],
        headers: ['anthropic-beta'],
        volatile: ['dates', { pattern: /order-\d+/i }],
      },
      redact: { emails: true, patterns: [/cust-\d{6}/], fields: ['ssn'], keepHeaders: [] },
      after: 'loop',
      staleAfterMs: 30 * 86_400_000,
      stale: 'fail',
    })
  })

  it('leaves what it does not name as it usually is', () => {
    expect(read('match: { ignore: [ $.user ] }').settings).toEqual({
      ...defaultSettings,
      match: { ...defaultSettings.match, ignore: ['$.user'] },
    })
  })

  it.each([
    ['mtach: {}', '1:1: unknown key "mtach"; did you mean "match"?'],
    ['after: lopo', '1:8: unknown value "lopo"; did you mean "loop"?'],
    ['stale: fail', '1:8: nothing says from what age on; put staleAfter beside it'],
    ['staleAfter: 30', '1:13: expected an age such as 30d, 12h or 2w, found 30'],
    [
      'match:\n  volatile: [dates, uuid]',
      '2:21: "uuid" is no kind of volatile text; did you mean "uuids"?',
    ],
    ['match:\n  ignore:\n    - messages', '3:7: a place is written as $.metadata.run_id'],
    ['match:\n  ignore: [ "$.a[" ]', '2:13: "$.a[" is no place such as'],
    ['match: { ignore: [ $ ] }', '1:20: the whole body cannot be ignored'],
    [
      'match: { headers: [ authorization ] }',
      '1:21: "authorization" cannot be compared: secrets are on no tape',
    ],
    ['match: { volatile: [ /x*/ ] }', '1:22: /x*/ finds even nothing'],
    ['match: { volatile: [ "/(/" ] }', '1:22: /(/ is no regular expression'],
    ['redact: { emails: 3 }', '1:19: expected true or false, found 3'],
  ])('%s is told as a mistake', (text, expected) => {
    const [first] = read(text).mistakes
    expect(first && formatMistake(first)).toContain(`settings.yaml:${expected}`)
  })

  it('belongs to its folder: beside recordings it is found, and is no scenario', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'stuntdouble-settings-'))
    try {
      expect(loadSettings(folder)).toMatchObject({ settings: defaultSettings, file: undefined })
      writeFileSync(join(folder, 'settings.yaml'), 'after: loop\n')
      expect(loadSettings(folder).settings.after).toBe('loop')
      expect(loadSettings(join(folder, 'a.jsonl')).settings.after).toBe('loop')
      expect((await loadScenarios([folder])).mistakes).toEqual([])
      writeFileSync(join(folder, 'settings.yaml'), 'aftre: loop\n')
      const { mistakes } = await loadScenarios([folder])
      expect(mistakes.map(({ message }) => message)).toEqual([
        'unknown key "aftre"; did you mean "after"?',
      ])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('schema/recordings.json', () => {
  it('is what the schema in the source gives (UPDATE=1 writes it)', async () => {
    const text = `${JSON.stringify(settingsJsonSchema(), null, 2)}\n`
    if (process.env['UPDATE'] === '1') await writeFile(published, text)
    expect(await readFile(published, 'utf8')).toBe(text)
  })
})
