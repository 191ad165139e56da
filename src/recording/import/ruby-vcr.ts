/**
 * Cassettes of Ruby's VCR, in YAML or JSON. Pure.
 * Source: the VCR gem, `lib/vcr/structs.rb` (bodies with their encoding, `recorded_at`) and its
 * option `preserve_exact_body_bytes` (`base64_string`).
 */
import { type Interaction, type ReadBody, readInteractions } from './cassette.ts'
import { listAt } from './fields.ts'
import type { Format, Found, Look } from './imported.ts'
import { parseYaml, type Tree } from './yaml-tree.ts'

const lookedAtCharacters = 4096

export const rubyVcr: Format = {
  name: 'ruby-vcr',
  title: 'VCR cassette of Ruby',
  fits: ({ json, text }) =>
    json
      ? listAt(json.value, 'http_interactions') !== undefined
      : /^[ {]*["']?http_interactions["']?:/m.test(text.slice(0, lookedAtCharacters)),
  read,
}

function* read({ text }: Look): Generator<Found> {
  for (const tree of parseYaml(text)) {
    const interactions = tree.has('http_interactions')
    if (!interactions) throw tree.fail('there is no list of http_interactions here')
    yield* readInteractions(interactions.items(), split, body)
  }
}

function split(interaction: Tree): Interaction {
  const request = interaction.get('request')
  const response = interaction.get('response')
  if (!request) throw interaction.fail('this interaction has no request')
  if (!response) throw interaction.fail('this interaction has no response')
  const at = Date.parse(interaction.get('recorded_at')?.asText() ?? '')
  return { request, response, wallMs: Number.isNaN(at) ? undefined : at }
}

function body(message: Tree, length: number | undefined): ReadBody {
  const written = message.get('body')
  if (!written) return { bytes: Buffer.alloc(0), words: [] }
  const coded = written.first('base64_string')
  if (coded) return { bytes: coded.base64(), words: [] }
  const encoding = written.get('encoding')?.asText()
  const text = written.kind === 'map' ? written.has('string') : written
  return { bytes: text?.bytes({ encoding, length }) ?? Buffer.alloc(0), words: [] }
}
