/**
 * What every export is: recordings in, pieces of one text out. Pure; must never touch a file, and
 * never leave something out without saying so.
 */
import type { Dialect } from '../../core/dialect.ts'
import type { Recording } from '../format.ts'

export interface Exported {
  readonly recording: Recording
  /** What its body is read by; undefined where nobody knows. */
  readonly dialect: Dialect | undefined
}

/** How the taped times of a script are told. */
export type ScriptTiming = 'steps' | 'profile' | 'none'

export interface ExportOptions {
  readonly timing: ScriptTiming
  /** All that are known, for paths that several share. */
  readonly dialects: readonly Dialect[]
  /** Something of a recording that the format has no place for, such as `times`. */
  lose(what: string): void
  /** A recording that the format has no place for at all. */
  leaveOut(file: string, why: string): void
  /** Something worth knowing about the whole. */
  tell(word: string): void
}

export interface Exporter {
  readonly name: string
  /** For people. */
  readonly title: string
  /** The recordings can be walked again, and should be walked rather than held. */
  write(exported: Iterable<Exported>, options: ExportOptions): Iterable<string>
}
