/** Clients that do it right and wrong, as functions and as processes, against a real server. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { checkReportFiles } from '../../src/cli/torture-files.ts'
import { RealClock } from '../../src/time/clock.ts'
import type { ClientFunction } from '../../src/torture/client.ts'
import { environmentFor } from '../../src/torture/environment.ts'
import type { VariantResult } from '../../src/torture/report.ts'
import { reportHtml } from '../../src/torture/report-html.ts'
import { reportJson } from '../../src/torture/report-json.ts'
import { reportJunit } from '../../src/torture/report-junit.ts'
import { renderReport } from '../../src/torture/report-text.ts'
import type { TortureOptions } from '../../src/torture/settings.ts'
import { smallestOf } from '../../src/torture/smallest.ts'
import { commandClient } from '../../src/torture/spawn.ts'
import { listVariants, torture } from '../../src/torture/torture.ts'

const scenario = { name: 'short', rules: [{ name: 'all', reply: 'One two three.' }] }
const environment = { PATH: process.env['PATH'] }

const ask = async (base: string | undefined, signal?: AbortSignal): Promise<Response> =>
  await fetch(`${base}/chatapi`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'hello' }] }),
    ...(signal ? { signal } : {}),
  })

/** Reads frames wherever the chunks end, and wants to hear the end. */
const right: ClientFunction = async ({ STUNTDOUBLE_URL }, stop) => {
  const response = await ask(STUNTDOUBLE_URL, AbortSignal.any([stop, AbortSignal.timeout(3000)]))
  if (!response.ok) throw new Error(`status ${response.status}`)
  const body = await response.text()
  const payloads = [...body.matchAll(/^data:(.*)$/gm)].map(([, data = '']) => data)
  if (!payloads.includes('[DONE]')) throw new Error('cut off')
  return payloads
    .filter((data) => data !== '[DONE]')
    .map((data) => JSON.parse(data).content)
    .join('')
}

/** Takes each chunk for whole lines, and any end for the end of the answer. */
const byChunk: ClientFunction = async ({ STUNTDOUBLE_URL }) => {
  const response = await ask(STUNTDOUBLE_URL)
  let heard = ''
  for await (const chunk of response.body ?? []) {
    if (!response.ok) throw new Error('refused')
    for (const line of Buffer.from(chunk).toString().split('\n')) {
      if (!line.startsWith('data:') || line === 'data:[DONE]') continue
      heard += JSON.parse(line.slice(5)).content
    }
  }
  return heard
}

const eager: ClientFunction = async (told, stop) => {
  while (!stop.aborted) {
    const heard = await right(told, stop).catch(() => undefined)
    if (heard !== undefined) return heard
  }
  return ''
}

const verdictsOf = ({ variants }: { variants: readonly VariantResult[] }) =>
  Object.fromEntries(variants.map(({ name, verdict }) => [name, verdict]))

const run = (options: TortureOptions) => torture({ scenario, budget: 'all', ...options })

describe('a client as a function', () => {
  it('that does it right passes cuts, splits and errors', async () => {
    const only = ['clean', 'cut/end', 'cut/reset/frame-2', 'split/byte-12', 'http/500', 'drop/*']
    const report = await run({ run: right, only })
    expect(report.variants.filter(({ allowed }) => !allowed)).toEqual([])
    expect(report.variants.length).toBeGreaterThan(8)
    expect(verdictsOf(report)).toMatchObject({
      clean: 'same output',
      'cut/end/frame-0': 'clean error',
      'split/byte-12': 'same output',
      'http/500': 'clean error',
    })
  })

  it('that does not wait for the end is caught where one is missing, by the earliest such place', async () => {
    const report = await run({ run: byChunk, only: ['clean', 'cut/end/*'] })
    expect(verdictsOf(report)).toMatchObject({
      clean: 'same output',
      'cut/end/frame-0': 'silent truncation',
      'cut/end/frame-2': 'silent truncation',
    })
    const look = { columns: 100, color: false, repeat: (name: string) => `again ${name}` }
    const text = [...renderReport(report, look)]
    const first = /^silent truncation: cut\/end\/frame-0, the smallest of/
    expect(text).toContainEqual(expect.stringMatching(first))
    expect(text).toContain('  repeat   again cut/end/frame-0')
    expect(report.smallest.map(({ again }) => again)).toEqual([undefined])
  })

  it('that takes each chunk for whole lines is caught by splits at a byte', async () => {
    const report = await run({ run: byChunk, only: ['split/byte-1?'], jobs: 4 })
    const caught = report.variants.filter(({ allowed }) => !allowed)
    expect(report.variants.length).toBeGreaterThan(5)
    expect(caught.length).toBeGreaterThan(0)
    for (const { name } of caught) expect(name).toMatch(/^split\/byte-1\d$/)
  })

  it('that is answered by an error which no rule asks for is refused, unless that is wanted', async () => {
    const calm: ClientFunction = async ({ STUNTDOUBLE_URL }) =>
      String(
        (await fetch(`${STUNTDOUBLE_URL}/v1/chat/completions`, { method: 'POST', body: '{' })).ok,
      )
    await expect(run({ run: calm })).rejects.toThrow(/the clean reply is an error: .* by 400 /)
    const only = ['clean']
    const wanted = await run({ run: calm, only, allowErrorReply: true })
    expect(verdictsOf(wanted)).toEqual({ clean: 'same output' })
    const rules = [{ reply: { error: 'overloaded' } }]
    const told: ClientFunction = async ({ STUNTDOUBLE_URL }) =>
      String((await ask(STUNTDOUBLE_URL)).status)
    const scripted = await run({ run: told, only, scenario: { name: 'no', rules } })
    expect(scripted.clean.requests).toMatchObject([{ ended: 'end' }])
  })

  it('that tries again at once and without end is a storm, and is stopped', async () => {
    const report = await run({ run: eager, only: ['cut/end/frame-1'], timeoutMs: 8000 })
    const [result] = report.variants
    expect(result).toMatchObject({ verdict: 'retry storm', seen: { stopped: 'storm' } })
  })

  it('that never asks is told what to read', async () => {
    await expect(run({ run: async () => 'nothing' })).rejects.toThrow(
      /never asked.*OPENAI_BASE_URL/,
    )
  })

  it('that fails already without a fault is told what it said', async () => {
    const failing: ClientFunction = async (told, stop) => {
      await right(told, stop)
      throw new Error('I never liked this')
    }
    await expect(run({ run: failing })).rejects.toThrow(
      /clean run failed.*exit code 1[\s\S]*I never liked/,
    )
  })

  it('that asks for what nothing answers is told so', async () => {
    const lost: ClientFunction = async ({ STUNTDOUBLE_URL }) =>
      (await fetch(`${STUNTDOUBLE_URL}/nowhere`)).text()
    await expect(run({ run: lost })).rejects.toThrow(/not clean: GET \/nowhere/)
  })
})

describe('a client as a process', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stuntdouble-torture-'))
  const script = (name: string, text: string): readonly string[] => {
    const file = join(folder, name)
    writeFileSync(file, text)
    return [process.execPath, '--no-opt', file, '{url}']
  }
  const asking = `
const url = process.argv[2]
if (url !== process.env.STUNTDOUBLE_URL) process.exit(9)
const response = await fetch(url + '/chatapi', { method: 'POST', headers: { 'content-type': 'application/json' },
  body: '{"messages":[{"role":"user","content":"hello"}]}' })
`

  it('is judged by signal and by silence, and leaves no child behind', async () => {
    const pids = join(folder, 'pids')
    const command = script(
      'two-ways.mjs',
      `import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
const child = spawn('sleep', ['60'], { stdio: 'inherit' })
appendFileSync(${JSON.stringify(pids)}, process.pid + ' ' + child.pid + ' ')
child.unref()
${asking}
if (response.status === 500) process.kill(process.pid, 'SIGSEGV')
console.log(await response.text())
process.exit()`,
    )
    const only = ['clean', 'http/500', 'cut/hang/frame-1']
    const report = await run({ command, only, timeoutMs: 1500, jobs: 3, env: environment })
    expect(verdictsOf(report)).toMatchObject({
      'http/500': 'crash',
      'cut/hang/frame-1': 'hang',
    })
    const hung = report.variants.find(({ verdict }) => verdict === 'hang')
    expect(hung?.seen.requests).toMatchObject([{ status: 200, ended: 'client-left' }])
    const left = readFileSync(pids, 'utf8').trim().split(' ').filter(isAlive)
    expect(left).toEqual([])
  })

  it.each([
    [{ json: folder }, 'is a folder; name a file in it'],
    [{ junit: join(folder, 'nowhere', 'a.xml') }, 'there is no folder'],
    [{ html: '' }, 'the name of a file is missing'],
  ])('is not even started where the report has no place: %o', (files, said) => {
    expect(() => checkReportFiles(files)).toThrow(said)
  })

  it('that may not be run is told what to do', async () => {
    const file = join(folder, 'plain.txt')
    writeFileSync(file, 'no program', { mode: 0o644 })
    await expect(run({ command: [file] })).rejects.toThrow(`chmod +x ${file}, or name what runs it`)
  })

  it('loses the variables that would take it elsewhere', async () => {
    const env = { ...environment, AWS_PROFILE: 'work' }
    const client = commandClient(['env'], { clock: new RealClock(), env })
    const told = environmentFor('http://127.0.0.1:1', env)
    const { stdout } = await client(told, new AbortController().signal)
    expect(stdout).not.toContain('AWS_PROFILE')
    expect(stdout).toContain('AWS_DEFAULT_REGION=us-east-1')
  })

  it('that cannot be started is told so', async () => {
    const none = run({ command: ['no-such-command-here'] })
    await expect(none).rejects.toThrow('cannot run no-such-command-here: there is no such command')
  })
})

/** A zombie that waits for its parent's look is over, too. */
function isAlive(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

describe('torture', () => {
  it('lists all variants, or all that are chosen, whatever the budget', async () => {
    const options = { scenario, run: right, budget: '3' }
    const all = await listVariants(options)
    expect(new Set(all.map(({ group }) => group)).size).toBeGreaterThan(10)
    const cuts = all.filter(({ name }) => name.startsWith('cut/reset/'))
    expect(await listVariants({ ...options, only: ['cut/reset'] })).toEqual(cuts)
  })

  it('says what a budget has left out, and keeps what it ran to find the simplest', async () => {
    const report = await run({ run: byChunk, only: ['cut/end', 'http'], budget: '1' })
    const text = [...renderReport(report, { columns: 100, color: false, repeat: String })]
    expect(report.unreached).toEqual(['http'])
    expect(text).toContain('Nothing was run of: http.')
    expect(text).toContain('--budget all runs the rest; --list names all that there are.')
    const [failed] = report.variants
    if (!failed) throw new Error('nothing was run')
    const late = { ...failed, name: 'cut/end/frame-9', size: 9 }
    const attempt = async () => failed
    const plans = [failed, late]
    const search = { results: [late], plans, attempt, isOver: () => false }
    const later = await smallestOf(search)
    expect(later.tried).toMatchObject([{ name: failed.name, shrunk: true }])
    const json = JSON.parse(reportJson({ ...report, variants: later.tried }))
    expect(json.variants).toMatchObject([{ name: failed.name, shrunk: true }])
  })

  it('reports to programs and build servers what it found', async () => {
    const report = await run({ run: byChunk, only: ['cut/end/frame-1', 'http/500'] })
    const { variants, summary } = JSON.parse(reportJson(report))
    expect(Object.keys(variants[0]).slice(0, 8)).toEqual([
      'name',
      'fault',
      'seed',
      'verdict',
      'requests',
      'ms',
      'exit',
      'output',
    ])
    expect(variants[0]).toMatchObject({
      name: 'cut/end/frame-1',
      fault: [{ end: { at: { frame: 1 } } }],
      requests: 1,
    })
    expect(summary).toMatchObject({ variants: 2, verdicts: { 'silent truncation': 1 } })
    const junit = reportJunit(report)
    expect(junit).toContain('<testsuite name="cut" tests="1" failures="1" errors="0"')
    expect(junit).toMatch(
      /<failure message="silent truncation: [^"<]*" type="silent truncation">fault: end/,
    )
    expect(reportHtml(report, (name) => `again ${name}`)).toContain('again cut/end/frame-1')
  })

  it('stops when it is told to, and reports what it has', async () => {
    const stopper = new AbortController()
    const report = await run({
      run: right,
      only: ['cut/*'],
      jobs: 1,
      signal: stopper.signal,
      onProgress: (progress) => {
        if (progress.at === 'variant' && progress.done === 2) stopper.abort()
      },
    })
    expect(report.interrupted).toBe(true)
    expect(report.variants).toHaveLength(2)
  })

  it('never hands a real key to a client', () => {
    const told = environmentFor('http://127.0.0.1:1', {
      OPENAI_API_KEY: 'sk-real',
      NO_PROXY: 'corp',
    })
    expect(Object.keys(told)).toContain('AWS_PROFILE')
    expect(told['AWS_PROFILE']).toBeUndefined()
    expect(told['AWS_DEFAULT_REGION']).toBe(told['AWS_REGION'])
    expect(told).toMatchObject({
      OPENAI_API_KEY: 'none',
      OPENAI_BASE_URL: 'http://127.0.0.1:1/v1',
      ANTHROPIC_BASE_URL: 'http://127.0.0.1:1',
      NO_PROXY: 'corp,127.0.0.1,localhost',
    })
  })

  it.each([
    [{ only: ['cut/nothing'] }, /there is no variant "cut\/nothing"; (did you mean|known are)/],
    [{ only: [] }, /only is empty/],
    [
      { allow: ['hang:drip/*'] },
      /--allow hang:drip\/\*: there is no variant "drip\/\*"; did you mean/,
    ],
    [{ ignore: ['query:page'] }, /there is none/],
    [{ recording: 'a.jsonl' }, /from a scenario or from a recording, not from both/],
    [{ jobs: 0 }, /jobs must be/],
  ])('refuses %o', async (options, message) => {
    await expect(run({ run: right, ...options })).rejects.toThrow(message)
  })
})
