import { appendFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Double, type Log, start } from '../../src/index.ts'
import { type RawReply, rawRequest } from '../support/raw-client.ts'
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

const broken = recordingLines({ question: 'broken', chunks: ['a', 'b', 'c'] }).toSpliced(
  5,
  1,
  '{"atMs":1,"text":"c"}',
)

const replay = (log?: Log): Promise<Double> =>
  start({ recordings: [folder], pace: 'instant', ...(log ? { log } : {}) })

const ask = ({ port }: Double, question: string): Promise<RawReply> =>
  rawRequest({ port, path: '/ask', body: { question } })

const nothing = (): void => {}

describe('a folder with a broken recording', () => {
  test('plays the others, and the broken one up to its mistake, which is told', async () => {
    writeRecordings(folder, 2)
    const file = writeRecording(folder, 'broken.jsonl', broken)
    writeFileSync(join(folder, 'other.jsonl'), 'something else\n')
    const warned: string[] = []
    const warn = (_: object, message: string): void => void warned.push(message)
    await using double = await replay({ debug: nothing, info: nothing, warn, error: nothing })
    expect(double.mistakes).toMatchObject([
      { file, line: 6, column: 2 },
      { file: join(folder, 'other.jsonl'), line: 1 },
    ])
    expect(warned[0]).toBe(
      `${file}:6:2: "atMs" goes back in time, from 3 to 1; the head and 2 chunks before it still play, then the connection closes`,
    )
    expect(warned).toHaveLength(2)
    expect(await ask(double, 'q1')).toMatchObject({ status: 200, body: 'ab', complete: true })
    for (let i = 0; i < 3; i++) {
      expect(await ask(double, 'broken')).toMatchObject({
        body: 'ab',
        complete: false,
        socket: 'fin',
      })
    }
    expect(double.mistakes).toHaveLength(2)
  })

  test('does not start where nothing at all plays, or not what was named', async () => {
    const file = join(folder, 'other.jsonl')
    writeFileSync(file, 'something else\n')
    await expect(replay()).rejects.toMatchObject({ code: 'bad-recording' })
    writeRecordings(folder, 1)
    await using double = await replay()
    expect(double.mistakes).toHaveLength(1)
    const named = start({ recordings: [folder, file] })
    await expect(named).rejects.toThrow(`1 mistake:\n${file}:1:1: no JSON`)
  })
})

describe('while it serves', () => {
  test('a recording that comes is found by the request it answers, when it is whole', async () => {
    writeRecordings(folder, 1)
    await using double = await replay()
    expect((await ask(double, 'new')).status).toBe(404)
    const [last = '', ...lines] = recordingLines({ question: 'new' }).reverse()
    const file = writeRecording(folder, 'new.jsonl', lines.reverse())
    expect((await ask(double, 'new')).status).toBe(404)
    appendFileSync(file, `${last}\n`)
    expect(await ask(double, 'new')).toMatchObject({ status: 200, body: 'ab', complete: true })
  })

  test('a recording that goes is a miss, and one that changes is read again', async () => {
    writeRecordings(folder, 3)
    await using double = await replay()
    rmSync(join(folder, '001.jsonl'))
    writeRecording(folder, '002.jsonl', { question: 'q2', chunks: ['changed'] })
    expect(await ask(double, 'q1')).toMatchObject({ status: 404 })
    expect(await ask(double, 'q2')).toMatchObject({ status: 200, body: 'changed' })
    // Under its old question it must not answer any more.
    writeRecording(folder, '002.jsonl', { question: 'other', chunks: ['other'] })
    expect(await ask(double, 'q2')).toMatchObject({ status: 404 })
    expect(await ask(double, 'other')).toMatchObject({ status: 200, body: 'other' })
    expect(await ask(double, 'q0')).toMatchObject({ status: 200, body: 'ab' })
  })

  test('who comes later goes on in its sequence', async () => {
    writeRecording(folder, '1.jsonl', { question: 'q', chunks: ['first'] })
    await using double = await replay()
    expect((await ask(double, 'q')).body).toBe('first')
    writeRecording(folder, '2.jsonl', { question: 'q', chunks: ['second'] })
    writeRecording(folder, '1.jsonl', { question: 'q', chunks: ['first again'] })
    const asked = [await ask(double, 'q'), await ask(double, 'q')]
    expect(asked.map(({ body }) => body).toSorted()).toEqual(['first again', 'second'])
  })
})

test('a chunk of many megabytes on one line arrives as it was taped', async () => {
  const text = 'x"\n🙂'.repeat(500_000)
  writeRecording(folder, 'huge.jsonl', { question: 'huge', chunks: [text, 'end'] })
  await using double = await replay()
  const { body } = await ask(double, 'huge')
  expect(body === `${text}end`).toBe(true)
})
