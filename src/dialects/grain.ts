/**
 * Cuts generated text into deltas the way a vendor does, and counts tokens by the same cutter. A
 * real tokenizer costs 340 ms and 70 MB to load; a double only has to look like one. Must never cut
 * inside a grapheme cluster, and never depend on anything but the text: same text, same cuts.
 *
 * Measured against o200k_base on short texts, the count is off by -5 % for English prose, -1 % for
 * source code, -9 % for JSON, -6 % for Chinese, +8 % for Japanese and +9 % for Russian; the worst
 * seen was -19 %, for Markdown full of links.
 */
import type { Grain } from '../core/dialect.ts'
import { lazy } from '../core/lazy.ts'

/** Words with one leading sign, digits in threes, runs of signs, line ends, spaces. */
const pretoken =
  /[^\r\n\p{L}\p{N}]?\p{Lu}*[\p{Ll}\p{Lo}\p{Lm}\p{M}]+(?:'(?:s|t|re|ve|m|ll|d))?|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s/gu

/** Scripts that write without spaces, cut to pieces of one or two characters. */
const unspaced = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}]/u

const ascii = /^[\0-\x7f]*$/

/** A vocabulary holds words of this length whole, with their leading space; longer ones are cut. */
const wholeWordLength = 13
const pieceLength = 5

/** In the order they are used, from a start that the text decides; median 16, mean 20. */
const phraseLengths = [11, 22, 12, 33, 14, 11, 18, 49, 12, 16, 26, 11, 40, 13, 19, 11, 15]

const paragraph = { least: 107, usual: 141, most: 279 }

const CR = 13

/** Its tables take 15 ms to load, and much text needs none of them. */
const graphemes = lazy(() => new Intl.Segmenter('en', { granularity: 'grapheme' }))

/** The pieces, joined, are the text. The array is shared with later calls and frozen. */
export function cutText(text: string, grain: Grain): string[] {
  if (text === '') return []
  const key = `${grain}:${text}`
  const known = recall(key)
  if (known) return known
  const pieces = cutters[grain](text)
  Object.freeze(pieces)
  remember(key, pieces)
  return pieces
}

/**
 * As many as `cutText` cuts. Nearly every text that is asked with is a new one: a short one is
 * counted sooner than it is looked up, and its pieces would only push out what scenarios say.
 */
export function countTokens(text: string): number {
  if (text.length < countedLength) return countAnew(text)
  const known = counts.get(text)
  if (known !== undefined) return known
  const count = countAnew(text)
  if (text.length <= cacheLimit.textLength) rememberCount(text, count)
  return count
}

/** Shorter texts are counted each time. */
const countedLength = 200

function countAnew(text: string): number {
  if (!ascii.test(text) || text.includes('\r\n')) return tokens(text).length
  let count = 0
  for (const { length } of text.match(pretoken) ?? []) {
    count += length <= wholeWordLength ? 1 : piecesOf(length, pieceLength)
  }
  return count
}

/** Of texts that are asked with again and again, such as system prompts; the oldest go first. */
const counts = new Map<string, number>()
let countedCharacters = 0

function rememberCount(text: string, count: number): void {
  counts.set(text, count)
  countedCharacters += text.length
  for (const oldest of counts.keys()) {
    if (countedCharacters <= cacheLimit.characters) return
    counts.delete(oldest)
    countedCharacters -= oldest.length
  }
}

const cutters: Readonly<Record<Grain, (text: string) => string[]>> = {
  character: (text) => Array.from(graphemes().segment(text), ({ segment }) => segment),
  token: tokens,
  word: words,
  phrase: phrases,
  paragraph: paragraphs,
  whole: (text) => [text],
}

function tokens(text: string): string[] {
  const pieces = (text.match(pretoken) ?? [text]).flatMap(cutLong)
  return ascii.test(text) && !text.includes('\r\n') ? pieces : onGraphemes(text, pieces)
}

function cutLong(word: string): string[] {
  if (word.length <= 2) return [word]
  if (ascii.test(word)) {
    return word.length <= wholeWordLength ? [word] : slices(word, pieceLength)
  }
  return slices(word, unspaced.test(word) ? 1.3 : 4.5)
}

const piecesOf = (length: number, about: number): number => Math.max(1, Math.round(length / about))

/** Even slices, so that no crumb is left at the end. */
function slices(word: string, about: number): string[] {
  const count = piecesOf(word.length, about)
  const pieces: string[] = []
  for (let i = 0; i < count; i++) {
    pieces.push(
      word.slice(
        Math.round((i * word.length) / count),
        Math.round(((i + 1) * word.length) / count),
      ),
    )
  }
  return pieces
}

/** Takes back every cut that would part a cluster: beside non-ASCII, or between CR and LF. */
function onGraphemes(text: string, pieces: readonly string[]): string[] {
  const clusters = graphemes().segment(text)
  const kept: string[] = []
  let from = 0
  let at = 0
  for (const piece of pieces) {
    at += piece.length
    const [before, after] = [text.charCodeAt(at - 1), text.charCodeAt(at)]
    const plain = before < 0x80 && after < 0x80 && before !== CR
    if (at < text.length && !plain && clusters.containing(at)?.index !== at) continue
    kept.push(text.slice(from, at))
    from = at
  }
  return kept
}

function words(text: string): string[] {
  return gather(text, tokens(text), ({ last, next }) => {
    if (/\S/.test(last) && (/^\s/.test(next) || /\s$/.test(last))) return true
    return unspaced.test(last.at(-1) ?? '') && unspaced.test(next)
  })
}

function phrases(text: string): string[] {
  let turn = text.length
  let target = 1
  return gather(text, words(text), ({ length }) => {
    if (length < target) return false
    target = phraseLengths[turn++ % phraseLengths.length] ?? target
    return true
  })
}

function paragraphs(text: string): string[] {
  return gather(text, words(text), ({ length, last, next }) => {
    if (length + next.length > paragraph.most) return true
    if (length < paragraph.least) return false
    return length >= paragraph.usual || /[.!?。！？]["')]?$|\n$/u.test(last)
  })
}

interface Gathered {
  /** Of all that is gathered so far. */
  readonly length: number
  /** The piece that was gathered last. */
  readonly last: string
  readonly next: string
}

/** Joins pieces until `full` says that the next one starts anew. */
function gather(
  text: string,
  pieces: readonly string[],
  full: (gathered: Gathered) => boolean,
): string[] {
  const joined: string[] = []
  let from = 0
  let at = 0
  let last = ''
  for (const next of pieces) {
    if (at > from && full({ length: at - from, last, next })) {
      joined.push(text.slice(from, at))
      from = at
    }
    at += next.length
    last = next
  }
  joined.push(text.slice(from))
  return joined
}

/** Scenarios say the same texts again and again; the least recently used are forgotten first. */
const cache = new Map<string, string[]>()
const cacheLimit = { characters: 1_000_000, textLength: 50_000 }
let cachedCharacters = 0

function recall(key: string): string[] | undefined {
  const pieces = cache.get(key)
  if (!pieces) return undefined
  cache.delete(key)
  cache.set(key, pieces)
  return pieces
}

function remember(key: string, pieces: string[]): void {
  if (key.length > cacheLimit.textLength) return
  cache.set(key, pieces)
  cachedCharacters += key.length
  for (const oldest of cache.keys()) {
    if (cachedCharacters <= cacheLimit.characters) return
    cache.delete(oldest)
    cachedCharacters -= oldest.length
  }
}
