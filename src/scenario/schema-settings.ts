/**
 * The schema of `settings.yaml` in a folder of recordings: it gives the checks, and the published
 * JSON Schema. What is left out stays as it usually is.
 */
import { z } from 'zod'
import {
  afterModes,
  defaultSettings,
  type RecordingSettings,
  staleModes,
} from '../core/recording-settings.ts'
import {
  ageForm,
  parseAge,
  parsePattern,
  parseVolatile,
  problemOfHeader,
  problemOfPlace,
} from '../core/written-settings.ts'
import { expecting, filledText } from './schema-basics.ts'

/** A text that is read further, or refused in words of its own. */
const readText = <T extends string | object>(read: (text: string) => T | Refused) =>
  z.string().transform((text, context): T => {
    const found = read(text)
    if (!isRefused(found)) return found
    context.addIssue({ code: 'custom', message: found.problem })
    return z.NEVER
  })

interface Refused {
  readonly problem: string
}

const isRefused = (value: string | object): value is Refused =>
  typeof value === 'object' && 'problem' in value

const checked = (problemOf: (text: string) => string | undefined) =>
  z.string().check((context) => {
    const message = problemOf(context.value)
    if (message === undefined) return
    context.issues.push({ code: 'custom', message, input: context.value })
  })

const match = z
  .strictObject({
    ignore: z
      .array(checked(problemOfPlace))
      .default([...defaultSettings.match.ignore])
      .describe('Places that are not compared: `$.metadata.run_id`, `$..name`, `query:page`.'),
    headers: z
      .array(checked(problemOfHeader))
      .default([...defaultSettings.match.headers])
      .describe('Request headers that are compared as well.'),
    volatile: z
      .array(readText(parseVolatile))
      .default([...defaultSettings.match.volatile])
      .describe(
        'What changes from run to run: `dates`, `uuids`, `ids`, and patterns such as `/order-\\d+/`. The list replaces the usual one, which is the three kinds.',
      ),
  })
  .describe('What makes two requests the same.')

const redact = z
  .strictObject({
    patterns: z
      .array(readText(parsePattern))
      .default([])
      .describe('What they find is a secret; of a pattern with groups, what the groups hold.'),
    emails: z.boolean().default(false).describe('Whether e-mail addresses are secrets.'),
    fields: z
      .array(filledText)
      .default([])
      .describe('Further JSON fields and parameters whose values are secrets.'),
    keepHeaders: z
      .array(checked(problemOfHeader))
      .default([])
      .describe('Further headers that are kept on tape.'),
    allow: z
      .array(filledText)
      .optional()
      .describe(
        'Texts that look like a secret and are none: they are neither masked nor reported.',
      ),
  })
  .describe('What is taken out of what is taped, beside what looks like a key anyway.')

const age = expecting(
  z
    .string()
    .refine((text) => parseAge(text) !== undefined)
    .transform((text) => parseAge(text))
    .describe('An age: `30d`, `12h`, `2w`.'),
  ageForm,
)

export const settingsSchema = z
  .strictObject({
    match: match.optional(),
    redact: redact.optional(),
    after: z
      .enum(afterModes)
      .optional()
      .describe(
        'What comes after the last of several recordings of one request: the last again, the first again, or an error.',
      ),
    staleAfter: age
      .optional()
      .describe('Recordings older than this are stale: `30d`, `12h`, `2w`.'),
    stale: z
      .enum(staleModes)
      .optional()
      .describe('Whether stale recordings are warned of, or refused.'),
  })
  .check(({ value, issues }) => {
    if (value.stale === undefined || value.staleAfter !== undefined) return
    const message = 'nothing says from what age on; put staleAfter beside it, such as 30d'
    issues.push({ code: 'custom', message, input: value.stale, path: ['stale'] })
  })
  .describe('How a folder of recordings is asked, and what is masked in it.')

export const settingsOf = (written: z.output<typeof settingsSchema>): RecordingSettings => ({
  match: written.match ?? defaultSettings.match,
  redact: written.redact ?? defaultSettings.redact,
  after: written.after ?? defaultSettings.after,
  staleAfterMs: written.staleAfter ?? defaultSettings.staleAfterMs,
  stale: written.stale ?? defaultSettings.stale,
})
