/**
 * Loads the code of the bundle together with what V8 has made of it before, which `compile.mjs` has
 * kept beside it: compiling would take as long as all the rest of a start. Under another Node than
 * that one Node's own loader takes it, and from Node 22 on keeps what it compiles by itself.
 */
const { existsSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { constants, Script } = require('node:vm')

const folder = join(__dirname, 'code')
const loaded = new Map()
const head = Buffer.from('(function (exports, require, module, __filename, __dirname) {')
const foot = Buffer.from('\n})')

/** Good for this V8 and this kind of machine; any other is not asked to take it. */
const compiledFile = (name) =>
  join(folder, `${name}.${process.version}-${process.platform}-${process.arch}`)

const isCompiled = existsSync(compiledFile('command.cjs'))
if (!isCompiled) require('node:module').enableCompileCache?.()

/** The exports of a file of the bundle. */
const load = (name) => (isCompiled ? loadCompiled(name, readCompiled) : require(join(folder, name)))

function readCompiled(name) {
  const file = compiledFile(name)
  return existsSync(file) ? readFileSync(file) : undefined
}

/** @param compiledOf what V8 has made of a file before; undefined where it is to begin anew */
function loadCompiled(name, compiledOf) {
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
    id.startsWith('./') ? loadCompiled(id.slice(2), compiledOf) : require(id)
  script.runInThisContext()(module.exports, requireFrom, module, filename, folder)
  return module.exports
}

/** What V8 has compiled so far, by file. */
const compiled = () => [...loaded].map(([name, { script }]) => [name, script.createCachedData()])

module.exports = { compiled, compiledFile, load, loadCompiled }
