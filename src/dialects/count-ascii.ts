/**
 * Counts the pieces into which `grain.ts` cuts a text of ASCII, sign by sign and without making them:
 * of a short prompt that costs a third of what the pattern costs, which was 4 % of a reply. Must give
 * what the pattern gives, alternative by alternative.
 */

const letter = 1
const upper = 2
const digit = 4
const space = 8
const lineEnd = 16

/** Of each sign; those that are none of these are signs such as a full stop. */
const kinds = Uint8Array.from({ length: 128 }, (_, code) => {
  if (code >= 0x61 && code <= 0x7a) return letter
  if (code >= 0x41 && code <= 0x5a) return letter | upper
  if (code >= 0x30 && code <= 0x39) return digit
  if (code === 0x0a || code === 0x0d) return space | lineEnd
  return code === 0x20 || (code >= 0x09 && code <= 0x0c) ? space : 0
})

/** Calls `onPiece` with the length of each, in order. */
export function asciiPieces(text: string, onPiece: (length: number) => void): void {
  for (let at = 0; at < text.length; ) {
    const end = pieceEnd(text, at)
    onPiece(end - at)
    at = end
  }
}

const kindAt = (text: string, at: number): number => kinds[text.charCodeAt(at)] ?? space

function pieceEnd(text: string, from: number): number {
  const kind = kindAt(text, from)
  if (kind & letter) return wordEnd(text, from)
  if (kind & digit) return digitsEnd(text, from)
  if (from + 1 < text.length && (kind & lineEnd) === 0) {
    const next = kindAt(text, from + 1)
    if (next & letter) return wordEnd(text, from + 1)
    if (next === 0 && text.charCodeAt(from) === 0x20) return signsEnd(text, from + 1)
  }
  return kind === 0 ? signsEnd(text, from) : spacesEnd(text, from)
}

/** Capitals, and small letters behind them, with what is left out after an apostrophe. */
function wordEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && kindAt(text, at) & upper) at++
  const smallFrom = at
  while (at < text.length && kindAt(text, at) === letter) at++
  return at > smallFrom && text[at] === "'" ? contractionEnd(text, at) : at
}

function contractionEnd(text: string, apostrophe: number): number {
  const ending = contractions.find((one) => text.startsWith(one, apostrophe + 1)) ?? ''
  return ending === '' ? apostrophe : apostrophe + 1 + ending.length
}

const contractions = ['s', 't', 're', 've', 'm', 'll', 'd']

function digitsEnd(text: string, from: number): number {
  let at = from + 1
  while (at < from + 3 && at < text.length && kindAt(text, at) & digit) at++
  return at
}

/** With the line ends behind them. */
function signsEnd(text: string, from: number): number {
  let at = from
  while (at < text.length && kindAt(text, at) === 0) at++
  while (at < text.length && kindAt(text, at) & lineEnd) at++
  return at
}

/** To the last of its line ends; else all but the last, which goes with the word that follows. */
function spacesEnd(text: string, from: number): number {
  let at = from
  let lineEndsAt = -1
  while (at < text.length && kindAt(text, at) & space) {
    if (kindAt(text, at) & lineEnd) lineEndsAt = at + 1
    at++
  }
  if (lineEndsAt >= 0) return lineEndsAt
  return at === text.length || at === from + 1 ? at : at - 1
}
