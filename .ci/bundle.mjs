/**
 * One bundle of our code and of what it stands on: most of a command's start was the finding,
 * reading and compiling of some eight hundred modules. Types are made by tsc beside it.
 *
 * The code is CommonJS behind two small files, since only of that Node 20 can keep what V8 has
 * compiled. `OUT=folder` builds into another folder than `dist`, to measure one state of the code
 * beside another.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'
import {
  divide,
  isStandIn,
  packageGroups,
  packagesWhenAsked,
  reached,
  whenUsed,
} from './packages.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const folder = resolve(process.env.OUT ?? join(root, 'dist'))
// Made beside it, so that a failure leaves what was there before.
const made = `${folder}.new`
const code = join(made, 'code')
const tidy = () => rmSync(made, { recursive: true, force: true })
tidy()
process.once('exit', tidy)
mkdirSync(code, { recursive: true })

const usual = {
  cwd: root,
  platform: 'node',
  // What the oldest Node knows; later syntax, such as `await using`, is rewritten.
  transform: { target: 'node20.19' },
  // Large and seldom asked for.
  external: [/^node:/, /^@faker-js\//],
  checks: { ineffectiveDynamicImport: false },
}

/** Whoever takes a copy of their code takes their licences along. */
const notices = {
  name: 'notices',
  generateBundle() {
    const folders = new Set()
    for (const id of this.getModuleIds()) {
      const found = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0]
      if (found) folders.add(found)
    }
    const texts = [...folders].sort().map(noticeOf)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(made, 'NOTICES.txt'), texts.join('\n\n'))
  },
}

function noticeOf(of) {
  const { name, version, license } = JSON.parse(readFileSync(`${of}/package.json`, 'utf8'))
  const file = readdirSync(of).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file ? readFileSync(`${of}/${file}`, 'utf8').trim() : `License: ${license}`
  return `${name} ${version}\n\n${text}\n`
}

/**
 * Koa and what it stands on bring three versions of one long list of media types. One is enough, and
 * to sort it takes 17 ms, so that it is not done before somebody asks for a type.
 */
let mediaTypes
const oneMediaTypeList = {
  name: 'one-media-type-list',
  async resolveId(id) {
    if (id !== 'mime-types') return
    const { id: file } = await this.resolve(id, join(root, 'node_modules/koa/lib/response.js'), {
      skipSelf: true,
    })
    mediaTypes = file
    return { id: '\0media-types' }
  },
  load(id) {
    if (id !== '\0media-types') return
    const list = `require(${JSON.stringify(mediaTypes)})`
    return ['charset', 'contentType', 'extension', 'lookup']
      .map((name) => `exports.${name} = (...args) => ${list}.${name}(...args)`)
      .join('\n')
  },
}

/**
 * `http-errors` and `cookies` ask for the place in the code that is going to warn of old usage. To
 * number the lines of a file as long as ours for that takes 15 ms, and nobody is warned by us.
 */
const noWarnings = {
  name: 'no-warnings',
  load: (id) =>
    id.endsWith('/node_modules/depd/index.js')
      ? `module.exports = () => Object.assign(() => {}, { function: (run) => run, property() {} })`
      : undefined,
}

/** What two packages load at once and we never ask them for: 10 ms. */
const unasked = {
  // Commander can start other commands as processes.
  '/commander/lib/command.js': [/^const childProcess = require\('node:child_process'\);$/m, ''],
  // Where it is given no seed.
  '/seedrandom/seedrandom.js': [/^ *nodecrypto = require\('crypto'\);$/m, ''],
}
const nothingUnasked = {
  name: 'nothing-unasked',
  transform(code, id) {
    const [, change] = Object.entries(unasked).find(([file]) => id.endsWith(file)) ?? []
    if (!change) return
    if (!change[0].test(code)) throw new Error(`${id} is not as it was: see bundle.mjs`)
    return code.replace(...change)
  },
}

/** Zod speaks fifty languages, half a megabyte of them; we speak one, and it in our own words. */
const oneLanguage = {
  name: 'one-language',
  load: (id) =>
    id.endsWith('/zod/v4/locales/index.js') ? "export { default as en } from './en.js'" : undefined,
}

/** What `run` makes of the exports of a file of ours, here and now. */
async function asked(source, run) {
  // Where the bundle is, so that it finds the files of the package.
  const file = join(root, `dist/code/${basename(source, '.ts')}-${process.pid}.mjs`)
  const bundle = await rolldown({ ...usual, input: source })
  await bundle.write({ file, format: 'esm' })
  try {
    return await run(await import(pathToFileURL(file).href))
  } finally {
    rmSync(file)
  }
}

/** What files of the package say, instead of the reading of them. */
async function shippedFiles() {
  const [dialectFile, scenarioFile] = ['shipped', 'known'].map(
    (name) => `src/scenario/load-${name}.ts`,
  )
  const dialects = await asked(dialectFile, (code) => code.shippedDescriptions())
  const folder = pathToFileURL(join(root, 'scenarios/'))
  const scenarios = await asked(scenarioFile, (code) => code.readShipped(folder))
  // As a text, which V8 reads sooner than a literal.
  const inJson = `JSON.parse(${JSON.stringify(JSON.stringify(dialects))})`
  const none = /^const shipped\b.* = \{\}$/m
  return {
    name: 'shipped-files',
    load: (id) =>
      id === join(root, dialectFile)
        ? `const shipped = ${inJson}\nexport const shippedDescriptions = async () => shipped`
        : undefined,
    transform(code, id) {
      if (id !== join(root, scenarioFile)) return
      if (!none.test(code)) throw new Error(`${scenarioFile} has no place for what is known`)
      return code.replace(none, () => `const shipped = ${JSON.stringify(scenarios)}`)
    },
  }
}

/** What `serve` imports before its first line; the rest need not be read for that. */
const firstLine = ['cli/serve', 'cli/banner', 'cli/progress', 'cli/given', 'testing/start']
let beforeFirstLine
/** What the command line imports before it knows which command is asked for. */
let beforeAnyCommand
const untilFirstLine = {
  name: 'until-first-line',
  renderStart() {
    const importedBy = (id) => (isStandIn(id) ? [] : (this.getModuleInfo(id)?.importedIds ?? []))
    const from = (names) => names.map((name) => join(root, `src/${name}.ts`))
    beforeFirstLine = reached(from(firstLine), importedBy)
    beforeAnyCommand = reached(from(['cli/main']), importedBy)
    divide((id) => this.getModuleInfo(id)?.importedIds ?? [])
  },
}

/** What every command needs, and what only some do: `--help` must not read all the rest. */
const groups = [
  {
    name: 'common',
    test: (id) => beforeAnyCommand.has(id) && beforeFirstLine.has(id),
    priority: 3,
  },
  ...packageGroups(4),
  // Not of those that are loaded when they are first needed, such as templates.
  { name: 'serve', test: (id) => beforeFirstLine.has(id), priority: 2 },
  { name: 'templates', test: /\/liquidjs\//, priority: 1 },
  { name: 'rest', test: (id) => !/\/commander\/|\/src\/cli\/(main|commands)/.test(id) },
]

/**
 * In ASCII alone, which V8 takes as it lies in the file. Only strings, templates and patterns have
 * anything else, and to those an escape means the same; to `String.raw` it would not.
 */
function inAscii(text) {
  const raw = /String\.raw`[^`]*[^\0-\x7f]/.exec(text)
  if (raw) throw new Error(`an escape would be read as it stands: ${raw[0]}`)
  const written = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  return text.replaceAll(/[^\0-\x7f]/g, written)
}

/** CommonJS as well, since to load a module of the other kind takes 10 ms. */
const facades = {
  'cli/main.js': () => ['#!/usr/bin/env node', "require('../load.cjs').load('command.cjs')"],
  'cli/package.json': () => ['{ "type": "commonjs" }'],
  'index.js': (names) => [
    "import loader from './load.cjs'",
    `export const { ${names.join(', ')} } = loader.load('library.cjs')`,
  ],
}

const shipped = await shippedFiles()
const bundle = await rolldown({
  ...usual,
  input: { command: 'src/cli/main.ts', library: 'src/index.ts' },
  plugins: [
    ...[notices, oneMediaTypeList, noWarnings, nothingUnasked, oneLanguage],
    ...[packagesWhenAsked, shipped, untilFirstLine],
  ],
})
const { output } = await bundle.generate({
  format: 'cjs',
  // Modules of one file are still run when they are first asked for.
  strictExecutionOrder: true,
  codeSplitting: { groups },
  comments: false,
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name].cjs',
})
for (const chunk of output) writeFileSync(join(code, chunk.fileName), inAscii(whenUsed(chunk.code)))
const names = output.find(({ fileName }) => fileName === 'library.cjs').exports
for (const [name, lines] of Object.entries(facades)) {
  const file = join(made, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${lines(names).join('\n')}\n`)
}
chmodSync(join(made, 'cli/main.js'), 0o755)
copyFileSync(join(root, '.ci/load.cjs'), join(made, 'load.cjs'))
const unknown = join(made, 'unknown.yaml')
writeFileSync(unknown, `${readFileSync(join(root, 'scenarios/demo.yaml'), 'utf8')}\n# Another.\n`)
execFileSync(process.execPath, [join(root, '.ci/compile.mjs'), made, unknown], { stdio: 'inherit' })
mkdirSync(join(folder, 'cli'), { recursive: true })
// What is compiled must never outlive its code. The others are of earlier versions.
for (const old of ['code', 'chunk', 'load.js'])
  rmSync(join(folder, old), { recursive: true, force: true })
for (const name of ['code', 'load.cjs', 'NOTICES.txt', ...Object.keys(facades)]) {
  renameSync(join(made, name), join(folder, name))
}
