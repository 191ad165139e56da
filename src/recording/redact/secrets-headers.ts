/** Headers that hold secrets, as cassettes, HAR files and notes of other tools write them. Pure. */
import { noSecrets } from './secrets.ts'

const names = String.raw`(?:proxy-)?authorization|(?:set-)?cookie|(?:[\w-]+-)?(?:api-?key|auth-token|access-token|secret|password)`
/** At the beginning of a line or of a JSON text: in prose and code these are ordinary words. */
const begin = String.raw`(?:^[ \t<>*-]*\\*["']?|["'])`
/** `name: value`, `- value` on the next line, `"name":"value"`, and `"name":"N","value":"V"`. */
const colon = String.raw`\\*["']?\s*[:,]\s*(?:\\*["']value\\*["']\s*:\s*)?(?:-\s*|\[\s*)?\\*["']?`
/** A token, perhaps behind its scheme, or pairs as cookies have them. */
const value = String.raw`(?:[A-Za-z-]+ +)?(?=[\w.~+/=:%-]*\d)[\w.~+/=:%-]{8,}|[\w.-]+=[^\s;"'\\]{8,}`
const headers = new RegExp(`(${begin}(${names})${colon})(${value})`, 'gim')
/** What people write there on purpose. */
const masked =
  /^(?:[a-z]+ +)?(?:redacted|masked|filtered|hidden|removed|dummy|fake|test|example|sample|your|x{3,})/i

export interface HeaderSecret {
  readonly name: string
  readonly from: number
  readonly to: number
}

export function headerSecretsIn(text: string): HeaderSecret[] {
  return [...text.matchAll(headers)].flatMap(
    ({ index, 1: before = '', 2: name = '', 3: secret = '' }) => {
      if (masked.test(secret) || noSecrets.has(secret.toLowerCase())) return []
      const from = index + before.length
      return [{ name, from, to: from + secret.length }]
    },
  )
}
