/**
 * What stands in the bundle for packages that `serve` may never need; each is loaded when something
 * of it is first asked for. Must never change what a package does: whatever is not put off goes to
 * the package itself.
 */

/**
 * For a function or a class that a package exports. Not for what is called on the road of a reply: a
 * call through it takes a tenth of a microsecond more.
 *
 * @param load gives all that the package exports
 */
export function whenAsked(load, name) {
  const real = () => load()[name]
  return new Proxy(function standIn() {}, {
    apply: (_, self, args) => Reflect.apply(real(), self, args),
    construct: (_, args) => Reflect.construct(real(), args),
    get: (_, key) => real()[key],
  })
}

/** What begins a schema, and what makes another one of it: they say something, and ask nothing. */
const beginnings = wordsOf(`
  any array base64 bigint boolean date discriminatedUnion email enum exactOptional int intersection
  ipv4 ipv6 literal looseObject looseRecord map nan never null nullable nullish number object optional
  partialRecord pipe preprocess readonly record set strictObject string stringFormat templateLiteral
  transform tuple undefined union unknown url uuid
`)
const continuations = wordsOf(`
  and brand catch catchall check default describe endsWith exactOptional extend finite gt gte includes
  int length loose lowercase lt lte max meta min multipleOf negative nonempty nonnegative nonoptional
  nonpositive normalize nullable nullish omit optional or overwrite partial pick pipe positive
  prefault readonly refine regex required safeExtend startsWith strict strip superRefine toLowerCase
  toUpperCase transform trim uppercase
`)

function wordsOf(text) {
  return new Set(text.trim().split(/\s+/))
}

/** By its stand-in, how to get the schema. */
const writtenDown = new WeakMap()

/**
 * Zod's `z`, which writes a schema down and makes it when it is first asked anything. To make those of
 * all dialects, faults and scenarios takes 60 ms, and most servers ask one in a hundred of them.
 *
 * @param load gives zod's `z`; asked once, when somebody needs it
 */
export function zodWhenAsked(load) {
  let loaded
  const zod = () => {
    loaded ??= load()
    return loaded
  }
  const own = {
    lazy: (getter) => standIn(() => zod().lazy(() => made(getter()))),
    registry: () => registryWhenAsked(() => zod().registry()),
    toJSONSchema: (schema, options) => zod().toJSONSchema(made(schema), options),
  }
  const find = (_, name) => {
    if (!beginnings.has(name)) return own[name] ?? zod()[name]
    return (...args) => standIn(() => zod()[name](...args.map(made)))
  }
  return new Proxy({}, { get: find })
}

function standIn(make) {
  let schema
  const real = () => {
    if (schema === undefined) {
      schema = make()
      // What it was written with need not be kept.
      make = undefined
    }
    return schema
  }
  const find = (_, name) => {
    if (schema !== undefined || !continuations.has(name)) return real()[name]
    return (...args) => standIn(() => real()[name](...args.map(made)))
  }
  const proxy = new Proxy(
    {},
    {
      get: find,
      set: (_, name, value) => Reflect.set(real(), name, value),
      has: (_, name) => name in real(),
      getPrototypeOf: () => Reflect.getPrototypeOf(real()),
    },
  )
  writtenDown.set(proxy, real)
  return proxy
}

/** What is said about schemas is said of those that zod knows. */
function registryWhenAsked(make) {
  const said = []
  let known
  const registry = () => {
    known ??= make()
    for (const [schema, words] of said.splice(0)) known.add(made(schema), words)
    return known
  }
  return {
    add: (schema, words) => said.push([schema, words]),
    get: (schema) => registry().get(made(schema)),
  }
}

/** What is given to zod has schemas in it, and no stand-ins; a getter gives one when zod asks it. */
function made(value) {
  const real = writtenDown.get(value)
  if (real) return real()
  if (Array.isArray(value)) return value.map(made)
  if (typeof value !== 'object' || value === null) return value
  if (Reflect.getPrototypeOf(value) !== Object.prototype) return value
  const fields = Object.entries(Object.getOwnPropertyDescriptors(value))
  const all = fields.map(([name, field]) => [name, madeField(field)])
  return Object.defineProperties({}, Object.fromEntries(all))
}

const madeField = (field) =>
  field.get ? { ...field, get: () => made(field.get()) } : { ...field, value: made(field.value) }
