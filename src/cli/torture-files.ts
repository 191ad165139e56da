/** Where the reports of torture go: looked at before anything is run, and written at the end. */
import { accessSync, constants, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf, StuntdoubleError } from '../core/errors.ts'

export interface ReportFiles {
  readonly json?: string
  readonly junit?: string
  readonly html?: string
}

/** Throws a `usage` error for a place that no file can be written to; an hour of runs would be lost. */
export function checkReportFiles({ json, junit, html }: ReportFiles): void {
  if (json !== undefined && json !== '-') check('--json', json)
  if (junit !== undefined) check('--junit', junit)
  if (html !== undefined) check('--html', html)
}

export function writeReportFile(option: string, file: string, text: string): void {
  try {
    writeFileSync(file, text)
  } catch (error) {
    throw usage(`${option}: ${messageOf(error)}`)
  }
}

function check(option: string, file: string): void {
  if (file === '') throw usage(`${option}: the name of a file is missing`)
  const there = statSync(file, { throwIfNoEntry: false })
  if (there?.isDirectory()) throw usage(`${option}: ${file} is a folder; name a file in it`)
  const folder = dirname(file)
  if (!there && !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
    throw usage(`${option}: there is no folder ${folder} for ${file}`)
  }
  try {
    accessSync(there ? file : folder, constants.W_OK)
  } catch {
    throw usage(`${option}: ${file} may not be written`)
  }
}

const usage = (message: string): StuntdoubleError => new StuntdoubleError('usage', message)
