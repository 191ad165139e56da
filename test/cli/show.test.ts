import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { run, runForHead, temporaryFolder } from './command.ts'

const folder = temporaryFolder()
const frame = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`

function tape(name: string, dialect: object, ending: readonly string[]): string {
  const file = join(folder, name)
  const headers = [['content-type', 'text/event-stream']]
  const url = 'https://api.example.com/v1/chat/completions'
  const lines = [
    { recording: 1, by: 'stuntdouble 0.1.0', at: '2026-11-22T10:00:00.000Z', ...dialect },
    { request: { method: 'POST', url, headers: [], body: '{"stream":true}' } },
    { atMs: 12.5, head: { status: 200, headers } },
    { atMs: 20, text: frame('one') },
    { atMs: 31.25, text: frame('two') },
  ]
  const written = [...lines.map((line) => JSON.stringify(line)), ...ending]
  writeFileSync(file, `${written.join('\n')}\n`)
  return file
}

const taped = tape('taped.jsonl', { dialect: 'openai-chat' }, ['{"atMs":40,"end":"reset"}'])
const unknown = tape('unknown.jsonl', {}, ['{"atMs":40,"end":"end"}'])
const cut = tape('cut.jsonl', { dialect: 'openai-chat' }, [])

const scenario = join(folder, 'two-rules.yaml')
writeFileSync(
  scenario,
  `pacing: { ttft: 100ms, itl: 10ms }
rules:
  - { name: first, when: { user: first }, reply: { text: [alpha, beta] } }
  - { name: second, reply: 'You said {{ user }}.' }
`,
)
const long = join(folder, 'long.yaml')
writeFileSync(long, `rules: [{ reply: ${'word '.repeat(20_000)} }]\n`)

async function shown(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(['show', ...args], { FORCE_COLOR: '1' })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).not.toContain('\u001b')
  return stdout
}

describe.concurrent('show of a recording', () => {
  it('prints what was asked, and each step with its time, its gap and its size', async () => {
    const lines = (await shown(taped)).split('\n')
    expect(lines.slice(0, 4)).toEqual([
      taped,
      'taped 2026-11-22T10:00:00.000Z by stuntdouble 0.1.0, openai-chat',
      'POST https://api.example.com/v1/chat/completions',
      '  {"stream":true}',
    ])
    const size = frame('one').length
    expect(lines.slice(6).map((line) => line.trim().split(/\s+/).slice(0, 4))).toEqual([
      ['12.500', '12.500', 'head', '200'],
      ['20.000', '7.500', 'write', `${size}`],
      ['31.250', '11.250', 'write', `${size}`],
      ['40.000', '8.750', 'reset', 'RST'],
      ['2', 'chunks,', `${2 * size}`, 'bytes'],
      [''],
    ])
  })

  it('decodes its frames with --events', async () => {
    expect(await shown(taped, '--events')).toMatch(/· text "one"\n[^·]*· text "two"\n/)
  })

  it('decodes one that names no dialect in the one it is given', async () => {
    const refused = await run(['show', unknown, '--events'])
    expect(refused).toMatchObject({ code: 2, stdout: '' })
    expect(refused.stderr).toContain('names no dialect; say with --dialect')
    expect(await shown(unknown, '--events', '--dialect', 'openai-chat')).toContain('text "two"')
  })

  it('shows every recording of a folder, and says which was cut off', async () => {
    const stdout = await shown(folder)
    for (const file of [taped, unknown, cut]) expect(stdout).toContain(`${file}\n`)
    expect(stdout.match(/cut off while taping: the file has no ending/g)).toHaveLength(1)
  })
})

describe.concurrent('show of a scenario', () => {
  it('prints every rule, at the times it would keep, and decodes it with --events', async () => {
    const stdout = await shown(scenario, '--events')
    expect(stdout.match(/^two-rules\/.*$/gm)).toEqual([
      'two-rules/first (openai-chat, seed 1)',
      'two-rules/second (openai-chat, seed 1)',
    ])
    expect(stdout).toMatch(/^ +100\.000 +0\.000 {2}write .*\n +· text "alpha"$/m)
    expect(stdout).toMatch(/^ +110\.000 +10\.000 {2}write .*\n +· text "beta"$/m)
  })

  it('prints one rule, for one thing said, in one dialect, from one seed', async () => {
    const options = ['--rule', 'second', '--user', 'hi', '--dialect', 'vanus', '--seed', '7']
    const stdout = await shown(scenario, ...options)
    expect(stdout.match(/^two-rules\/.*$/gm)).toEqual(['two-rules/second (vanus, seed 7)'])
    expect(stdout).toContain('{"token":" hi","more":true}')
    expect(stdout).not.toContain('chat.completion')
  })

  it('prints the answer in one piece with --whole', async () => {
    const stdout = await shown(scenario, '--rule', 'first', '--whole', '--dialect', 'vanus')
    expect(stdout).toContain('200 application/json')
    expect(stdout).toContain('\n1 chunk, ')
    expect(stdout).toContain('alphabeta')
  })

  it('is stopped without a word by a reader that leaves, as head does', async () => {
    const { code, stdout, stderr } = await runForHead(['show', long])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain('long/rule 1')
    expect(stdout).not.toContain('a clean end')
  })
})

describe('looking at recordings', () => {
  it('draws one as an SVG file', async () => {
    const file = join(folder, 'drawn.svg')
    expect(await shown(taped, '--svg', file)).toBe('')
    expect(readFileSync(file, 'utf8')).toMatch(/^<svg [\s\S]*taped\.jsonl[\s\S]*<\/svg>\n$/)
  })

  it('compares two, and tells by its exit code what it found', async () => {
    const found = await run(['diff', taped, unknown])
    expect(found).toMatchObject({ code: 1, stderr: '' })
    expect(found.stdout).toContain('they differ in ending')
    const missing = await run(['diff', taped, join(folder, 'missing.jsonl')])
    expect(missing).toMatchObject({ code: 2, stdout: '' })
    expect(missing.stderr).toContain('there is no such file or folder')
  })

  it('lists a folder as JSON', async () => {
    const listed = await run(['list', folder, '--json', '--sort', 'ending'])
    expect(listed).toMatchObject({ code: 0, stderr: '' })
    const rows: readonly { ending: string }[] = JSON.parse(listed.stdout)
    expect(rows.map(({ ending }) => ending)).toEqual(['cut off', 'end', 'reset'])
  })
})
