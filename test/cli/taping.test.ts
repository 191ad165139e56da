import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { head, rawUpstream } from '../sources/raw-upstream.ts'
import { chatBody, chatPath } from '../support/ask.ts'
import { makeTrust } from '../support/certificate.ts'
import { launch, type Running, run, temporaryFolder } from './command.ts'

const planted = 'sk-planted-3fN8qLzR7vYw2XkT9bHc'

/** Our own demo, which lets in only those who bring the planted key. */
function lockedDemo(folder: string): string {
  const file = join(folder, 'demo.yaml')
  const demo = readFileSync('scenarios/demo.yaml', 'utf8')
  writeFileSync(
    file,
    `${demo.replace('pacing: gpt-4o', 'pacing: instant')}\nauth: { keys: [${planted}] }\n`,
  )
  return file
}

const askWithKey = (double: Running, key: string): Promise<Response> =>
  fetch(double.url(`${chatPath}?api_key=${key}`), {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    body: JSON.stringify(chatBody(`hello, my key is ${key}`, { metadata: { token: key } })),
  })

const filesIn = (folder: string): string[] => readdirSync(folder).map((name) => join(folder, name))

describe.concurrent('taping', () => {
  it('and replaying gives the same answer, and the key is nowhere to be found', async () => {
    const folder = temporaryFolder()
    const tapes = join(folder, 'tapes')
    await using upstream = await launch('serve', lockedDemo(folder))
    const [address, debug] = [upstream.url(), ['--log-level', 'debug']]
    await using recording = await launch('record', '--upstream', address, '--out', tapes, ...debug)
    const taped = await askWithKey(recording, planted)
    expect(taped.status).toBe(200)
    const body = await taped.text()
    expect(body).toMatch(/data: \[DONE\]\n\n$/)
    recording.signal('SIGINT')
    const recorded = await recording.finished
    expect(recorded.code).toBe(0)

    await using replaying = await launch('replay', tapes, '--pace', 'instant', ...debug)
    expect(replaying.firstLine).toBe(`stuntdouble listening on ${replaying.url()}`)
    const replayed = await askWithKey(replaying, planted)
    expect(replayed.headers.get('x-stuntdouble-rule')).toContain('recording/')
    expect(await replayed.text()).toBe(body)
    const missed = await fetch(replaying.url(`/v1/nowhere?api_key=${planted}`))
    expect(missed.status).toBe(404)
    replaying.signal('SIGINT')
    const { code, ...said } = await replaying.finished
    expect(code).toBe(0)

    const files = filesIn(tapes)
    expect(files).toHaveLength(1)
    for (const file of files) expect(statSync(file).mode & 0o777).toBe(0o600)
    const written = files.map((file) => readFileSync(file, 'utf8')).join('\n')
    expect(written).toContain('hello, my key is REDACTED')
    const words = [written, recorded.stdout, recorded.stderr, said.stdout, said.stderr]
    for (const text of words) expect(text).not.toContain(planted)
    expect(recorded.stderr).toContain('POST /v1/chat/completions')
    expect(said.stderr).toContain('/v1/nowhere')
  })

  it('leaves a readable file when it is killed in mid-stream', async ({ expect }) => {
    const folder = temporaryFolder()
    const tapes = join(folder, 'tapes')
    const scenario = join(folder, 'endless.yaml')
    writeFileSync(scenario, 'rules: [{ reply: [{ text: [begun] }, { wait: 60m }] }]\n')
    await using upstream = await launch('serve', scenario)
    await using recording = await launch('record', '--upstream', upstream.url(), '--out', tapes)
    const reply = await askWithKey(recording, planted)
    const left = reply.text().catch(() => 'cut')
    const written = (): string =>
      filesIn(tapes)
        .map((file) => readFileSync(file, 'utf8'))
        .join('')
    await expect.poll(written, { timeout: 10_000 }).toContain('begun')
    recording.signal('SIGKILL')
    expect(await left).toBe('cut')
    expect((await recording.finished).code).toBeNull()

    const [file = ''] = filesIn(tapes)
    const [shown, checked] = await Promise.all([run(['show', file]), run(['check', tapes])])
    expect(shown).toMatchObject({ code: 0, stderr: '' })
    expect(shown.stdout).toContain('cut off while taping: the file has no ending')
    expect(shown.stdout).toContain('2 chunks, ')
    expect(checked).toMatchObject({ code: 0, stderr: '' })
    expect(checked.stdout).toContain(`${file}: cut off while taping`)
  })

  it('asks a service whose certificate an authority of its own has signed', async () => {
    const folder = temporaryFolder()
    const { ca, server } = makeTrust()
    const [authority, tapes] = [join(folder, 'ca.pem'), join(folder, 'tapes')]
    writeFileSync(authority, ca)
    const upstream = await rawUpstream([head('200 OK'), 'all of it', 'FIN'], { server })
    const service = ['--upstream', upstream.url, '--upstream-ca', authority]
    await using recording = await launch('record', ...service, '--out', tapes)
    expect(await (await fetch(recording.url('/anything'))).text()).toBe('all of it')
    await upstream.close()
  })
})
