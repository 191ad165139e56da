/**
 * One bundle of our code and of what it stands on: most of a command's start was the finding and
 * reading of some eight hundred modules. Types are made by tsc beside it.
 */
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { rolldown } from 'rolldown'

/** Whoever takes a copy of their code takes their licences along. */
const notices = {
  name: 'notices',
  generateBundle() {
    const folders = new Set()
    for (const id of this.getModuleIds()) {
      const folder = /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0]
      if (folder) folders.add(folder)
    }
    const texts = [...folders].sort().map(noticeOf)
    this.emitFile({ type: 'asset', fileName: 'NOTICES.txt', source: texts.join('\n\n') })
  },
}

function noticeOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  const text = file ? readFileSync(`${folder}/${file}`, 'utf8').trim() : `License: ${license}`
  return `${name} ${version}\n\n${text}\n`
}

// Not by rolldown's own command: that lists every file, before whoever starts the server.
const bundle = await rolldown({
  input: { index: 'src/index.ts', 'cli/main': 'src/cli/main.ts' },
  platform: 'node',
  // What the oldest Node knows; later syntax, such as `await using`, is rewritten.
  transform: { target: 'node20.19' },
  // Large and seldom asked for; pino looks for files of its own beside itself.
  external: [/^node:/, /^@faker-js\//, /^pino/],
  plugins: [notices],
  // `depd`, of Koa, wraps functions by eval, and has done so for ten years.
  checks: { eval: false },
})
// Chunks of an earlier build, of which some may have another name now.
rmSync('dist/chunk', { recursive: true, force: true })
await bundle.write({
  dir: 'dist',
  format: 'esm',
  entryFileNames: '[name].js',
  // In a folder of its own: what finds files beside the package counts two folders up.
  chunkFileNames: 'chunk/[name].js',
})
