import {
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { HttpRequest } from '../../src/core/http.ts'
import type { Step, WriteStep } from '../../src/core/timeline.ts'
import {
  createTape,
  listRecordings,
  openRecording,
  type Tape,
  type TapeHead,
} from '../../src/recording/store.ts'
import { Appender, DiskPace } from '../../src/recording/store-appender.ts'

const folders: string[] = []

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
  folders.push(made)
  return join(made, 'tapes')
}

afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true })
})

const request: HttpRequest = {
  method: 'POST',
  url: '/v1/chat/completions?key=abcdefgh',
  path: '/v1/chat/completions',
  query: new URLSearchParams('key=abcdefgh'),
  headers: [
    ['content-type', 'application/json'],
    ['authorization', 'Bearer my-secret-key'],
  ],
  params: {},
  body: Buffer.from('{"q":"my-secret-key"}'),
}

const head: TapeHead = {
  by: 'stuntdouble 0.1.0',
  arrivedMs: Date.UTC(2026, 10, 22, 10),
  dialect: 'openai-chat',
  request,
  url: 'https://api.example.com/base/v1/chat/completions?key=abcdefgh',
}

const start = { atMs: 1.23456, do: 'head', status: 200, headers: [['content-type', 'x']] } as const
const chunk = (atMs: number, text: string): WriteStep => ({
  atMs,
  do: 'write',
  bytes: Buffer.from(text),
})

const shape = (steps: Iterable<Step>): unknown[] =>
  [...steps].map((step) =>
    step.do === 'write'
      ? [step.atMs, Buffer.from(step.bytes).toString('latin1')]
      : [step.atMs, step.do],
  )

test('an exchange is one file of JSON lines, for its owner only, named by its time', async () => {
  const where = folder()
  const tape = createTape(where, head)
  tape.write(start)
  tape.write(chunk(2, 'echo: my-secret-key\n'))
  tape.write({ atMs: 3, do: 'write', bytes: Uint8Array.of(0xe2, 0x9c) })
  await tape.end('reset', 4)
  expect(tape.path).toMatch(
    /tapes\/2026-11-22T10-00-00\.000Z-\d{4}-post-v1-chat-completions\.jsonl$/,
  )
  expect(statSync(tape.path).mode & 0o777).toBe(0o600)
  expect(statSync(where).mode & 0o077).toBe(0)
  expect(readFileSync(tape.path, 'utf8')).toBe(
    [
      '{"recording":1,"by":"stuntdouble 0.1.0","at":"2026-11-22T10:00:00.000Z","dialect":"openai-chat"}',
      '{"request":{"method":"POST","url":"https://api.example.com/base/v1/chat/completions?key=REDACTED","asked":"/v1/chat/completions?key=REDACTED","headers":[["content-type","application/json"]],"body":"{\\"q\\":\\"REDACTEDxxxxx\\"}"}}',
      '{"atMs":1.235,"head":{"status":200,"headers":[["content-type","x"]]}}',
      '{"atMs":2,"text":"echo: REDACTEDxxxxx\\n"}',
      '{"atMs":3,"base64":"4pw="}',
      '{"atMs":4,"end":"reset"}',
      '',
    ].join('\n'),
  )
})

test('a recording gives its timeline as often as it is asked, small or large', async () => {
  for (const size of [10, 3000]) {
    const tape = createTape(folder(), head)
    tape.write({ ...start, atMs: 1 })
    const chunks = Array.from({ length: size }, (_, i) => chunk(i + 2, `${i} ${'ä'.repeat(300)}.`))
    for (const step of chunks) tape.write(step)
    await tape.end('end', size + 2)
    const recording = openRecording(tape.path)
    const expected = shape([{ ...start, atMs: 1 }, ...chunks, { atMs: size + 2, do: 'end' }])
    expect(shape(recording.timeline())).toEqual(expected)
    expect(shape(recording.timeline())).toEqual(expected)
    expect(recording).toMatchObject({ status: 200, ending: 'end', dialect: 'openai-chat' })
  }
})

test('a large recording is read as it is played, and closed when the player stops early', async () => {
  const tape = createTape(folder(), head)
  tape.write(start)
  for (let i = 0; i < 40; i++) tape.write(chunk(i + 2, 'y.'.repeat(50_000)))
  await tape.end('end', 99)
  const recording = openRecording(tape.path)
  const openFiles = () => readdirSync('/proc/self/fd').length
  const before = openFiles()
  for (let i = 0; i < 20; i++) {
    for (const step of recording.timeline()) if (step.do === 'write') break
  }
  expect(openFiles()).toBe(before)
})

test('the same file is the same recording until it changes', async () => {
  const tape = createTape(folder(), head)
  tape.write(start)
  await tape.end('end', 4)
  const recording = openRecording(tape.path)
  expect(openRecording(tape.path)).toBe(recording)
  writeFileSync(tape.path, readFileSync(tape.path, 'utf8').replace('"end":"end"', '"end":"close"'))
  expect(openRecording(tape.path).ending).toBe('close')
})

test('exchanges of the same millisecond get files of their own', async () => {
  const where = folder()
  const tapes = Array.from({ length: 50 }, () => createTape(where, head))
  await Promise.all(tapes.map((tape) => tape.end('end', 1)))
  expect(new Set(tapes.map((tape) => tape.path)).size).toBe(50)
  const { recordings, mistakes } = listRecordings([where])
  expect(mistakes).toEqual([])
  expect(recordings.map(({ file }) => file)).toEqual(tapes.map((tape) => tape.path))
})

test('a folder lists what is sound, and every mistake of what is not', async () => {
  const where = folder()
  const tape = createTape(where, head)
  await tape.end('end', 1)
  writeFileSync(join(where, 'broken.jsonl'), 'hello\n')
  writeFileSync(join(where, 'notes.txt'), 'not looked at')
  const { recordings, mistakes } = listRecordings([where, join(where, 'missing.jsonl')])
  expect(recordings).toHaveLength(1)
  expect(mistakes.map(({ line, message }) => [line, message.split(':')[0]])).toEqual([
    [1, 'no JSON'],
    [1, 'there is no such file or folder'],
  ])
  expect(() => openRecording(join(where, 'broken.jsonl'))).toThrow(/broken\.jsonl:1:1: no JSON/)
})

test('a service that was never reached is said to be so, and after an ending nothing is kept', async () => {
  const tape = createTape(folder(), head)
  await tape.fail('connect ECONNREFUSED my-secret-key', 5)
  tape.write(chunk(6, 'late'))
  await tape.end('end', 7)
  const recording = openRecording(tape.path)
  expect(recording).toMatchObject({
    status: undefined,
    ending: undefined,
    failed: 'connect ECONNREFUSED REDACTEDxxxxx',
  })
  expect(readFileSync(tape.path, 'utf8').trimEnd().split('\n')).toHaveLength(3)
})

test('a disk that falls behind stops the tape, says so once, and leaves whole lines', async () => {
  const file = join(tmpdir(), `stuntdouble-slow-${process.pid}.jsonl`)
  const failures: string[] = []
  let nowMs = 0
  const pace = new DiskPace(() => (nowMs += 201))
  pace.measure(() => undefined)
  expect(pace.isSlow).toBe(false)
  pace.measure(() => undefined)
  const appender = new Appender({
    onFailure: (error) => failures.push(error.message),
    mostQueuedBytes: 100,
    pace,
  })
  appender.open(openSync(file, 'w'))
  for (let i = 0; i < 50; i++) appender.append([`line ${i}`])
  await appender.close()
  const written = readFileSync(file, 'utf8')
  rmSync(file)
  expect(failures).toEqual(['the disk is too slow to tape'])
  expect(written).toBe('line 0\n')
})

test('a full disk stops the tape, says so once, and disturbs nobody', async () => {
  const failures: string[] = []
  const appender = new Appender({ onFailure: (error) => failures.push(error.message) })
  appender.open(openSync('/dev/full', 'w'))
  for (let i = 0; i < 3; i++) appender.append([`line ${i}`])
  await appender.close()
  expect(failures).toEqual([expect.stringContaining('ENOSPC')])
})

test('once open, what is written is with the kernel when the call returns, and all before the end', async () => {
  let tape: Tape | undefined
  await new Promise<void>((opened) => {
    tape = createTape(folder(), head, opened)
  })
  if (!tape) throw new Error('there is no tape')
  const { path } = tape
  const onDisk = (): number => readFileSync(path, 'utf8').split('\n').length - 1
  expect(onDisk()).toBe(2)
  tape.write(start)
  for (let i = 0; i < 5; i++) {
    tape.write(chunk(i + 2, `data: {"delta":"word ${i}"}\n\n`))
    expect(onDisk()).toBe(i + 4)
  }
  void tape.end('end', 9)
  expect(readFileSync(path, 'utf8')).toMatch(/"end":"end"\}\n$/)
})

test('what comes before the file is open waits for it', async () => {
  const tape = createTape(folder(), head)
  tape.write(start)
  tape.write(chunk(2, 'data: 1\n\n'))
  expect(tape.path).toBe('')
  await tape.end('end', 3)
  expect(shape(openRecording(tape.path).timeline())).toHaveLength(3)
})

test('a tape whose file is removed while it is written is said to be lost', async () => {
  const failures: Error[] = []
  const tape = createTape(folder(), { ...head, onFailure: (error) => failures.push(error) })
  tape.write(start)
  while (tape.path === '') await new Promise((opened) => setImmediate(opened))
  rmSync(tape.path)
  await tape.end('end', 2)
  expect(failures.map(({ message }) => message)).toEqual(['its file was removed meanwhile'])
})

test('a tape that cannot be opened fails at its end where nobody else is told', async () => {
  const file = join(folder(), '..', 'a-file')
  writeFileSync(file, '')
  await expect(createTape(file, head).end('end', 2)).rejects.toThrow('EEXIST')
})

test('a folder that cannot be written to leaves the exchange untaped, and says so', async () => {
  const file = join(folder(), '..', 'a-file')
  writeFileSync(file, '')
  const failures: Error[] = []
  const tape = createTape(file, { ...head, onFailure: (error) => failures.push(error) })
  tape.write(start)
  await tape.end('end', 2)
  expect(tape.path).toBe('')
  expect(failures.map(({ message }) => message)).toEqual([expect.stringContaining('EEXIST')])
})
