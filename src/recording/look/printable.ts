/** Texts and figures in the form in which a terminal can bear them. Pure. */

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** Control characters as escapes, so that a body cannot move the cursor or colour the screen. */
export const visible = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) =>
      escapes[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
  )

/** The beginning, where it is too long. */
export const clip = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, width - 1).replace(/[\uD800-\uDBFF]$/, '')}…`

/** The end, where it is too long: of a path, that says more. */
export const clipStart = (text: string, width: number): string =>
  text.length <= width ? text : `…${text.slice(1 - width).replace(/^[\uDC00-\uDFFF]/, '')}`

/** `1 chunk`, `2,300 chunks`. */
export const counted = (count: number, noun: string): string =>
  `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`

/** `13,195` */
export const grouped = (value: number): string =>
  String(value).replace(/\B(?=(?:\d{3})+(?!\d))/g, ',')

/** Milliseconds to the microsecond, as the recording has them. */
export const exactMs = (value: number): string => value.toFixed(3)

/** Milliseconds in three figures or so: `0.42`, `7.05`, `431`, `12,800`. */
export function shortMs(value: number): string {
  const decimals = value === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2
  return grouped(Number(value.toFixed(decimals)))
}

/** `980 B`, `13.2 kB`, `1.07 GB`: a thousand to a step. */
export function shortBytes(bytes: number): string {
  const step = [1e9, 1e6, 1e3].find((unit) => bytes >= unit)
  if (step === undefined) return `${bytes} B`
  const unit = step === 1e9 ? 'GB' : step === 1e6 ? 'MB' : 'kB'
  return `${Number((bytes / step).toPrecision(3))} ${unit}`
}

/** `420 ms`, `1.81 s`, `2 min 5 s`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${shortMs(ms)} ms`
  if (ms < 120_000) return `${Number((ms / 1000).toPrecision(3))} s`
  const seconds = Math.round(ms / 1000)
  return `${grouped(Math.floor(seconds / 60))} min ${seconds % 60} s`
}
