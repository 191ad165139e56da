import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run, runForNobody, temporaryFolder } from './command.ts'

const about = '{"recording":1,"by":"stuntdouble 0.1.0","at":"2026-11-22T10:00:00.000Z"}'
const request = '{"request":{"method":"GET","url":"http://h/","headers":[]}}'
const head = '{"atMs":1,"head":{"status":200,"headers":[]}}'
const end = '{"atMs":2,"end":"end"}'

const root = temporaryFolder()

function write(name: string, lines: readonly string[]): string {
  const file = join(root, name)
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

const good = write('good.yaml', ['rules:', '  - reply: hello'])
const misspelt = write('bad/misspelt.yaml', [
  'rules:',
  '  - reply: a',
  '    tmes: 2',
  '    whn: {}',
])
const wrong = write('bad/wrong.yaml', ['pacing: gpt-5o', 'rules:', '  - reply: b'])
const untaped = write('bad/untaped.jsonl', [about, request, head, '{"atMs":', end])
write('taped/taped.jsonl', [about, request, head, end])
write('cut/cut.jsonl', [about, request, head])
const empty = join(root, 'empty')
mkdirSync(empty)

describe.concurrent('check', () => {
  it('names every mistake with its place, in files and folders alike', async () => {
    const [files, folder] = await Promise.all([
      run(['check', misspelt, wrong, untaped]),
      run(['check', join(root, 'bad')]),
    ])
    expect(files).toMatchObject({ code: 1, stderr: '' })
    expect(files.stdout.split('\n')).toEqual([
      `${misspelt}:3:5: unknown key "tmes"; did you mean "times"?`,
      `${misspelt}:4:5: unknown key "whn"; did you mean "when"?`,
      expect.stringMatching(`^${wrong}:1:9: .*did you mean "gpt-4o"\\?`),
      expect.stringMatching(`^${untaped}:4:\\d+: `),
      '',
      '4 mistakes',
      '',
    ])
    expect(folder).toEqual(files)
  })

  it('gives the mistakes as JSON to programs', async () => {
    const [bad, sound] = await Promise.all([
      run(['check', '--json', wrong, untaped]),
      run(['check', '--json', good]),
    ])
    const message = expect.any(String)
    expect(bad.code).toBe(1)
    expect(JSON.parse(bad.stdout)).toEqual([
      { file: wrong, line: 1, column: 9, message },
      { file: untaped, line: 4, column: expect.any(Number), message },
    ])
    expect(sound.code).toBe(0)
    expect(JSON.parse(sound.stdout)).toEqual([])
  })

  it('is content with the rest, also with a recording that was cut off, and says so', async () => {
    const folders = [join(root, 'taped'), join(root, 'cut'), 'scenarios']
    const { code, stdout, stderr } = await run(['check', good, ...folders])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^\S+cut\.jsonl: cut off while taping.*\n\d+ files, no mistakes\n$/)
  })

  it('takes what is not there, and a folder with nothing in it, for mistakes', async () => {
    const missing = ['a.yaml', 'b.jsonl', 'c'].map((name) => join(root, name))
    const { code, stdout, stderr } = await run(['check', ...missing, empty, good])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
    expect(stdout.split('\n')).toEqual([
      ...missing.map((file) => `${file}:1:1: there is no such file or folder`),
      expect.stringMatching(`^${empty}:1:1: there is no scenario .* and no recording`),
      '',
      '4 mistakes',
      '',
    ])
  })

  it('looks for secrets, tells where they stand and never what they are', async () => {
    const leaky = write('leaky/a.jsonl', [
      about,
      request.replace('h/', 'h/?key=paris99'),
      head,
      end,
    ])
    const note = write('leaky/note.txt', ['', 'export A_KEY=abcd1234efgh5678'])
    const args = ['check', '--secrets', join(root, 'leaky'), note, good]
    const [told, fixed, wrong] = await Promise.all([
      run(args),
      run([...args, '--allow', 'abcd1234efgh5678', '--secret', '/(a+)+b/']),
      run(['check', '--fix', good]),
    ])
    expect(told).toMatchObject({ code: 1, stderr: '' })
    expect(told.stdout.split('\n')).toEqual([
      `${leaky}:2:49: the value of key (7 characters)`,
      `${note}:2:14: the value of A_KEY (16 characters)`,
      '',
      '2 secrets',
      '',
    ])
    expect(fixed).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('repeats a repetition'),
    })
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('need --secrets') })
  })

  it('keeps its exit code when nobody reads what it says', async () => {
    const { code, stderr } = await runForNobody(['check', join(root, 'bad')])
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  })
})
