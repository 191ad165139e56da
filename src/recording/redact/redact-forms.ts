/** The ways in which a known secret is likely to be written. Pure. */

export interface Form {
  /** One character a byte. */
  readonly text: string
  readonly secret: string
}

const shortestInBase64 = 8

const latin1 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const asciiOnly = (text: string): string =>
  text.replaceAll(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

function percentEncoded(text: string): string[] {
  try {
    const encoded = encodeURIComponent(text)
    const lower = encoded.replaceAll(/%[0-9A-F]{2}/g, (octet) => octet.toLowerCase())
    const form = new URLSearchParams([['', text]]).toString().slice(1)
    return [encoded, lower, encoded.replaceAll('%20', '+'), form]
  } catch {
    return [] // A lone surrogate has no percent form.
  }
}

/**
 * Base64 takes three bytes at a time, so that a text looks in one of three ways, by what stands
 * before it. Those letters are left out that hold bits of its neighbours, too.
 */
function inBase64(secret: string): string[] {
  if (secret.length < shortestInBase64) return []
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(secret, 'utf8')])
    const whole = bytes.toString('base64').replaceAll('=', '')
    const isShared = bytes.length % 3 !== 0
    const text = whole.slice(before === 0 ? 0 : before + 1, isShared ? -1 : undefined)
    return [text, text.replaceAll('+', '-').replaceAll('/', '_')]
  })
}

/** Every way a text is likely to be written in JSON, in JSON within JSON, in a URL, in base64. */
export function formsOf(secret: string): Form[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const forms = [
    secret,
    json,
    asciiOnly(json),
    json.replaceAll('/', '\\/'),
    json.replaceAll(/[<>&]/g, (character) => asciiOnly(`\u0001${character}`).slice(6)),
    JSON.stringify(json).slice(1, -1),
    ...percentEncoded(secret),
    ...inBase64(secret),
  ]
  return [...new Set(forms)].map((form) => ({ text: latin1(form), secret }))
}

/** Where the longest end of `text` begins that is the beginning of `form`, and not all of it. */
export function unfinishedForm(text: string, form: string): number {
  const [first = ''] = form
  let at = text.indexOf(first, Math.max(0, text.length - form.length + 1))
  while (at >= 0 && !form.startsWith(text.slice(at))) at = text.indexOf(first, at + 1)
  return at < 0 ? text.length : at
}
