/**
 * The recordings of one path, a file or a folder, as they are on disk now. A file is read when it
 * is another one than before, and only then.
 * Must never show a recording that is still being taped as one that was cut off.
 */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import type { Mistake } from '../core/errors.ts'
import { FileRecording, type OnMistakes } from './store-file.ts'
import { type Index, type IndexEntry, loadIndex, noIndex, saveIndex } from './store-index.ts'
import {
  type FileVersion,
  isSameVersion,
  isYoung,
  scan,
  smallBytes,
  unreadable,
  versionFrom,
  versionOf,
} from './store-scan.ts'

export interface ListingOptions {
  readonly clock: Clock
  /** Large files are read to their end as well. */
  readonly isWhole: boolean
  /** Called while many files are read for the first time. */
  readonly onProgress: ((done: number, total: number) => void) | undefined
  /** Told of mistakes that are found after the first look. */
  readonly onMistakes: OnMistakes
}

interface Entry {
  readonly version: FileVersion
  readonly isYoung: boolean
  /** Undefined where nothing of it plays. */
  readonly recording: FileRecording | undefined
  readonly mistakes: readonly Mistake[]
  /** Came or grew while others play, and has no ending yet. */
  readonly isGrowing: boolean
}

/** Reading fewer files than this takes no longer than to start at all. */
const fewestIndexed = 100

/** More files than this are not all looked at for each request that nothing answers. */
const mostLookedAt = 1000

/** Of all time, looking at many files may take this part. */
const lookingPart = 0.05

/** An index is written again when this part of it is new. */
const newPart = 0.1

const progressEvery = 50

export class Listing {
  readonly path: string
  readonly #options: ListingOptions
  #isFolder = false
  /** What comes before a name to make it a path. */
  #before = ''
  /** The path itself cannot be read. */
  #problem: Mistake | undefined
  #names: readonly string[] = []
  /** Of the folder when it was listed; undefined where it may have changed unseen. */
  #listed: FileVersion | undefined
  #entries = new Map<string, Entry>()
  #isOpen = false
  #nextLookMs = Number.NEGATIVE_INFINITY
  /** Names of what was derived from requests, the last used last. */
  readonly #derived = new Set<string>()
  #unsaved = 0
  #isSaved = false
  #isSaving = false

  constructor(path: string, options: ListingOptions) {
    this.path = path
    this.#options = options
    this.refresh()
    this.#isOpen = true
  }

  get isFolder(): boolean {
    return this.#isFolder
  }

  /** In the order of their names. */
  get recordings(): readonly FileRecording[] {
    const entries = [...this.#entries.values()]
    return entries.flatMap(({ recording, isGrowing }) => (isGrowing ? [] : (recording ?? [])))
  }

  get mistakes(): readonly Mistake[] {
    if (this.#problem) return [this.#problem]
    return [...this.#entries.values()].flatMap(({ mistakes }) => mistakes)
  }

  /**
   * True where something came, changed or went. Of very many files those that were known are looked
   * at only now and then, unless all of them must be.
   */
  refresh(mustLook = false): boolean {
    const startedMs = this.#options.clock.now()
    const isFew = this.#entries.size <= mostLookedAt
    const isAll = mustLook || isFew || startedMs >= this.#nextLookMs
    this.#list()
    const index = this.#isOpen ? noIndex : this.#loadIndex()
    const before = this.#entries
    this.#entries = new Map()
    let isChanged = false
    for (const [at, name] of this.#names.entries()) {
      const known = before.get(name)
      const entry = known && !isAll && !known.isGrowing ? known : this.#look(name, known, index)
      if (entry) this.#entries.set(name, entry)
      if (entry !== known) isChanged = true
      if (this.#unsaved > 0 && at > 0 && at % progressEvery === 0) {
        this.#options.onProgress?.(at, this.#names.length)
      }
    }
    const tookMs = this.#options.clock.now() - startedMs
    if (isAll) this.#nextLookMs = startedMs + tookMs / lookingPart
    return isChanged || before.size !== this.#entries.size
  }

  /** A folder that has not changed has the same names in it. */
  #list(): void {
    const nowMs = this.#options.clock.wallTime()
    try {
      const stats = statSync(this.path)
      const version = versionFrom(stats)
      this.#problem = undefined
      this.#isFolder = stats.isDirectory()
      if (!this.#isFolder) {
        this.#before = ''
        this.#names = [this.path]
      } else if (!this.#listed || !isSameVersion(this.#listed, version)) {
        this.#before = join(this.path, '/')
        this.#names = namesIn(this.path)
        this.#listed = isYoung(version, nowMs) ? undefined : version
      }
    } catch (error) {
      this.#problem = unreadable(this.path, error)
      this.#names = []
      this.#listed = undefined
    }
  }

  #look(name: string, known: Entry | undefined, index: Index): Entry | undefined {
    const file = this.#before + name
    const version = versionOf(file)
    // It went while we were looking.
    if (!version) return undefined
    if (known && !known.isYoung && isSameVersion(known.version, version)) return known
    const indexed = index.find(name)
    if (indexed && isSameVersion(indexed.version, version) && !this.#isReadAnyway(version)) {
      const recording = this.#recordingOf(file, indexed)
      return { version, recording, isYoung: false, mistakes: [], isGrowing: false }
    }
    return this.#read(file, known)
  }

  #isReadAnyway({ size }: FileVersion): boolean {
    return this.#options.isWhole && size > smallBytes
  }

  #read(file: string, known: Entry | undefined): Entry {
    // From before it is read, since reading takes its time.
    const nowMs = this.#options.clock.wallTime()
    const { version, facts, request, mistakes } = scan(file, this.#options.isWhole)
    const recording = facts && this.#recordingOf(file, { version, facts })
    if (request) recording?.remember(request)
    const common = {
      version,
      isYoung: isYoung(version, nowMs),
      recording,
    }
    if (this.#isGrowing(common, mistakes, known))
      return { ...common, mistakes: [], isGrowing: true }
    if (mistakes.length === 0) this.#saveSoon()
    else if (this.#isOpen) this.#options.onMistakes(mistakes)
    return { ...common, mistakes, isGrowing: false }
  }

  /** What had an ending before is not taped any more, whatever somebody has made of it. */
  #isGrowing(
    { version, recording }: Pick<Entry, 'version' | 'recording'>,
    mistakes: readonly Mistake[],
    known: Entry | undefined,
  ): boolean {
    if (!this.#isOpen || (known?.recording && hasEnding(known.recording))) return false
    return version.size === 0 || (mistakes.length === 0 && !!recording && !hasEnding(recording))
  }

  #recordingOf(file: string, { version, facts, keys }: KnownFacts): FileRecording {
    const { onMistakes } = this.#options
    return new FileRecording({ file, version, facts, keys, onMistakes, onDerived: this.#onDerived })
  }

  readonly #onDerived = (name: string): void => {
    this.#derived.delete(name)
    this.#derived.add(name)
    this.#saveSoon()
  }

  #loadIndex(): Index {
    if (!this.#isFolder || this.#names.length < fewestIndexed) return noIndex
    const index = loadIndex(this.path)
    for (const name of index.names) this.#derived.add(name)
    return index
  }

  /** Once for all that is found out in one turn, and later only when much has come. */
  #saveSoon(): void {
    this.#unsaved++
    const isMuch = !this.#isSaved || this.#unsaved > this.#entries.size * newPart
    if (this.#isSaving || !isMuch || !this.#isFolder) return
    this.#isSaving = true
    setImmediate(() => {
      this.#isSaving = false
      if (this.#entries.size >= fewestIndexed) this.#save()
    })
  }

  #save(): void {
    this.#isSaved = true
    this.#unsaved = 0
    const entries = new Map<string, IndexEntry>()
    for (const [name, { version, isYoung, isGrowing, recording, mistakes }] of this.#entries) {
      if (!recording || isYoung || isGrowing || mistakes.length > 0) continue
      entries.set(name, { version, facts: recording.facts, keys: recording.keys })
    }
    saveIndex(this.path, { names: [...this.#derived], entries })
  }
}

type KnownFacts = Pick<IndexEntry, 'version' | 'facts'> & Partial<IndexEntry>

const hasEnding = ({ ending, failed }: FileRecording): boolean =>
  ending !== undefined || failed !== undefined

/** Hidden files are not looked at: half-written ones of other programs are among them. */
const namesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.jsonl') && !name.startsWith('.'))
    .sort()
