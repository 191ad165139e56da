/**
 * The settings of folders of recordings: those that stand in the folder, and on top of them what a
 * command or a call says.
 */
import { dirname } from 'node:path'
import { type Mistake, StuntdoubleError } from '../../core/errors.ts'
import {
  afterModes,
  defaultSettings,
  type RecordingSettings,
  type RedactSettings,
  staleModes,
  type VolatileText,
} from '../../core/recording-settings.ts'
import { suggestion } from '../../core/suggest.ts'
import {
  ageForm,
  parseAge,
  parsePattern,
  parseVolatile,
  problemOfHeader,
  problemOfPlace,
} from '../../core/written-settings.ts'
import { loadSettings } from '../../scenario/load-settings.ts'

/** On top of `settings.yaml`: lists are added to, single values replaced. */
export interface GivenSettings {
  /** Places that are not compared: `$.metadata.run_id`, `$..name`, `query:page`. */
  readonly ignore?: readonly string[]
  /** Names of request headers that are compared as well. */
  readonly matchHeaders?: readonly string[]
  /** `dates`, `uuids`, `ids`, or a pattern such as `/order-\d+/`; `none` for those alone that follow. */
  readonly volatile?: readonly (string | RegExp)[]
  /** What comes after the last of several recordings of one request. */
  readonly after?: string
  /** Recordings older than this are stale: `30d`, `12h`. */
  readonly staleAfter?: string
  /** What is done about stale ones: `warn` or `fail`. */
  readonly stale?: string
  /** What these patterns find is secret, as in `/cust-\d{6}/`; of one with groups, what they hold. */
  readonly secrets?: readonly (string | RegExp)[]
  /** E-mail addresses are secret, too. */
  readonly redactEmails?: boolean
}

export class FolderSettings {
  readonly #given: GivenSettings
  readonly #byFolder = new Map<string, RecordingSettings>()
  /** Of all folders without settings of their own, so that they are one. */
  #usual: RecordingSettings | undefined
  readonly #mistakes: Mistake[] = []
  #everywhere: RedactSettings | undefined

  /** Throws a `usage` error where what is given cannot be. */
  constructor(given: GivenSettings) {
    this.#given = given
    checkGiven(given)
    withGiven(defaultSettings, given)
  }

  /** In the files that were read. */
  get mistakes(): readonly Mistake[] {
    return this.#mistakes
  }

  /** Of the folder that a recording is in. */
  of(file: string): RecordingSettings {
    return this.ofFolder(dirname(file))
  }

  ofFolder(folder: string): RecordingSettings {
    const known = this.#byFolder.get(folder)
    if (known) return known
    const loaded = loadSettings(folder)
    this.#mistakes.push(...loaded.mistakes)
    const settings = loaded.file
      ? withGiven(loaded.settings, this.#given)
      : (this.#usual ?? withGiven(loaded.settings, this.#given))
    if (!loaded.file) this.#usual = settings
    if (this.#given.stale !== undefined && settings.staleAfterMs === undefined) {
      throw usage('stale: nothing says from what age on; give stale-after as well, such as 30d')
    }
    this.#byFolder.set(folder, settings)
    this.#everywhere = undefined
    return settings
  }

  /** What is secret in any of the folders: for what is said of an exchange anywhere else. */
  get everywhere(): RedactSettings {
    this.#everywhere ??= together([
      withGiven(defaultSettings, this.#given).redact,
      ...[...this.#byFolder.values()].map(({ redact }) => redact),
    ])
    return this.#everywhere
  }
}

function together(all: readonly RedactSettings[]): RedactSettings {
  const patterns = new Map(
    all.flatMap((one) => one.patterns).map((pattern) => [String(pattern), pattern]),
  )
  return {
    patterns: [...patterns.values()],
    emails: all.some(({ emails }) => emails),
    fields: [...new Set(all.flatMap(({ fields }) => fields))],
    keepHeaders: [],
    // What one folder allows may be a secret in another.
    allow: (all[0]?.allow ?? []).filter((text) => all.every(({ allow }) => allow?.includes(text))),
  }
}

const usage = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)

function checkGiven({ ignore = [], matchHeaders = [], staleAfter }: GivenSettings): void {
  for (const place of ignore) refuse('ignore', problemOfPlace(place))
  for (const name of matchHeaders) refuse('match-header', problemOfHeader(name))
  if (staleAfter !== undefined && parseAge(staleAfter) === undefined) {
    throw usage(`stale-after: "${staleAfter}" is no age; expected ${ageForm}`)
  }
}

function refuse(what: string, problem: string | undefined): void {
  if (problem !== undefined) throw usage(`${what}: ${problem}`)
}

function withGiven(settings: RecordingSettings, given: GivenSettings): RecordingSettings {
  const { ignore = [], matchHeaders = [], volatile = [], after, staleAfter, stale } = given
  return {
    ...settings,
    match: {
      ignore: [...settings.match.ignore, ...ignore],
      headers: [...settings.match.headers, ...matchHeaders],
      volatile: withVolatile(settings.match.volatile, volatile),
    },
    redact: withSecrets(settings.redact, given),
    after: after === undefined ? settings.after : oneOf('after', after, afterModes),
    staleAfterMs: staleAfter === undefined ? settings.staleAfterMs : parseAge(staleAfter),
    stale: stale === undefined ? settings.stale : oneOf('stale', stale, staleModes),
  }
}

function withVolatile(
  before: readonly VolatileText[],
  given: readonly (string | RegExp)[],
): readonly VolatileText[] {
  const added = given.slice(given.lastIndexOf('none') + 1).map((one): VolatileText => {
    const found = parseVolatile(String(one))
    if (typeof found === 'string' || 'pattern' in found) return found
    throw usage(`volatile: ${found.problem}`)
  })
  return [...new Set([...(given.includes('none') ? [] : before), ...added])]
}

function withSecrets(
  before: RedactSettings,
  { secrets = [], redactEmails = false }: GivenSettings,
): RedactSettings {
  if (secrets.length === 0 && !redactEmails) return before
  const added = secrets.map((one) => {
    const found = parsePattern(String(one))
    if ('problem' in found) throw usage(`secret: ${found.problem}`)
    return found
  })
  const patterns = [...before.patterns, ...added]
  return { ...before, patterns, emails: before.emails || redactEmails }
}

function oneOf<T extends string>(what: string, written: string, known: readonly T[]): T {
  const found = known.find((one) => one === written)
  if (found) return found
  throw usage(`${what}: there is no "${written}"${suggestion(written, known)}`)
}
