import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ask, textOf } from '../support/ask.ts'
import { launch, type Running, temporaryFolder } from './command.ts'

const folder = temporaryFolder()
const streams = join(folder, 'streams.yaml')
writeFileSync(
  streams,
  `pacing: instant
rules:
  - { when: { user: short }, reply: [{ text: [one] }, { wait: 3s }, { text: [two] }] }
  - { when: { user: endless }, reply: [{ text: [one] }, { wait: 60m }, { text: [two] }] }
  - { when: { user: hello }, reply: Hello! }
`,
)

/** A stream of which something has arrived. */
async function begun(double: Running, user: string): Promise<{ rest: Promise<string> }> {
  const reply = await ask(double, user)
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader()
  const first = await reader?.read()
  return { rest: readOn(reader, first?.value ?? '') }
}

async function readOn(
  reader: ReadableStreamDefaultReader<string> | undefined,
  before: string,
): Promise<string> {
  let body = before
  for (;;) {
    const next = await reader?.read().catch(() => undefined)
    if (!next) return `${body}(cut)`
    if (next.done) return body
    body += next.value
  }
}

const logLines = (text: string): { level: number; msg: string }[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))

describe.concurrent('a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s lets a stream in flight end', async (signal) => {
    await using serving = await launch('serve', streams)
    const { rest } = await begun(serving, 'short')
    serving.signal(signal)
    expect(textOf(await rest)).toBe('onetwo')
    const { code, stderr } = await serving.finished
    expect(code).toBe(0)
    expect(stderr).toContain('stuntdouble: waiting for 1 stream to end; once more stops at once\n')
  })

  it('stops a relay without scenarios, which has no file to watch', async ({ expect }) => {
    await using service = await launch('serve', streams)
    await using serving = await launch('serve', '--upstream', service.url())
    expect(textOf(await (await ask(serving, 'hello')).text())).toBe('Hello!')
    serving.signal('SIGTERM')
    expect((await serving.finished).code).toBe(0)
  })

  it('stops at once when it comes twice, also what is being taped', async ({ expect }) => {
    await using service = await launch('serve', streams)
    const tapes = join(temporaryFolder(), 'tapes')
    await using serving = await launch('record', '--upstream', service.url(), '--out', tapes)
    const { rest } = await begun(serving, 'endless')
    serving.signal('SIGTERM')
    await expect.poll(() => serving.stderr, { timeout: 10_000 }).toContain('waiting for 1 stream')
    serving.signal('SIGTERM')
    expect(await rest).toMatch(/one.*\(cut\)$/s)
    expect((await serving.finished).code).toBe(0)
  })

  it('stops at once when it comes twice', async ({ expect }) => {
    await using serving = await launch('serve', streams)
    const { rest } = await begun(serving, 'endless')
    serving.signal('SIGINT')
    await expect.poll(() => serving.stderr, { timeout: 10_000 }).toContain('waiting for 1 stream')
    serving.signal('SIGTERM')
    expect(await rest).toMatch(/one.*\(cut\)$/s)
    expect((await serving.finished).code).toBe(0)
  })
})

describe.concurrent('the log', () => {
  it.each([
    ['warn', [40]],
    ['silent', []],
  ])('at level %s is JSON lines on stderr, of that level and above', async (level, levels) => {
    await using serving = await launch('serve', streams, '--log-level', level)
    await (await ask(serving, 'hello')).text()
    await (await ask(serving, 'what nobody knows')).text()
    serving.signal('SIGTERM')
    const { code, stderr, stdout } = await serving.finished
    const lines = logLines(stderr)
    expect({ code, levels: lines.map((line) => line.level) }).toEqual({ code: 0, levels })
    for (const { msg } of lines) expect(msg).toContain('POST /v1/chat/completions')
    expect(stdout).not.toContain('POST /v1/chat/completions 200')
  })
})

describe('a scenario file', () => {
  it('is read again when it is edited, and a broken edit is told with its place', async () => {
    const file = join(folder, 'edited.yaml')
    const write = (rule: string): void => writeFileSync(file, `rules:\n  - ${rule}\n`)
    write('reply: before')
    await using serving = await launch('serve', file)
    const said = async (): Promise<string> => textOf(await (await ask(serving, 'hi')).text())
    const patience = { timeout: 10_000 }
    expect(await said()).toBe('before')
    write('reply: after')
    await expect.poll(said, patience).toBe('after')
    write('{ reply: broken, tmes: 1 }')
    const place = `${file}:2:22: unknown key "tmes"; did you mean "times"?`
    const told = (): string[] => logLines(serving.stderr).map(({ msg }) => msg)
    await expect.poll(() => told().join('\n'), patience).toContain(place)
    expect(await said()).toBe('after')
    write('reply: mended')
    await expect.poll(said, patience).toBe('mended')
  })
})
