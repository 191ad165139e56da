/**
 * Loads the code of the bundle together with what V8 has made of it before, which `compile.mjs` has
 * kept beside it: compiling would take as long as all the rest of a start. Under another Node than
 * that one Node's own loader takes it, and from Node 22 on keeps what it compiles by itself.
 */
// To import them would read each of their exports, those of `process` among them: 6 ms.
const { existsSync, readFileSync } = process.getBuiltinModule('node:fs')
const engine = process.getBuiltinModule('node:module')
const { join } = process.getBuiltinModule('node:path')
const { fileURLToPath } = process.getBuiltinModule('node:url')
const { constants, Script } = process.getBuiltinModule('node:vm')

const folder = fileURLToPath(new URL('./code/', import.meta.url))
const requireAny = engine.createRequire(import.meta.url)
const loaded = new Map()
const head = Buffer.from('(function (exports, require, module, __filename, __dirname) {')
const foot = Buffer.from('\n})')

/** Good for this V8 and this kind of machine; any other is not asked to take it. */
export const compiledFile = (name) =>
  join(folder, `${name}.${process.version}-${process.platform}-${process.arch}`)

const isCompiled = existsSync(compiledFile('command.cjs'))
if (!isCompiled) engine.enableCompileCache?.()

/** The exports of a file of the bundle. */
export const load = (name) =>
  isCompiled ? loadCompiled(name, readCompiled) : requireAny(join(folder, name))

function readCompiled(name) {
  const file = compiledFile(name)
  return existsSync(file) ? readFileSync(file) : undefined
}

/** @param compiledOf what V8 has made of a file before; undefined where it is to begin anew */
export function loadCompiled(name, compiledOf) {
  const known = loaded.get(name)
  if (known) return known.module.exports
  const filename = join(folder, name)
  // Joined outside of V8's heap, which megabytes of text would make it clean up.
  const source = Buffer.concat([head, readFileSync(filename), foot]).toString('latin1')
  const script = new Script(source, {
    filename,
    cachedData: compiledOf(name),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  const module = { exports: {} }
  loaded.set(name, { script, module })
  const requireFrom = (id) =>
    id.startsWith('./') ? loadCompiled(id.slice(2), compiledOf) : requireAny(id)
  script.runInThisContext()(module.exports, requireFrom, module, filename, folder)
  return module.exports
}

/** What V8 has compiled so far, by file. */
export const compiled = () =>
  [...loaded].map(([name, { script }]) => [name, script.createCachedData()])
