/**
 * What an importer makes of a file from elsewhere, as plain data. Nothing here knows a file system,
 * and no importer may change a byte of a body but to undo its content coding.
 */
import type { Dialect } from '../../core/dialect.ts'
import type { Headers, HttpRequest } from '../../core/http.ts'
import type { Step } from '../../core/timeline.ts'
import type { LostPart, RecordedEnding } from '../format.ts'

/** Where in a file something stands; both are 1-based. */
export interface Place {
  readonly line: number
  readonly column: number
}

/** What was asked, as the source has it. */
export interface Asked {
  readonly method: string
  readonly url: string
  /** Path and query as the client gave them, where they are not those of the URL. */
  readonly target?: string | undefined
  readonly headers: Headers
  readonly body: Uint8Array
}

/** When things happened, counted from the request; where a source knows only a part, the rest is 0. */
interface Timing {
  readonly headMs: number
  readonly endMs: number
  /** Of each frame that has data, in order; undefined where the source does not tell. */
  readonly frameMs?: readonly number[] | undefined
}

/** What came back, as the source has it: the body may still be in its content coding. */
export interface Answered {
  readonly status: number
  readonly headers: Headers
  readonly body: Uint8Array
  /** The lengths of the chunks, where the source has kept their borders. */
  readonly chunks?: readonly number[] | undefined
  readonly timing?: Timing | undefined
  /** `close` where the source ends before the body does. */
  readonly ending?: 'end' | 'close' | undefined
}

/** What only our own export tells: all that a recording has. The body is then kept as it is. */
export interface Exact {
  /** Undefined where the service never sent a head. */
  readonly headMs: number | undefined
  readonly chunks: readonly (readonly [atMs: number, length: number])[]
  readonly endMs: number
  /** Undefined where the file was cut off while taping, or the service was never reached. */
  readonly ending: RecordedEnding | undefined
  readonly failed: string | undefined
  readonly by: string | undefined
  readonly note: string | undefined
  readonly lost: readonly LostPart[]
}

/** One exchange of a source, not yet a recording. */
export interface Exchange {
  readonly place: Place
  /** Undefined where the source does not tell. */
  readonly asked: Asked | undefined
  readonly answered: Answered
  readonly exact?: Exact | undefined
  /** When it was asked, milliseconds since 1970. */
  readonly wallMs?: number | undefined
  /** The name of the dialect, where the source or its reader has settled it. */
  readonly dialect?: string | undefined
  /** What a person should know of it. */
  readonly words: readonly string[]
}

/** What a reader finds in a file, in the order of the file. */
export type Found =
  | { readonly kind: 'exchange'; readonly exchange: Exchange }
  /** It is broken: reported with its place, and not imported. */
  | { readonly kind: 'mistake'; readonly place: Place; readonly message: string }
  /** It is sound, and no exchange to be kept; said once for all that are alike. */
  | { readonly kind: 'ignored'; readonly what: string }

/** An exchange that is ready to be written down. */
export interface Imported {
  readonly place: Place
  /** Its number in its file, counted from 1. */
  readonly number: number
  readonly request: HttpRequest
  /** Absolute. */
  readonly url: string
  readonly wallMs: number
  readonly status: number
  readonly steps: readonly Step[]
  readonly lost: readonly LostPart[]
  readonly exact: Exact | undefined
  readonly dialect: Dialect | undefined
  /** What the source itself says of it. */
  readonly note: string | undefined
  readonly words: readonly string[]
}

/** A file as it was given, read once. */
export interface SourceFile {
  /** As it is shown. */
  readonly path: string
  readonly bytes: Uint8Array
}

/** What readers may ask of their surroundings, all of it handed in. */
export interface ImportContext {
  readonly dialects: readonly Dialect[]
  /** The dialect whose route this request takes, if any. */
  dialectOf(http: HttpRequest): Dialect | undefined
  /** What the user has named for all files. */
  readonly dialect?: string | undefined
  /** For sources that do not tell what was asked. */
  readonly url?: string | undefined
  readonly body?: string | undefined
  /** Also what a page consists of: scripts, styles, images. */
  readonly all?: boolean | undefined
  /** A file that a source names, next to it; undefined where there is none. */
  beside?(path: string, name: string): Uint8Array | undefined
}

/** One kind of file that can be read. */
export interface Format {
  readonly name: string
  /** For people. */
  readonly title: string
  /** Whether the file is of this kind, told by its content. */
  fits(look: Look): boolean
  /** Must not be called but where `fits`, or the user, says so. */
  read(look: Look, context: ImportContext): Iterable<Found>
}

/** A file that is being looked at: as text and as JSON, each made once and only when asked for. */
export interface Look {
  readonly path: string
  readonly bytes: Uint8Array
  readonly text: string
  /** Undefined where it is no JSON. */
  readonly json: { readonly value: unknown } | undefined
  /** Why it is no JSON. */
  readonly jsonError: string
}

export const found = (exchange: Exchange): Found => ({ kind: 'exchange', exchange })

export const mistake = (place: Place, message: string): Found => ({
  kind: 'mistake',
  place,
  message,
})

export const ignored = (what: string): Found => ({ kind: 'ignored', what })

/** A mistake in what is being read; readers catch it and go on with the next exchange. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable'
  readonly place: Place

  constructor(place: Place, message: string) {
    super(message)
    this.place = place
  }
}
