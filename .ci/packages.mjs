/**
 * Packages that `serve` may never need, for the bundle: each in a file of its own, which is read when
 * one of its exports is first asked for. They were half of a start.
 */
import { basename } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const source = fileURLToPath(new URL('../src/', import.meta.url))
const standIns = JSON.stringify(fileURLToPath(new URL('when-asked.mjs', import.meta.url)))

const seldomAsked = ['@koa/router', 'json-p3', 'picomatch', 'pino', 'pino-pretty', 'yaml', 'zod']

/** By the name of a package, the file that it begins with. */
const fileOf = new Map()

const mark = '\0when-asked/'

/** Not what is behind it: that is not loaded where it is imported. */
export const isStandIn = (id) => id.startsWith(mark)

export const packagesWhenAsked = {
  name: 'packages-when-asked',
  async resolveId(id, importer) {
    if (!seldomAsked.includes(id) || !importer?.startsWith(source)) return
    fileOf.set(id, (await this.resolve(id, importer, { skipSelf: true })).id)
    return mark + id
  },
  load: (id) => (isStandIn(id) ? standInFor(id.slice(mark.length)) : undefined),
}

async function standInFor(name) {
  const file = fileOf.get(name)
  const load = `const load = () => require(${JSON.stringify(file)})`
  if (name === 'zod') {
    return `import { zodWhenAsked } from ${standIns}
      ${load}
      export const z = zodWhenAsked(() => load().z)`
  }
  const real = await import(pathToFileURL(file).href)
  // Since Node 23, a CommonJS package has an export named `module.exports` as well.
  const callable = Object.keys(real).filter(
    (key) => typeof real[key] === 'function' && key !== 'module.exports',
  )
  const lines = callable.map((key) =>
    key === 'default'
      ? "export default /* @__PURE__ */ whenAsked(withDefault, 'default')"
      : `export const ${key} = /* @__PURE__ */ whenAsked(load, '${key}')`,
  )
  return `import { whenAsked } from ${standIns}
    ${load}
    const withDefault = () => {
      const all = load()
      return typeof all === 'function' ? { default: all } : all
    }
    ${lines.join('\n')}`
}

/** Those ids that `pending` leads to, itself among them. */
export function reached(pending, importedBy) {
  const seen = new Set()
  const waiting = [...pending]
  for (const id of waiting) {
    if (seen.has(id)) continue
    seen.add(id)
    waiting.push(...importedBy(id))
  }
  return seen
}

const partsOf = new Map()

/** Called when all modules are known. */
export function divide(importedBy) {
  for (const [name, file] of fileOf) partsOf.set(name, reached([file], importedBy))
}

/** The files in which they are; what two of them stand on goes with the first. */
export const packageGroups = (priority) =>
  seldomAsked.map((name) => ({
    name: basename(name),
    test: (id) => partsOf.get(name)?.has(id) ?? false,
    priority,
  }))

/** Modules of Node that many a run never needs: HTTP/2 loads TLS, and TLS all of cryptography. */
const seldomOfNode = 'child_process cluster crypto http2 os tls v8 zlib'.split(' ')

/** Instead of `require` at the top of a file, at each use; the first one loads. */
export function whenUsed(code) {
  const modules = seldomOfNode.reduce((text, name) => {
    const variable = `node_${name}`
    const plain = text
      .replace(new RegExp(`^${variable} = .*__toESM\\(${variable}, 1\\);\n`, 'm'), '')
      .replaceAll(new RegExp(`\\b${variable}\\.default\\b`, 'g'), variable)
    return requiredWhenUsed(plain, variable, `node:${name}`)
  }, code)
  return seldomAsked.reduce((text, name) => {
    const id = `./${basename(name)}.cjs`
    const [, variable] = new RegExp(`^const (\\S+) = require\\("${id}"\\);`, 'm').exec(text) ?? []
    return variable === undefined ? text : requiredWhenUsed(text, variable, id)
  }, modules)
}

function requiredWhenUsed(code, variable, id) {
  const name = variable.replaceAll('$', '\\$')
  const top = new RegExp(`^(?:let|const) ${name} = require\\("${id}"\\);\n`, 'm')
  if (!top.test(code)) return code
  // A property of this name is none, but what is spread is; and `new a().B()` would make an `a`.
  const uses = new RegExp(`(?<![\\w$]|(?<!\\.\\.)\\.)(new )?${name}(?![\\w$])`, 'g')
  const used = code
    .replace(top, '')
    .replaceAll(uses, (_, making) => (making ? `new (${variable}())` : `${variable}()`))
  const loading = `${variable}$ ??= require("${id}")`
  return `let ${variable}$;\nconst ${variable} = () => ${loading};\n${used}`
}
