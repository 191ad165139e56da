/** What torture is asked for, and what it goes by once everything usual is filled in. */
import type { Clock } from '../core/clock.ts'
import { StuntdoubleError } from '../core/errors.ts'
import type { Sources } from '../server/stage/compose.ts'
import { checkNames } from '../sweep/given.ts'
import { demoScenario } from '../testing/start.ts'
import { RealClock } from '../time/clock.ts'
import { type Allowed, allowedBy } from './allow.ts'
import { type Budget, parseBudget } from './budget.ts'
import { type Client, type ClientFunction, functionClient } from './client.ts'
import type { VariantResult } from './report.ts'
import { commandClient } from './spawn.ts'
import type { TorturePace } from './stand.ts'

export interface TortureOptions {
  /** The client as a command and its arguments; `{url}` in one is the server's address. */
  readonly command?: readonly string[]
  /** The client as a function: what it returns is its output, what it throws its error. */
  readonly run?: ClientFunction
  /** Where the reply under test comes from: a file, or an object of the same form; else the demo. */
  readonly scenario?: string | object
  /** A recording, or a folder of them. */
  readonly recording?: string
  /** What of a request is not compared with that of a recording: `$.metadata.run_id`, `query:page`. */
  readonly ignore?: readonly string[]
  /** What of it changes from run to run: `dates`, `uuids`, `ids`, or a pattern; `none` of these. */
  readonly volatile?: readonly (string | RegExp)[]
  /** Names of dialects that are asked first for their paths. */
  readonly dialects?: readonly string[]
  readonly seed?: number
  /** Names of variants, beginnings of names, or patterns: `split/byte-17`, `cut`, `cut/*`. */
  readonly only?: readonly string[]
  /** `200` runs, `60s`, or `all`; 500 runs unless given. */
  readonly budget?: string
  /** How long a client may hold on; from the clean run unless given. */
  readonly timeoutMs?: number
  /** Clients at once. */
  readonly jobs?: number
  /** `VERDICT` or `VERDICT:NAME`. */
  readonly allow?: readonly string[]
  /** The clean reply may be an HTTP error that no rule of a scenario asks for, such as a recorded one. */
  readonly allowErrorReply?: boolean
  /** Parts of the output that are not compared. */
  readonly mask?: readonly RegExp[]
  /** `quick`, which is usual, plays chunks a few milliseconds apart; `own` as the reply says. */
  readonly pace?: TorturePace
  /** What the client has in its environment besides. */
  readonly env?: Readonly<NodeJS.ProcessEnv>
  readonly cwd?: string
  readonly clock?: Clock
  /** Ends it early: what is known until then is reported. */
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: TortureProgress) => void
}

export type TortureProgress =
  | { readonly at: 'clean'; readonly run: 1 | 2 }
  | { readonly at: 'variants'; readonly total: number; readonly limitMs: number }
  | { readonly at: 'variant'; readonly result: VariantResult; readonly done: number }
  | { readonly at: 'shrinking' }

export interface TortureSettings {
  readonly client: Client
  readonly sources: Sources
  readonly pace: TorturePace
  readonly clock: Clock
  readonly env: Readonly<NodeJS.ProcessEnv>
  readonly seed: number | undefined
  /** All where it is undefined. */
  readonly only: readonly string[] | undefined
  readonly budget: Budget
  readonly timeoutMs: number | undefined
  readonly jobs: number
  readonly allow: readonly string[] | undefined
  readonly allowed: Allowed
  readonly allowErrorReply: boolean
  readonly mask: readonly RegExp[]
  readonly signal: AbortSignal
  readonly onProgress: (progress: TortureProgress) => void
}

const usage = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)

/** Throws a `usage` error where something makes no sense. */
export function settle(options: TortureOptions): TortureSettings {
  const clock = options.clock ?? new RealClock()
  const { only, allow, jobs = 2 } = options
  if (!Number.isInteger(jobs) || jobs < 1) throw usage('jobs must be a whole number from 1')
  checkNames(only, 'torture')
  return {
    client: clientOf(options, clock),
    sources: sourcesOf(options),
    pace: options.pace ?? 'quick',
    clock,
    env: options.env ?? {},
    seed: options.seed,
    only,
    budget: parseBudget(options.budget),
    timeoutMs: options.timeoutMs,
    jobs,
    allow,
    allowed: allowedBy(allow),
    allowErrorReply: options.allowErrorReply ?? false,
    mask: options.mask ?? [],
    signal: options.signal ?? new AbortController().signal,
    onProgress: options.onProgress ?? (() => undefined),
  }
}

function clientOf({ command, run, cwd, env }: TortureOptions, clock: Clock): Client {
  if (run && command) throw usage('a client is a command or a function, not both')
  if (run) return functionClient(run)
  if (!command?.[0]) throw usage('there is no command to run; write it behind --')
  const where = cwd === undefined ? {} : { cwd }
  return commandClient(command, { clock, ...where, ...(env ? { env } : {}) })
}

function sourcesOf(options: TortureOptions): Sources {
  const { scenario, recording, dialects, seed, ignore, volatile } = options
  if (scenario !== undefined && recording !== undefined) {
    throw usage('the reply comes from a scenario or from a recording, not from both')
  }
  if (recording === undefined && (ignore || volatile)) {
    throw usage('ignore and volatile say how a request is compared with a recording; there is none')
  }
  return {
    ...(ignore ? { ignore } : {}),
    ...(volatile ? { volatile } : {}),
    ...(recording === undefined
      ? { scenarios: [scenario ?? demoScenario] }
      : { recordings: [recording] }),
    ...(dialects ? { dialects } : {}),
    ...(seed === undefined ? {} : { seed }),
    tapes: false,
  }
}
