/** Folders that recordings go to, made and tried before anything depends on them. */
import { mkdirSync } from 'node:fs'
import { messageOf, StuntdoubleError } from '../core/errors.ts'

/**
 * Found out now, and not by the first exchange that stays untaped.
 *
 * @param named how it was given, for the message
 */
export function openFolder(folder: string, named: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new StuntdoubleError(
      'bad-recording',
      `${named} cannot be a folder for recordings: ${messageOf(error)}`,
    )
  }
}
