/**
 * JSON with places for values, as data: the keys stay in their order, and what does not change is
 * written to text once. `{{ name }}` is null where there is no value; `{{ name? }}` is then left out
 * together with its key. Must never parse or escape a value: values come as JSON text.
 */

export type JsonTemplate =
  | null
  | boolean
  | number
  | string
  | readonly JsonTemplate[]
  | { readonly [key: string]: JsonTemplate }

/** The JSON text of each value; undefined where there is none. */
export type Slots = Readonly<Record<string, string | undefined>>

interface Slot {
  readonly name: string
  /** The comma and the key of a value that may be left out with them. */
  readonly before: string | undefined
}

export type JsonPieces = readonly (string | Slot)[]

const placeholder = /^\{\{ (\w+)(\??) \}\}$/

export function compileJson(template: JsonTemplate): JsonPieces {
  return joined([...piecesOf(template)])
}

function* piecesOf(template: JsonTemplate): Generator<string | Slot> {
  if (typeof template === 'string') {
    const name = placeholder.exec(template)?.[1]
    yield name === undefined ? JSON.stringify(template) : { name, before: undefined }
  } else if (template === null || typeof template !== 'object') yield JSON.stringify(template)
  else if (isList(template)) yield* listPieces(template)
  else yield* objectPieces(template)
}

const isList = (
  template: readonly JsonTemplate[] | { readonly [key: string]: JsonTemplate },
): template is readonly JsonTemplate[] => Array.isArray(template)

function* listPieces(items: readonly JsonTemplate[]): Generator<string | Slot> {
  for (const [i, item] of items.entries()) {
    yield i === 0 ? '[' : ','
    yield* piecesOf(item)
  }
  yield items.length === 0 ? '[]' : ']'
}

function* objectPieces(members: {
  readonly [key: string]: JsonTemplate
}): Generator<string | Slot> {
  let comma = '{'
  for (const [key, value] of Object.entries(members)) {
    const before = `${comma}${JSON.stringify(key)}:`
    const slot = typeof value === 'string' ? placeholder.exec(value) : null
    const mayLack = slot?.[2] === '?'
    // Whatever comes after a member that is missing would begin with its comma.
    if (mayLack && comma === '{') throw new Error(`"${key}" comes first and cannot be left out`)
    if (slot?.[1] !== undefined && mayLack) yield { name: slot[1], before }
    else {
      yield before
      yield* piecesOf(value)
    }
    comma = ','
  }
  yield comma === '{' ? '{}' : '}'
}

/** Fills in what will not change any more: every name that `slots` has, be its value undefined. */
export const bindJson = (pieces: JsonPieces, slots: Slots): JsonPieces =>
  joined(pieces.map((piece) => (isOpen(piece, slots) ? piece : textOf(piece, slots))))

const isOpen = (piece: string | Slot, slots: Slots): boolean =>
  typeof piece !== 'string' && !(piece.name in slots)

export function writeJson(pieces: JsonPieces, slots: Slots): string {
  let text = ''
  for (const piece of pieces) text += typeof piece === 'string' ? piece : textOf(piece, slots)
  return text
}

function textOf(piece: string | Slot, slots: Slots): string {
  if (typeof piece === 'string') return piece
  const value = slots[piece.name]
  if (piece.before === undefined) return value ?? 'null'
  return value === undefined ? '' : piece.before + value
}

/** Whether the text needs a value of that name. */
export const asksFor = (pieces: JsonPieces, name: string): boolean =>
  pieces.some((piece) => typeof piece !== 'string' && piece.name === name)

function joined(pieces: readonly (string | Slot)[]): JsonPieces {
  const all: (string | Slot)[] = []
  for (const piece of pieces) {
    const last = all.at(-1)
    if (typeof piece === 'string' && typeof last === 'string') all[all.length - 1] = last + piece
    else all.push(piece)
  }
  return all
}

const isPlain = /^[ !#-[\]-~]*$/

/** As JSON; an id or a name needs no escapes, and `JSON.stringify` takes half a microsecond for it. */
export const quoted = (text: string): string =>
  isPlain.test(text) ? `"${text}"` : JSON.stringify(text)
