/** What a secret looks like, in words, and nothing of it but the letters that all of its kind have. */
import { isSecretField } from './secrets.ts'
import { knownLetters } from './secrets-shapes.ts'

/** `before` is what stands before it. Both are one character a byte. */
export function describeSecret(secret: string, before: string): string {
  const length = Buffer.from(secret, 'latin1').toString('utf8').length
  const count = length === 1 ? '1 character' : `${length} characters`
  return `${kindOf(secret, before)} (${count})`
}

function kindOf(secret: string, before: string): string {
  const letters = knownLetters(secret)
  if (secret.startsWith('eyJ')) return 'a JSON web token, eyJ…'
  if (letters > 0) return `a key, ${secret.slice(0, letters)}…`
  if (/PRIVATE KEY-----[\s\S]*$/.test(before)) return 'a private key'
  if (/[Bb]earer(?: |%20|\+)+$/.test(before)) return 'a token after Bearer'
  if (/Basic(?: |%20|\+)+$/.test(before)) return 'a user name and password after Basic'
  if (/:\\*\/\\*\/[^\s/@]*:$/.test(before)) return 'a password in a URL'
  const field = /([\w-]{1,40})\\*"\s*:\s*(?:\[\s*)?\\*"?$/.exec(before)?.[1]
  if (field && isSecretField(field)) return `the value of "${field}"`
  const parameter = /(?:^|[?&\s"'])([\w-]{1,40})=$/.exec(before)?.[1]
  if (parameter) return `the value of ${parameter}`
  if (/^[^\s@]+@[^\s@]+$/.test(secret)) return 'an e-mail address'
  return 'a secret'
}
