/**
 * Finds dates and times in texts, and says which moments they stand for. Pure.
 *
 * Two of them in two requests are one and the same where both stand as far from the moment of their
 * own request: "today" is another date every day. One that stands far from it, such as a birthday
 * or a deadline of last year, was meant as it is written.
 */

export interface DateText {
  readonly from: number
  readonly text: string
  /** With a time of day, and not only a day. */
  readonly isPrecise: boolean
  /** Milliseconds since 1970, as if in UTC where no zone is named; several where it is unclear. */
  readonly momentsMs: readonly number[]
}

const month = '(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]{0,6}'
const weekday = '(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? )?'
/** Between a time and AM or PM, some runtimes write a narrow space. */
const gap = '[ \\u00a0\\u202f]'
const clock = `(?:T|,? at |,?${gap})\\d{1,2}:\\d{2}(?::\\d{2}(?:[.,]\\d{1,9})?)?(?:${gap}?[AaPp]\\.?[Mm]\\b\\.?)?`
const zone = `(?: ?(?:Z|UTC|GMT)(?![A-Za-z])(?:[+-]\\d{1,2}(?::?\\d{2})?)?| ?[+-]\\d{2}:?\\d{2}(?!\\d))?(?: \\([A-Z][A-Za-z ]+\\))?`
const tail = `(?:${clock}${zone})?`

const forms = [
  `\\d{4}-\\d{2}-\\d{2}${tail}`,
  `\\d{4}/\\d{2}/\\d{2}${tail}`,
  '\\d{8}T\\d{6}(?:\\.\\d+)?Z',
  `${weekday}\\d{1,2}(?:st|nd|rd|th)?[ -]${month}\\.?,?[ -]\\d{4}${tail}`,
  `${weekday}${month}\\.? \\d{1,2}(?:st|nd|rd|th)?,? \\d{4}${tail}`,
  `\\d{1,2}([/.])\\d{1,2}\\1\\d{4}${tail}`,
]

/** Not within a longer word or number, such as the name of a model. */
const dates = new RegExp(`(?<![\\w.-])(?:${forms.join('|')})(?![\\w-])`, 'g')

/** Every date in a text, in order. */
export function datesIn(text: string): DateText[] {
  if (!/\d{4}/.test(text)) return []
  return [...text.matchAll(dates)].flatMap((found) => {
    const momentsMs = momentsOf(found[0])
    const isPrecise = /\d:\d\d|T\d{6}/.test(found[0])
    return momentsMs.length === 0
      ? []
      : [{ from: found.index, text: found[0], isPrecise, momentsMs }]
  })
}

const monthNames = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ')

function momentsOf(text: string): number[] {
  const time = timeOf(text)
  return daysOf(text)
    .filter(({ month: m, day }) => m >= 1 && m <= 12 && day >= 1 && day <= 31)
    .map(({ year, month: m, day }) => Date.UTC(year, m - 1, day) + time)
}

interface Day {
  readonly year: number
  readonly month: number
  readonly day: number
}

function daysOf(text: string): Day[] {
  const iso = /^(\d{4})[-/]?(\d{2})[-/]?(\d{2})/.exec(text)
  if (iso) return [dayOf(iso[1], iso[2], iso[3])]
  const numeric = /^(\d{1,2})[/.](\d{1,2})[/.](\d{4})/.exec(text)
  if (numeric) {
    const [, first, second, year] = numeric
    const [american, other] = [dayOf(year, first, second), dayOf(year, second, first)]
    return first === second ? [american] : [american, other]
  }
  const name = new RegExp(`(${month})`).exec(text)?.[1]?.slice(0, 3).toLowerCase() ?? ''
  const [day, year] = [/(?<!\d)\d{1,2}(?!\d)/.exec(text)?.[0], /\d{4}/.exec(text)?.[0]]
  return [dayOf(year, String(monthNames.indexOf(name) + 1), day)]
}

const dayOf = (year?: string, month?: string, day?: string): Day => ({
  year: Number(year),
  month: Number(month),
  day: Number(day),
})

/** From midnight in UTC. */
function timeOf(text: string): number {
  const compact = /T(\d{2})(\d{2})(\d{2})/.exec(text)
  const found = compact ?? /(\d{1,2}):(\d{2})(?::(\d{2}))?/.exec(text)
  if (!found) return 0
  const [, hours, minutes, seconds = '0'] = found
  const half = /([ap])\.?m/i.exec(text.slice(found.index))?.[1]?.toLowerCase()
  const hour = half === undefined ? Number(hours) : (Number(hours) % 12) + (half === 'p' ? 12 : 0)
  const ms = ((hour * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
  return ms - zoneOf(text.slice(found.index + found[0].length))
}

function zoneOf(text: string): number {
  const [, sign, hours, minutes = '0'] = /([+-])(\d{1,2}):?(\d{2})?/.exec(text) ?? []
  if (sign === undefined) return 0
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
}

const dayMs = 86_400_000
/** What is further from its request than this was not made for it. */
const nearMs = 40 * dayMs
/** A conversation that took a while on tape goes on faster when it is replayed. */
const slackMs = 3_600_000

export interface Dated {
  readonly date: Pick<DateText, 'isPrecise' | 'momentsMs'>
  /** When the request was made, in ms since 1970. */
  readonly atMs: number
}

/** Whether two dates stand as far from the moments of their requests. */
export function isSameMoment(one: Dated, other: Dated): boolean {
  if (one.date.isPrecise !== other.date.isPrecise) return false
  return one.date.momentsMs.some((first) =>
    other.date.momentsMs.some((second) => isAsFar(one, first, other, second)),
  )
}

function isAsFar(one: Dated, first: number, other: Dated, second: number): boolean {
  const [a, b] = [first - one.atMs, second - other.atMs]
  if (Math.abs(a) > nearMs || Math.abs(b) > nearMs) return false
  if (one.date.isPrecise) return Math.abs(a - b) <= slackMs
  return dayNumber(first) - dayNumber(one.atMs) === dayNumber(second) - dayNumber(other.atMs)
}

const dayNumber = (ms: number): number => Math.floor(ms / dayMs)
