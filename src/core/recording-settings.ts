/**
 * How a folder of recordings is kept and asked: plain data, since it is read on one floor and
 * obeyed on others.
 */

/** What makes two requests the same. Method, path, query and body are compared unless named here. */
export interface MatchSettings {
  /** Places that are not compared: `$.metadata.run_id`, `$..timestamp`, `query:page`. */
  readonly ignore: readonly string[]
  /** Names of request headers that are compared as well; in any case. */
  readonly headers: readonly string[]
  /** Texts that change from run to run, and are compared as if they were one: dates, ids, ... */
  readonly volatile: readonly VolatileText[]
}

/** A kind that is known by name, or a pattern of the user's own. */
export type VolatileText = VolatileKind | { readonly pattern: RegExp }

type VolatileKind = 'dates' | 'uuids' | 'ids'

export const volatileKinds: readonly VolatileKind[] = ['dates', 'uuids', 'ids']

/** What can come after the last of several recordings of one request. */
export const afterModes = ['repeat-last', 'loop', 'error'] as const

/** What can be done about stale recordings. */
export const staleModes = ['warn', 'fail'] as const

/** What is taken out beside what looks like a key anyway. */
export interface RedactSettings {
  /** Everything that matches is a secret; of a pattern with groups, what the groups hold. */
  readonly patterns: readonly RegExp[]
  /** E-mail addresses count as secrets. */
  readonly emails: boolean
  /** Further names of JSON fields and parameters whose values are secrets. */
  readonly fields: readonly string[]
  /** Further names of headers that are kept. */
  readonly keepHeaders: readonly string[]
  /** Texts that look like a secret and are none. */
  readonly allow?: readonly string[] | undefined
}

export interface RecordingSettings {
  readonly match: MatchSettings
  readonly redact: RedactSettings
  /** What comes after the last of several recordings of one request. */
  readonly after: (typeof afterModes)[number]
  /** Recordings older than this are stale; never where it is undefined. */
  readonly staleAfterMs: number | undefined
  /** What is done about stale ones. */
  readonly stale: (typeof staleModes)[number]
}

export const defaultSettings: RecordingSettings = {
  match: { ignore: [], headers: [], volatile: volatileKinds },
  redact: { patterns: [], emails: false, fields: [], keepHeaders: [] },
  after: 'repeat-last',
  staleAfterMs: undefined,
  stale: 'warn',
}
