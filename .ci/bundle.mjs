/**
 * One bundle of our code and of what it stands on: most of a command's start was the finding,
 * reading and compiling of some eight hundred modules. Types are made by tsc beside it.
 *
 * The code is CommonJS behind two small modules, since only of that Node 20 can keep what V8 has
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
  rmSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import process from 'node:process'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('../', import.meta.url))
const folder = resolve(process.env.OUT ?? join(root, 'dist'))
const code = join(folder, 'code')

const usual = {
  cwd: root,
  platform: 'node',
  // What the oldest Node knows; later syntax, such as `await using`, is rewritten.
  transform: { target: 'node20.19' },
  // Large and seldom asked for.
  external: [/^node:/, /^@faker-js\//],
  // `depd`, of Koa, wraps functions by eval, and has done so for ten years.
  checks: { eval: false, ineffectiveDynamicImport: false },
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
    writeFileSync(join(folder, 'NOTICES.txt'), texts.join('\n\n'))
  },
}

function noticeOf(of) {
  const { name, version, license } = JSON.parse(readFileSync(`${of}/package.json`, 'utf8'))
  const file = readdirSync(of).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file ? readFileSync(`${of}/${file}`, 'utf8').trim() : `License: ${license}`
  return `${name} ${version}\n\n${text}\n`
}

/** Koa and what it stands on bring three versions of one long list of media types. */
const oneMediaTypeList = {
  name: 'one-media-type-list',
  resolveId(id) {
    if (id === 'mime-types') return this.resolve(id, join(root, 'node_modules/koa/lib/response.js'))
  },
}

/** Zod speaks fifty languages, half a megabyte of them; we speak one, and it in our own words. */
const oneLanguage = {
  name: 'one-language',
  load: (id) =>
    id.endsWith('/zod/v4/locales/index.js') ? "export { default as en } from './en.js'" : undefined,
}

/** What `load-shipped.ts` gives, instead of it: the code itself is asked, here and now. */
async function shippedDialects() {
  const source = 'src/scenario/load-shipped.ts'
  // Where the bundle is, so that it finds the files of the package.
  const file = join(root, 'dist/code/shipped.mjs')
  const bundle = await rolldown({ ...usual, input: source })
  await bundle.write({ file, format: 'esm' })
  const { shippedDescriptions } = await import(pathToFileURL(file).href)
  const shipped = JSON.stringify(await shippedDescriptions())
  rmSync(file)
  return {
    name: 'shipped-dialects',
    load: (id) =>
      id === join(root, source)
        ? `const shipped = ${shipped}\nexport const shippedDescriptions = async () => shipped`
        : undefined,
  }
}

/** What every command needs, and what only some do: `--help` must not read all the rest. */
const groups = [
  {
    name: 'common',
    test: (id) =>
      id === join(root, 'package.json') ||
      /\/src\/core\/(errors|suggest|version)\.|\/fastest-levenshtein\//.test(id),
    priority: 2,
  },
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

const facades = {
  'cli/main.js': () => [
    '#!/usr/bin/env node',
    "import { load } from '../load.js'",
    "load('command.cjs')",
  ],
  'index.js': (names) => [
    "import { load } from './load.js'",
    `export const { ${names.join(', ')} } = load('library.cjs')`,
  ],
}

const shipped = await shippedDialects()
const bundle = await rolldown({
  ...usual,
  input: { command: 'src/cli/main.ts', library: 'src/index.ts' },
  plugins: [notices, oneMediaTypeList, oneLanguage, shipped],
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
// What is compiled must never outlive its code. `chunk` is of earlier versions.
for (const old of ['code', 'chunk']) rmSync(join(folder, old), { recursive: true, force: true })
mkdirSync(code, { recursive: true })
for (const chunk of output) writeFileSync(join(code, chunk.fileName), inAscii(chunk.code))
const names = output.find(({ fileName }) => fileName === 'library.cjs').exports
for (const [name, lines] of Object.entries(facades)) {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${lines(names).join('\n')}\n`)
}
chmodSync(join(folder, 'cli/main.js'), 0o755)
copyFileSync(join(root, '.ci/load.js'), join(folder, 'load.js'))
execFileSync(process.execPath, [join(root, '.ci/compile.mjs'), folder], { stdio: 'inherit' })
