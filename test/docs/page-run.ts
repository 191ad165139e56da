/**
 * Runs a page from top to bottom as a reader would, in a folder of its own: files are written,
 * servers started, commands run, outputs compared. Nothing is taken for granted but that the
 * package is built, and that the ports which a page names are replaced by free ones.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect } from 'vitest'
import { formatMistake } from '../../src/core/errors.ts'
import { openRecording } from '../../src/recording/store.ts'
import { parseScenario } from '../../src/scenario/load.ts'
import { type Block, read, root } from './pages.ts'
import { shownScenario } from './shown-scenario.ts'

/** What cannot be done again within a test, and what is done in its place. */
const substitutes: Readonly<Record<string, string>> = {
  'npm ci && npm start': 'stuntdouble serve',
  // Tests of their own hold package.json and the lock file to what is assumed here.
  'npm ci && npm test': 'true',
  'npm link': 'true',
}

const serverForm = /^stuntdouble (serve|record|replay)\b/

export class PageRun implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'stuntdouble-docs-'))
  /** Servers and their real ports, by the port that the page shows. */
  readonly #servers = new Map<string, { child: ChildProcess; port: string }>()
  readonly #files = new Map<string, string>()
  readonly #unused = new Set<string>()
  #output: string | undefined
  #scenario: string | undefined

  constructor() {
    const bin = join(this.#folder, 'bin')
    mkdirSync(bin)
    // A curl of our own, so that the tests need nothing but Node; the real one is asked in
    // `npm run test:documents`.
    for (const [name, script] of [
      ['stuntdouble', 'dist/cli/main.js'],
      ['curl', 'test/docs/curl.mjs'],
    ] as const) {
      const command = `#!/bin/sh\nexec '${process.execPath}' '${root}${script}' "$@"\n`
      writeFileSync(join(bin, name), command, { mode: 0o755 })
    }
    for (const name of ['dist', 'node_modules', 'scenarios', 'schema', 'package.json']) {
      symlinkSync(`${root}${name}`, join(this.#folder, name))
    }
  }

  async run(block: Block): Promise<void> {
    const steps: Readonly<Record<string, (block: Block) => void | Promise<void>>> = {
      yaml: (one) => this.#checkYaml(one),
      jsonl: (one) => this.#checkRecording(one),
      js: (one) => this.#write(one),
      json: (one) => this.#write(one),
      yml: (one) => this.#write(one),
      ts: checkTypeScript,
      sh: (one) => this.#command(one),
      text: (one) => this.#compare(one),
    }
    const step = steps[block.language]
    if (!step) throw new Error(`${block.place}: nothing is known to do with "${block.language}"`)
    await step(block)
  }

  /** Files that the page shows, and no command has used. */
  get unused(): readonly string[] {
    return [...this.#unused]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#servers.values()) await stop(child)
    rmSync(this.#folder, { recursive: true })
  }

  #write({ role, text, place }: Block): void {
    if (!/^[\w.-]+$/.test(role)) throw new Error(`${place}: the block needs the name of a file`)
    this.#files.set(role, text)
    this.#unused.add(role)
    this.#save(role, text)
  }

  /** Programs that the page shows name its ports, too. */
  #save(name: string, text: string): void {
    const isProgram = /\.m?js$/.test(name)
    writeFileSync(join(this.#folder, name), isProgram ? this.#withRealPorts(text) : text)
  }

  async #checkYaml(block: Block): Promise<void> {
    const { role, text, place } = block
    if (role !== '') this.#write(block)
    this.#unused.delete(role)
    this.#scenario = text
    const isDialect = /^(?:routes|extends):/m.test(text)
    const indented = text.replaceAll(/^(?=.)/gm, '      ')
    const asScenario = isDialect ? `dialects:\n  -\n${indented}rules: [{ reply: Hi }]\n` : text
    const { mistakes } = await parseScenario(asScenario, join(this.#folder, 'page.yaml'))
    expect(mistakes.map(formatMistake), place).toEqual([])
  }

  #checkRecording(block: Block): void {
    this.#write(block)
    expect(openRecording(join(this.#folder, block.role)).request.method, block.place).toBe('POST')
  }

  async #command({ role, text, place }: Block): Promise<void> {
    for (const name of this.#files.keys()) if (text.includes(name)) this.#unused.delete(name)
    const written = text.trim()
    const command = substitutes[written] ?? written
    if (serverForm.test(command)) return this.#serve(command, place)
    const { code, stdout, stderr } = await this.#shell(this.#withRealPorts(command))
    expect(`exit=${code}`, `${place}\n${stderr}`).toBe(role === '' ? 'exit=0' : role)
    this.#output = this.#withShownPorts(stdout)
  }

  async #serve(command: string, place: string): Promise<void> {
    const shown = /--port (\d+)/.exec(command)?.[1] ?? '4141'
    const running = this.#servers.get(shown)
    if (running) await stop(running.child)
    const real = this.#withRealPorts(command.replace(/ --port \d+/, ''))
    const child = spawn('sh', ['-c', `exec ${real} --port 0`], {
      ...this.#surroundings(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#servers.set(shown, { child, port: '' })
    const port = await listening(child, place)
    this.#servers.set(shown, { child, port })
    for (const [name, text] of this.#files) this.#save(name, text)
  }

  #withRealPorts(text: string): string {
    return text.replaceAll(/(127\.0\.0\.1|localhost):(\d+)/g, (whole, host, shown) => {
      const server = this.#servers.get(shown)
      return server ? `${host}:${server.port}` : whole
    })
  }

  #withShownPorts(text: string): string {
    let shownText = text
    for (const [shown, { port }] of this.#servers) shownText = shownText.replaceAll(port, shown)
    return shownText
  }

  #surroundings() {
    const path = `${join(this.#folder, 'bin')}:${process.env['PATH'] ?? ''}`
    return { cwd: this.#folder, env: { ...process.env, PATH: path, NO_COLOR: '1' } }
  }

  #shell(command: string): Promise<{ code: number; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      const options = { ...this.#surroundings(), timeout: 30_000 }
      const child = execFile('sh', ['-ec', command], options, (_error, stdout, stderr) => {
        resolve({ code: child.exitCode ?? -1, stdout, stderr })
      })
    })
  }

  async #compare({ role, text, place }: Block): Promise<void> {
    if (role === '') return
    if (role === 'output') expectOutput(this.#output, text, place)
    else if (role === 'show') expectOutput(await shownScenario(this.#scenario), text, place)
    else throw new Error(`${place}: no text is "${role}"; known are output and show`)
  }
}

function expectOutput(printed: string | undefined, text: string, place: string): void {
  if (printed === undefined) throw new Error(`${place}: nothing before it printed anything`)
  expect(printed.trim(), place).toBe(text.trim())
}

function checkTypeScript({ role, text, place }: Block): void {
  const [, kind, path = ''] = /^(test|from)=(\S+)$/.exec(role) ?? []
  if (kind === undefined) throw new Error(`${place}: the block needs test=PATH or from=PATH`)
  const source = read(path)
  if (kind === 'from') expect(source, place).toContain(text)
  else expect(text, place).toBe(source.replace("'../../src/index.ts'", "'stuntdouble'"))
}

/** The port that a server's first line names. */
async function listening(child: ChildProcess, place: string): Promise<string> {
  let said = ''
  child.stderr?.on('data', (data: Buffer) => {
    said += data.toString()
  })
  if (child.stdout) {
    for await (const line of createInterface({ input: child.stdout })) {
      const port = /^stuntdouble listening on http:\/\/\S+:(\d+)$/.exec(line)?.[1]
      // A pipe that nobody reads would fill up and stop the server.
      child.stdout.resume()
      if (port) return port
      break
    }
  }
  throw new Error(`${place}: the server did not start: ${said}`)
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}
