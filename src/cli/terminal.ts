/** What the terminal can show: its width, its alphabet, and whether colour is wanted. */
import process from 'node:process'

/** As wide as the terminal; text that goes elsewhere does not depend on one. */
export const terminalColumns = (): number => process.stdout.columns ?? 100

/** For tables: a file or a program gets all of them, unless `COLUMNS` says how wide it is. */
export function tableColumns(): number {
  const told = Number(process.env['COLUMNS'] ?? '')
  return process.stdout.columns ?? (told > 0 ? told : Number.POSITIVE_INFINITY)
}

/** https://no-color.org counts any text but the empty one. */
export function wantsColor(): boolean {
  const isPlain = (process.env['NO_COLOR'] ?? '') !== '' || process.env['TERM'] === 'dumb'
  return process.stdout.isTTY === true && !isPlain
}

/** False where the locale says that the terminal knows no more than ASCII. */
export function hasUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG, TERM } = process.env
  if (TERM === 'dumb' || TERM === 'linux') return false
  const locale = [LC_ALL, LC_CTYPE, LANG].find((value) => value !== undefined && value !== '')
  return locale === undefined || /utf-?8/i.test(locale)
}
