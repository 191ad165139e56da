/** Why no recording answers, as data for programs and as a text for people. Pure. */
import { type ComparedMessage, mostDifferences, type Near } from './match-nearest.ts'

export interface MissReport {
  readonly method: string
  readonly path: string
  /**
   * `none`: nothing that was taped may stand for it. `used-up`: all that was taped for it has been
   * played, and the settings ask for an error. `ambiguous`: several recordings could be meant.
   */
  readonly reason: 'none' | 'used-up' | 'ambiguous'
  /** How many recordings were looked at. */
  readonly recordings: number
  /** How many more hold no answer, since the service was never reached or the client left. */
  readonly silent: number
  /** The nearest first; at most three. */
  readonly nearest: readonly Near[]
}

export function explainMiss(report: MissReport): string {
  const { method, path, reason, nearest } = report
  const title = `no recording answers ${method} ${path}`
  const files = nearest.map(({ file }) => file)
  if (reason === 'used-up') {
    return `${title} any more: all that was taped for it has been played (${files.join(', ')}, and "after" is "error")`
  }
  if (reason === 'ambiguous') {
    return [
      `${title}: several could be meant, and they differ in what is masked`,
      ...files.map((file) => `  ${file}`),
      'one that is asked exactly as it was taped is found',
    ].join('\n')
  }
  return explainNone(report, title)
}

function explainNone({ recordings, silent, nearest }: MissReport, title: string): string {
  const left = silent > 0 ? ` (${silent} more hold no answer)` : ''
  if (recordings === 0) return `${title}: there are no recordings${left}`
  const among = `of ${recordings} recording${recordings === 1 ? '' : 's'}${left}`
  const [first, ...others] = nearest
  const [difference] = first?.differences ?? []
  if (!first || !difference) return `${title} ${among}`
  const more = first.count > 1 ? ` (${countOf(first.count)} differences in all)` : ''
  return [
    title,
    `the nearest ${among} is ${first.file}${more}; the first difference is at`,
    difference.where,
    `  taped: ${difference.taped}`,
    `  asked: ${difference.asked}`,
    ...table(first.messages),
    ...others.filter(isAtSamePlace).map(alsoNear),
  ].join('\n')
}

const countOf = (count: number): string =>
  count >= mostDifferences ? `${mostDifferences} or more` : String(count)

const isAtSamePlace = ({ differences: [first] }: Near): boolean =>
  first?.where !== 'method' && first?.where !== 'path'

const alsoNear = ({ file, count, differences: [first] }: Near): string =>
  `also near: ${file} (${countOf(count)} ${count === 1 ? 'difference' : 'differences'}, the first at ${first?.where})`

const words: Readonly<Record<ComparedMessage['is'], string>> = {
  same: 'same',
  different: 'different',
  'only-taped': 'only taped',
  'only-asked': 'only asked',
}

/** Message by message, equal ones in a row on one line; of a single message there is no table. */
function table(messages: readonly ComparedMessage[]): string[] {
  if (messages.length < 2) return []
  const lines: { from: number; to: number; roles: string[]; is: ComparedMessage['is'] }[] = []
  for (const { index, role, is } of messages) {
    const last = lines.at(-1)
    if (last?.is === is) {
      last.to = index
      last.roles.push(role)
    } else lines.push({ from: index, to: index, roles: [role], is })
  }
  return ['message by message', ...lines.map(row)]
}

const mostRoles = 4

function row({
  from,
  to,
  roles,
  is,
}: {
  from: number
  to: number
  roles: string[]
  is: ComparedMessage['is']
}): string {
  const range = from === to ? `[${from}]` : `[${from}-${to}]`
  const shown = roles.slice(0, mostRoles).join(', ')
  return `  ${range} ${words[is]}: ${shown}${roles.length > mostRoles ? ', …' : ''}`
}
