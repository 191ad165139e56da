/**
 * Cassettes of vcrpy, in YAML or JSON, as its versions and the serializers of its users write them:
 * pydantic-ai's `parsed_body`, and LangChain's two lists `requests` and `responses`. Pure.
 * Source: vcrpy, `vcr/serialize.py`, `vcr/serializers/compat.py` and `vcr/stubs/httpx_stubs.py`.
 */
import { utf8 } from '../../core/bytes.ts'
import { type Interaction, type ReadBody, readInteractions } from './cassette.ts'
import { isFields, listAt } from './fields.ts'
import type { Format, Found, Look } from './imported.ts'
import { parseYaml, type Tree } from './yaml-tree.ts'

/** The list may stand after comments, in braces, and its name in quotes. */
const looksLikeIt = /^[ {]*["']?(?:interactions|requests)["']?:|^-\s+["']?request["']?:/m
const lookedAtCharacters = 4096

export const vcrpy: Format = {
  name: 'vcrpy',
  title: 'vcrpy cassette',
  fits: ({ json, text }) =>
    json ? isCassette(json.value) : looksLikeIt.test(text.slice(0, lookedAtCharacters)),
  read,
}

const isCassette = (value: unknown): boolean =>
  listAt(value, 'interactions') !== undefined ||
  (listAt(value, 'requests') !== undefined && listAt(value, 'responses') !== undefined) ||
  (Array.isArray(value) && value.every((one) => isFields(one) && 'request' in one))

function* read({ text }: Look): Generator<Found> {
  for (const tree of parseYaml(text)) {
    const paired = pairedLists(tree)
    if (paired) yield* readInteractions(paired.keys(), (one) => paired.get(one) ?? split(one), body)
    else yield* readInteractions(interactionsOf(tree), split, body)
  }
}

/** Cassettes of the first version are the list itself. */
function interactionsOf(tree: Tree): Tree[] {
  if (tree.kind === 'list') return tree.items()
  const interactions = tree.has('interactions')
  if (!interactions) throw tree.fail('there is no list of interactions here')
  return interactions.items()
}

function split(interaction: Tree): Interaction {
  const request = interaction.get('request')
  const response = interaction.get('response')
  if (!request) throw interaction.fail('this interaction has no request')
  if (!response) throw interaction.fail('this interaction has no response')
  const at = Date.parse(interaction.get('recorded_at')?.asText() ?? '')
  return { request, response, wallMs: Number.isNaN(at) ? undefined : at }
}

/** The nth response answers the nth request. */
function pairedLists(tree: Tree): Map<Tree, Interaction> | undefined {
  const [requests, responses] = [tree.get('requests'), tree.get('responses')]
  if (!requests || !responses) return undefined
  const answers = responses.items()
  return new Map(
    requests.items().map((request, index) => {
      const response = answers[index]
      if (!response) throw request.fail('this request has no response beside it')
      return [request, { request, response }]
    }),
  )
}

const asValue = ['the body was kept as a value: its bytes are written as vcrpy writes them']

/** Of the message as a whole, since not all of its forms stand below `body`. */
function body(message: Tree, length: number | undefined): ReadBody {
  const value = message.first('parsed_body', 'json')
  if (value) return { bytes: utf8(value.json()), words: asValue }
  const written = message.first('body', 'content')
  if (!written) return { bytes: Buffer.alloc(0), words: [] }
  const inner = written.kind === 'map' ? written : undefined
  const coded = inner?.first('base64_string', 'base64')
  if (coded) return { bytes: coded.base64(), words: [] }
  const parsed = inner?.first('parsed_body', 'json') ?? plainMap(inner)
  if (parsed) return { bytes: utf8(parsed.json()), words: asValue }
  return { bytes: (inner?.has('string') ?? written).bytes({ length }), words: [] }
}

/** A body that a hook of the cassette's owner has parsed, and that is the value itself. */
function plainMap(inner: Tree | undefined): Tree | undefined {
  const isWrapped = ['string', 'state', 'args'].some((name) => inner?.has(name))
  return isWrapped ? undefined : inner
}
