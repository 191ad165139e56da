import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { formatMistake, type Mistake } from '../../src/core/errors.ts'
import type { Recording } from '../../src/recording/format.ts'
import { type LibraryOptions, openLibrary } from '../../src/recording/store.ts'
import { VirtualClock } from '../../src/time/clock.ts'
import {
  recordingLines,
  temporaryFolder,
  writeRecording,
  writeRecordings,
} from '../support/recording-file.ts'

let folder = ''

beforeEach(() => {
  folder = temporaryFolder()
})

afterEach(() => rmSync(folder, { recursive: true }))

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const indexFile = (): string => join(folder, '.stuntdouble', 'index.jsonl')

const nameOf = ({ file }: Recording): string => file.slice(folder.length + 1)

const question = ({ request }: Recording): string => JSON.parse(request.body ?? '{}').question

/** Of all bodies, joined. */
const played = (recording: Recording | undefined): string =>
  [...(recording?.timeline() ?? [])]
    .map((step) => (step.do === 'write' ? String(step.bytes) : step.do))
    .join(' ')

/** How many requests were read to answer for every recording. */
function derive(recordings: readonly Recording[], name = 'question'): number {
  let made = 0
  for (const recording of recordings) {
    const key = recording.derived(name, ({ body }) => {
      made++
      return `${body}`
    })
    expect(key).toContain('"question"')
  }
  return made
}

/** A day later, so that nothing that was just written is too young to be believed. */
const later = (): LibraryOptions => ({ clock: new VirtualClock(Date.now() + 86_400_000) })

async function openAndDerive(name?: string): Promise<number> {
  const made = derive(openLibrary([folder], later()).recordings, name)
  await nextTurn()
  return made
}

describe('an index', () => {
  test('spares reading what was read before, and is nothing to commit', async () => {
    writeRecordings(folder, 120)
    const first = openLibrary([folder], later()).recordings
    expect(derive(first)).toBe(120)
    await nextTurn()
    expect(readFileSync(join(folder, '.stuntdouble', '.gitignore'), 'utf8')).toBe('*\n')
    expect(statSync(indexFile()).mode & 0o777).toBe(0o600)
    expect(readFileSync(indexFile(), 'utf8')).toContain('"119.jsonl"')
    const second = openLibrary([folder], later()).recordings
    expect(derive(second)).toBe(0)
    expect(second.map(({ file, at, status, ending }) => [file, at, status, ending])).toEqual(
      first.map(({ file, at, status, ending }) => [file, at, status, ending]),
    )
    expect(second.map(question)).toEqual(first.map(question))
  })

  test('is not made for few files, nor for a file that is named', async () => {
    writeRecordings(folder, 20)
    await openAndDerive()
    openLibrary([join(folder, '001.jsonl')])
    await nextTurn()
    expect(readdirSync(folder)).toHaveLength(20)
  })

  test('is not believed about a file that has changed in any way', async () => {
    writeRecordings(folder, 101)
    await openAndDerive()
    const changed = join(folder, '042.jsonl')
    const { mtime, atime } = statSync(changed)
    // As long as before, and with the same time of change.
    writeRecording(folder, '042.jsonl', { question: 'Q42' })
    utimesSync(changed, atime, mtime)
    writeRecording(folder, '007.jsonl', { question: 'seven' })
    rmSync(join(folder, '100.jsonl'))
    renameSync(join(folder, '099.jsonl'), join(folder, 'new.jsonl'))
    const { recordings } = openLibrary([folder], later())
    expect(derive(recordings)).toBe(3)
    expect(recordings.map(question)).toEqual([
      ...Array.from({ length: 99 }, (_, i) => ({ 7: 'seven', 42: 'Q42' })[i] ?? `q${i}`),
      'q99',
    ])
  })

  test('does not hold what is so young that a change might not show', async () => {
    writeRecordings(folder, 100)
    const clock = new VirtualClock(statSync(join(folder, '060.jsonl')).mtimeMs)
    expect(derive(openLibrary([folder], { clock }).recordings)).toBe(100)
    await nextTurn()
    const young = await openAndDerive()
    expect(young).toBeGreaterThanOrEqual(40)
    expect(await openAndDerive()).toBe(0)
  })

  test.each([
    ['is cut', (text: string) => text.slice(0, -100)],
    ['has a wrong figure in it', (text: string) => text.replace('200', '404')],
    ['is of another version', (text: string) => text.replace('1 stuntdouble', '2 stuntdouble')],
    ['is something else', () => '[]\n{}'],
    ['is empty', () => ''],
  ])('that %s is made again without a word', async (_, damage) => {
    writeRecordings(folder, 100)
    await openAndDerive()
    const sound = readFileSync(indexFile(), 'utf8')
    writeFileSync(indexFile(), damage(sound))
    const told: Mistake[] = []
    const library = openLibrary([folder], { ...later(), onMistake: (one) => told.push(one) })
    expect(library.recordings.map(({ status }) => status)).toEqual(Array(100).fill(200))
    expect(derive(library.recordings)).toBe(100)
    await nextTurn()
    expect([...library.mistakes, ...told]).toEqual([])
    expect(readFileSync(indexFile(), 'utf8')).toBe(sound)
  })

  test('that cannot be written is done without', async () => {
    writeRecordings(folder, 100)
    // A file where the folder would be; a mode would not stop everybody.
    writeFileSync(join(folder, '.stuntdouble'), '')
    expect(await openAndDerive()).toBe(100)
    expect(await openAndDerive()).toBe(100)
  })

  test('remembers what several derive, and what was derived before', async () => {
    writeRecordings(folder, 100)
    expect(await openAndDerive('a')).toBe(100)
    expect(await openAndDerive('b')).toBe(100)
    expect(await openAndDerive('a')).toBe(0)
    expect(await openAndDerive('b')).toBe(0)
  })

  test('of two who write it at once is that of one, and sound', async () => {
    writeRecordings(folder, 150)
    const libraries = Array.from({ length: 2 }, () => openLibrary([folder], later()))
    for (const [i, { recordings }] of libraries.entries()) derive(recordings.slice(i * 50))
    await nextTurn()
    expect(await openAndDerive()).toBeLessThanOrEqual(50)
    expect(await openAndDerive()).toBe(0)
    expect(readdirSync(join(folder, '.stuntdouble')).sort()).toEqual(['.gitignore', 'index.jsonl'])
  })

  test('knows nothing of broken files: they are read each time', async () => {
    writeRecordings(folder, 100)
    writeRecording(folder, '050.jsonl', [...recordingLines({ end: null }), 'oops', '{}'])
    await openAndDerive()
    const { mistakes } = openLibrary([folder], later())
    expect(mistakes.map(({ line }) => line)).toEqual([6, 7])
  })
})

describe('a broken file', () => {
  const explain = (lines: readonly string[]): string[] => {
    writeRecording(folder, 'a.jsonl', { question: 'sound' })
    const file = writeRecording(folder, 'broken.jsonl', lines)
    const { recordings, mistakes } = openLibrary([folder])
    const recording = recordings.find((one) => one.file === file)
    return [
      ...mistakes.map((one) => formatMistake(one).slice(folder.length + 1)),
      played(recording),
    ]
  }

  test.each([
    [
      'with no JSON in a line',
      recordingLines({ chunks: ['a', 'b', 'c'] }).toSpliced(5, 1, '{"atMs":4,"text":"c'),
      'broken.jsonl:6:20: no JSON: Unterminated string in JSON at position 19; the head and 2 chunks before it still play, then the connection closes',
      'head a b close',
    ],
    [
      'whose times go back',
      recordingLines().toSpliced(4, 1, '{"atMs":1.5,"text":"b"}'),
      'broken.jsonl:5:2: "atMs" goes back in time, from 2 to 1.5; the head and 1 chunk before it still play, then the connection closes',
      'head a close',
    ],
    [
      'with an unknown key in its first chunk',
      recordingLines().toSpliced(3, 1, '{"atMs":2,"text":"a","txt":1}'),
      'broken.jsonl:4:22: unknown key "txt" in a line with "text"; did you mean "text"?; the head before it still plays, then the connection closes',
      'head close',
    ],
    [
      'that goes on after its end',
      [...recordingLines(), '{"atMs":9,"text":"more"}'],
      'broken.jsonl:7:1: nothing may follow the line that says how it ended; all before it still plays',
      'head a b end',
    ],
  ])('%s says where, and what still plays; the others play on', (_, lines, mistake, plays) => {
    expect(explain(lines)).toEqual([mistake, plays])
  })

  test('of which nothing plays is no recording', () => {
    expect(explain(recordingLines().toSpliced(1, 1, '{"request":{}}'))).toEqual([
      'broken.jsonl:2:1: "method" must be a text',
      '',
    ])
    const { recordings, refused } = openLibrary([folder, join(folder, 'broken.jsonl')])
    expect(recordings.map(nameOf)).toEqual(['a.jsonl'])
    expect(refused).toMatchObject([{ line: 2, message: '"method" must be a text' }])
  })

  test('whose last line was cut off is no mistake: it closes there', () => {
    const [...lines] = recordingLines()
    const cut = lines.with(-1, '{"atMs":9,"e')
    expect(explain(cut)).toEqual(['head a b close'])
  })

  test('that is large is found out while it plays, or by reading it whole', () => {
    const many = Array.from({ length: 40 }, (_, i) => `${i}${'x'.repeat(50_000)}`)
    const lines = recordingLines({ chunks: many, end: '{"atMs":99,"end":"reset"}' })
    const file = writeRecording(
      folder,
      'large.jsonl',
      lines.toSpliced(20, 1, '{"atMs":3,"text":""}'),
    )
    const told: string[] = []
    const onMistake = (mistake: Mistake): void => void told.push(formatMistake(mistake))
    const library = openLibrary([folder], { onMistake })
    expect(library.mistakes).toEqual([])
    expect(library.recordings[0]).toMatchObject({ status: 200, ending: 'reset' })
    for (let i = 0; i < 2; i++) {
      const steps = [...(library.recordings[0]?.timeline() ?? [])]
      expect(steps).toHaveLength(19)
      expect(steps.at(-1)).toEqual({ atMs: 18, do: 'close' })
    }
    expect(told).toEqual([
      `${file}:21:2: "atMs" goes back in time, from 18 to 3; the head and 17 chunks before it still play, then the connection closes`,
    ])
    expect(openLibrary([folder], { whole: true }).mistakes.map(formatMistake)).toEqual(told)
  })
})

describe('while others play', () => {
  test('a file that comes, changes or goes is noticed', () => {
    writeRecordings(folder, 3)
    const library = openLibrary([folder])
    const before = library.recordings
    writeRecording(folder, '0005.jsonl', { question: 'came' })
    writeRecording(folder, '001.jsonl', { question: 'changed' })
    rmSync(join(folder, '002.jsonl'))
    expect(before.map(({ isCurrent }) => isCurrent)).toEqual([true, false, false])
    expect(() => before[2]?.timeline()).toThrow(/002\.jsonl is gone/)
    expect(library.refresh()).toBe(true)
    expect(library.recordings.map(question)).toEqual(['q0', 'came', 'changed'])
    expect(library.recordings.map(({ isCurrent }) => isCurrent)).toEqual([true, true, true])
  })

  test('a recording that is being taped is there once it has its ending', () => {
    writeRecordings(folder, 1)
    const library = openLibrary([folder])
    const file = join(folder, 'taped.jsonl')
    writeFileSync(file, '')
    for (const line of recordingLines({ question: 'taped' })) {
      library.refresh()
      expect(library.recordings.map(nameOf)).toEqual(['000.jsonl'])
      appendFileSync(file, line.slice(0, 10))
      library.refresh()
      expect(library.recordings.map(nameOf)).toEqual(['000.jsonl'])
      appendFileSync(file, `${line.slice(10)}\n`)
    }
    expect(library.refresh()).toBe(true)
    expect(library.recordings.map(question)).toEqual(['q0', 'taped'])
    expect(library.mistakes).toEqual([])
  })

  test('a mistake that somebody makes is told, and no longer known once it is mended', () => {
    writeRecordings(folder, 2)
    const told: number[] = []
    const library = openLibrary([folder], { onMistake: ({ line }) => told.push(line) })
    writeRecording(folder, '001.jsonl', recordingLines().toSpliced(4, 1, '{"atMs":0,"text":"b"}'))
    library.refresh()
    library.refresh()
    expect(told).toEqual([5])
    expect(played(library.recordings[1])).toBe('head a close')
    expect(library.mistakes).toHaveLength(1)
    writeRecording(folder, '001.jsonl')
    library.refresh()
    expect(library.mistakes).toEqual([])
    expect(played(library.recordings[1])).toBe('head a b end')
  })

  test('a folder may come later, and go', () => {
    const later = join(folder, 'later')
    const library = openLibrary([later])
    expect(library.refused).toMatchObject([{ message: 'there is no such file or folder' }])
    mkdirSync(later)
    writeRecordings(later, 2)
    expect(library.refresh()).toBe(true)
    expect(library.recordings).toHaveLength(2)
    expect(library.mistakes).toEqual([])
    rmSync(later, { recursive: true })
    expect(library.refresh()).toBe(true)
    expect(library.recordings).toEqual([])
  })

  test('of very many files new ones are found at once, and changed ones when they must be', () => {
    writeRecordings(folder, 1001)
    let nowMs = 0
    class Ticking extends VirtualClock {
      override now = (): number => nowMs++
    }
    const library = openLibrary([folder], { clock: new Ticking(Date.now() + 86_400_000) })
    writeRecording(folder, '0001.jsonl', { question: 'came' })
    writeRecording(folder, '500.jsonl', { question: 'changed' })
    rmSync(join(folder, '400.jsonl'))
    library.refresh()
    const names = library.recordings.map(nameOf)
    expect(names).toHaveLength(1001)
    expect(names.includes('0001.jsonl') && !names.includes('400.jsonl')).toBe(true)
    const changed = () => library.recordings.find((one) => nameOf(one) === '500.jsonl')
    expect(changed()?.isCurrent).toBe(false)
    library.refresh({ all: true })
    expect(changed()?.isCurrent).toBe(true)
  })
})

test('hidden files, folders and other files are not looked at', () => {
  writeRecordings(folder, 1)
  writeRecording(folder, '.hidden.jsonl', ['no recording'])
  writeRecording(folder, '001.jsonl~', ['no recording'])
  mkdirSync(join(folder, 'nested'))
  writeRecordings(join(folder, 'nested'), 1)
  const { recordings, mistakes } = openLibrary([`${folder}/`])
  expect(recordings.map(nameOf)).toEqual(['000.jsonl'])
  expect(mistakes).toEqual([])
})

test('what cannot be read is a mistake among others', () => {
  writeRecordings(folder, 1)
  mkdirSync(join(folder, 'folder.jsonl'))
  const { recordings, mistakes, refused } = openLibrary([folder, join(folder, 'none.jsonl')])
  expect(recordings).toHaveLength(1)
  expect(mistakes.map(({ message }) => message.split(':')[0])).toEqual([
    'cannot be read',
    'there is no such file or folder',
  ])
  expect(refused.map(({ file }) => file)).toEqual([join(folder, 'none.jsonl')])
})

test('many files that no index knows are counted as they are read', async () => {
  writeRecordings(folder, 120)
  const seen: [number, number][] = []
  const onProgress = (done: number, total: number): void => void seen.push([done, total])
  openLibrary([folder], { ...later(), onProgress })
  await nextTurn()
  expect(seen).toEqual([
    [50, 120],
    [100, 120],
  ])
  openLibrary([folder], { ...later(), onProgress })
  expect(seen).toHaveLength(2)
})
