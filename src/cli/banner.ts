/** What a person needs to know once the server listens. The first line is for programs, too. */
import type { Dialect } from '../core/dialect.ts'
import { formatMistake, type Mistake } from '../core/errors.ts'
import type { Double } from '../testing/start.ts'
import { demoScenario } from '../testing/start.ts'

export type Doing =
  | {
      readonly doing: 'playing'
      /** Live services, as they were given. */
      readonly upstream: readonly string[] | undefined
      readonly folder: string | undefined
    }
  | { readonly doing: 'taping'; readonly upstream: readonly string[]; readonly folder: string }
  | { readonly doing: 'replaying'; readonly recordings: readonly string[]; readonly pace: string }

/** One text, so that whoever reads its first line has the rest as well. */
export function banner(double: Double, doing: Doing): string {
  return [`stuntdouble listening on ${double.url()}`, '', ...describe(double, doing), ''].join('\n')
}

function describe(double: Double, doing: Doing): string[] {
  switch (doing.doing) {
    case 'playing':
      if (doing.upstream && double.stage.scenarios.length === 0) return passing(double, doing)
      return [...playing(double), ...live(doing)]
    case 'taping':
      return taping(double, doing.upstream, plainFolder(doing.folder))
    case 'replaying': {
      const from = doing.recordings.join(', ')
      const how = doing.pace === 'recorded' ? 'as fast as it was recorded' : `at pace ${doing.pace}`
      return [
        `Replaying ${from}, ${how}.`,
        ...broken(double.mistakes),
        '',
        ...pointHere(environment(double)),
      ]
    }
  }
}

function playing(double: Double): string[] {
  const { scenarios, dialects } = double.stage
  const places = reachable(dialects)
  const isDemo = scenarios.length === 1 && scenarios[0]?.file === demoScenario
  return [
    `Playing ${namesOf(double)}:`,
    ...listed(places),
    '',
    ...pointHere(environment(double)),
    ...tryIt(double, places),
    ...(isDemo ? next : []),
  ]
}

/** A line for each dialect that has a path to itself, and the names of those that share one. */
function listed(places: readonly Place[]): string[] {
  const own = places.filter(({ isShared }) => !isShared)
  const shared = places.filter(({ isShared }) => isShared)
  const width = Math.max(16, ...own.map(({ name }) => name.length + 2))
  const lines = own.map(({ name, method, path }) => `  ${name.padEnd(width)}${method} ${path}`)
  const [example] = shared
  if (!example) return lines
  return [
    ...lines,
    '',
    `Who shares a path answers below its name, as at /${example.name}${example.path},`,
    'and at the path itself by --dialect NAME (or, with a *, if its own client asks):',
    ...wrapped(shared.map(({ name, isTold }) => (isTold ? `${name}*` : name))),
  ]
}

function wrapped(names: readonly string[]): string[] {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    const longer = `${last}, ${name}`
    if (last !== undefined && longer.length <= 88) lines[lines.length - 1] = longer
    else lines.push(`  ${name}`)
  }
  return lines.map((line, index) => (index === lines.length - 1 ? line : `${line},`))
}

const plainFolder = (folder: string): string => folder.replace(/(?<=.)\/+$/, '')

/** More of them than this would push away what is needed to begin. */
const mostShown = 5

function broken(mistakes: readonly Mistake[]): string[] {
  if (mistakes.length === 0) return []
  const more = mistakes.length - mostShown
  const count = mistakes.length === 1 ? '1 mistake' : `${mistakes.length} mistakes`
  return [
    '',
    `${count} in them, and the rest plays:`,
    ...mistakes.slice(0, mostShown).map((mistake) => `  ${formatMistake(mistake)}`),
    ...(more > 0 ? [`  and ${more} more, which \`stuntdouble check\` names`] : []),
  ]
}

type Playing = Extract<Doing, { doing: 'playing' }>

/** Where live answers come from and where they are kept. */
function live({ upstream, folder }: Playing): string[] {
  const taped = folder === undefined ? [] : [`Live answers are taped into ${plainFolder(folder)}.`]
  const rest = upstream ? [`What no rule answers goes to ${upstream.join(', ')}.`] : []
  return rest.length + taped.length === 0 ? [] : ['', ...rest, ...taped]
}

function passing(double: Double, { upstream = [], folder }: Playing): string[] {
  const how = folder === undefined ? 'untaped' : `taping it into ${plainFolder(folder)}`
  return [`Passing all on to ${upstream.join(', ')}, ${how}.`, '', ...instead(upstream, double)]
}

function taping(double: Double, upstream: readonly string[], folder: string): string[] {
  const isAsked = double.stage.scenarios.length > 0
  return [
    ...(isAsked ? [`Playing ${namesOf(double)}. What no rule answers goes on:`] : []),
    `Taping ${upstream.join(', ')} into ${folder}.`,
    '',
    ...instead(upstream, double),
    '',
    `Afterwards: stuntdouble replay ${folder}`,
  ]
}

const namesOf = ({ stage }: Double): string =>
  stage.scenarios
    .map(({ name, rules }) => `${name} (${rules.length} ${rules.length === 1 ? 'rule' : 'rules'})`)
    .join(', ')

/** Variables that belong together stand in one line, ready to be pasted. */
const pointHere = (groups: readonly (readonly string[])[]): string[] =>
  groups.length === 0
    ? []
    : ['Point a client here:', ...groups.map((group) => `  export ${group.join(' ')}`)]

/** `NAME=value`, in the words of the dialects and grouped by them; the first has the name. */
function environment(double: Double): string[][] {
  const seen = new Set<string>()
  // A dialect does not know that a scenario asks for keys.
  const key = keyOf(double) ?? 'none'
  return double.stage.dialects.flatMap(({ usage }) => {
    const group = (usage?.(double.url()) ?? []).filter((line) => {
      const name = line.slice(0, line.indexOf('='))
      return !seen.has(name) && seen.add(name)
    })
    return group.length === 0
      ? []
      : [group.map((line) => line.replace(/_KEY=none$/, `_KEY=${key}`))]
  })
}

const keyOf = ({ stage }: Double): string | undefined =>
  stage.scenarios.find(({ auth }) => auth)?.auth?.keys[0]?.key

/**
 * Keys are the client's own business here, since the service asks for real ones. A base path of the
 * upstream is added by the relay, so that a client must leave it out.
 */
function instead(upstream: readonly string[], double: Double): string[] {
  const base = double.url()
  const [single = ''] = upstream
  // Of several, each has a path or a dialect of its own.
  if (upstream.length !== 1 || !URL.canParse(single)) return [`Point a client at ${base} instead.`]
  const path = new URL(single).pathname.replace(/\/+$/, '')
  const below = environment(double).flatMap((group) => {
    const urls = group.flatMap((line) => {
      const [name = '', url = ''] = line.split('=', 2)
      const isBelow = url === base + path || url.startsWith(`${base}${path}/`)
      return isBelow ? [`${name}=${base}${url.slice(base.length + path.length)}`] : []
    })
    return urls.length === 0 ? [] : [urls]
  })
  return below.length > 0 ? pointHere(below) : [`Point a client at ${base} instead.`]
}

function tryIt(double: Double, places: readonly Place[]): string[] {
  const place = places.find(({ name }) => name === 'openai-chat')
  if (!place) return []
  const key = keyOf(double)
  const authorization = key === undefined ? '' : ` -H 'authorization: Bearer ${key}'`
  return [
    '',
    'Try it:',
    `  curl -N ${double.url(place.path)} -H 'content-type: application/json'${authorization} \\`,
    `    -d '{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"hello"}]}'`,
  ]
}

const next = [
  '',
  'Next: say "weather in Paris", "rate limit", "error", "cut" or "stall" to it, then copy',
  'scenarios/demo.yaml, change it, and serve your copy. --help names the other commands.',
]

interface Place {
  readonly name: string
  readonly method: string
  readonly path: string
  /** A dialect before it has the path, too. */
  readonly isShared: boolean
  /** Requests at the shared path that are meant for it are known as such. */
  readonly isTold: boolean
}

/** Where each dialect is reached: its first path for chat. The others are in its documentation. */
function reachable(dialects: readonly Dialect[]): Place[] {
  const taken = new Set<string>()
  return dialects.flatMap(({ name, routes, recognizes }): Place[] => {
    const chats = routes.filter(({ answer }) => !answer)
    const places = chats.map(({ method, path }) => `${method} ${path}`)
    const isShared = taken.has(places[0] ?? '')
    for (const place of places) taken.add(place)
    const isTold = isShared && recognizes !== undefined
    return chats.slice(0, 1).map(({ method, path }) => ({ name, method, path, isShared, isTold }))
  })
}
