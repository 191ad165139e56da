/**
 * `settings.yaml` of a folder of recordings. Must never stop at the first mistake: it reports all
 * of them, each with file, line and column.
 */
import { readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Mistake, messageOf } from '../core/errors.ts'
import { defaultSettings, type RecordingSettings } from '../core/recording-settings.ts'
import { explainAll } from './explain.ts'
import { readYaml } from './load-yaml.ts'
import { settingsOf, settingsSchema } from './schema-settings.ts'

const settingsName = 'settings.yaml'

export interface LoadedSettings {
  /** The usual ones where there is no file. */
  readonly settings: RecordingSettings
  readonly mistakes: readonly Mistake[]
  /** The file, where there is one. */
  readonly file: string | undefined
}

/** The settings beside a recording, or in a folder of them. */
export function loadSettings(path: string): LoadedSettings {
  const isFolder = statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
  const file = join(isFolder ? path : dirname(path), settingsName)
  if (!statSync(file, { throwIfNoEntry: false })) {
    return { settings: defaultSettings, mistakes: [], file: undefined }
  }
  try {
    return { ...parseSettings(readFileSync(file, 'utf8'), file), file }
  } catch (thrown) {
    const message = `cannot be read: ${messageOf(thrown)}`
    return { settings: defaultSettings, mistakes: [{ file, line: 1, column: 1, message }], file }
  }
}

export function parseSettings(
  text: string,
  file: string,
): { readonly settings: RecordingSettings; readonly mistakes: readonly Mistake[] } {
  const yaml = readYaml(text, file)
  if (!('value' in yaml)) return { settings: defaultSettings, mistakes: [...yaml] }
  const written = settingsSchema.safeParse(yaml.value)
  if (written.success) return { settings: settingsOf(written.data), mistakes: [] }
  const problems = explainAll(settingsSchema, written.error.issues, yaml.value)
  return { settings: defaultSettings, mistakes: problems.map(yaml.place) }
}

/** Whether a file in a folder is its settings, and not a scenario of that name. */
export const describesSettings = (path: string, value: unknown): boolean =>
  path.endsWith(settingsName) &&
  typeof value === 'object' &&
  value !== null &&
  !('rules' in value) &&
  !('dialects' in value)
