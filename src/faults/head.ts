/** Another head than the answer has: its status, and headers added, replaced or taken away. */
import { z } from 'zod'
import { bodilessStatuses, type Headers, hopByHopHeaders } from '../core/http.ts'
import type { HeadStep } from '../core/timeline.ts'
import type { FaultKind } from './fault.ts'
import { choose, httpStatus, isMapping, strict } from './options.ts'

interface HeadOptions {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string | null>>
}

/** What says where the body ends is another fault's: a head alone cannot change it. */
const ofTheBody: Readonly<Record<string, string>> = {
  'content-length': 'a wrong length is a fault of its own: wrong-length: { by: -5 }',
  'transfer-encoding': 'how a body is cut into chunks cannot be changed by a header',
}

const name = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'is no name of a header' })

const value = z
  .union([z.string(), z.number(), z.null()], { error: 'must be text, or null to take it away' })
  .transform((written) => (written === null ? null : String(written)))
  .refine((written) => written === null || /^[\t\x20-\x7e\x80-\xff]*$/.test(written), {
    error: 'holds a character that no header can have',
  })

const headers = z
  .record(name, value, { error: 'must be a mapping of names to values, null taking a header away' })
  .superRefine((written, context) => {
    for (const key of Object.keys(written)) {
      const message = ofTheBody[key.toLowerCase()]
      if (message) context.addIssue({ code: 'custom', message, path: [key] })
    }
  })

const form: z.ZodType<HeadOptions> = strict(
  {
    status: z.exactOptional(httpStatus(200).describe('The HTTP status.')),
    headers: z.exactOptional(
      headers.describe('Headers by name: a value adds or replaces one, null takes it away.'),
    ),
  },
  'head',
  'head acts on the head and takes no place',
)

export const head: FaultKind<HeadOptions> = {
  name: 'head',
  summary: 'Changes the status and the headers: a wrong content type, or none, among them.',
  schema: choose(pickForm, () => [form], 'What the head is to be.'),
  needs: ({ headers: changed = {} }) =>
    Object.entries(changed).some(([key, text]) => text !== null && isOfConnection(key))
      ? 'connection-headers'
      : undefined,
  leavesNoBody: ({ status }) => status !== undefined && bodilessStatuses.has(status),
  create: ({ status, headers: changed = {} }, context) => ({
    push(step) {
      if (step.do !== 'head') return [step]
      context.onAct?.('head', { atMs: step.atMs, byte: 0 })
      return [changedHead(step, status ?? step.status, changed)]
    },
    end: () => [],
  }),
}

const isOfConnection = (key: string): boolean => hopByHopHeaders.has(key.toLowerCase())

function pickForm(written: unknown): z.ZodType<HeadOptions> | string {
  const known = ['status', 'headers']
  const says = isMapping(written) && Object.keys(written).length > 0
  return says ? form : `head needs what to change: ${known.join(' or ')}`
}

function changedHead(
  step: HeadStep,
  status: number,
  changed: Readonly<Record<string, string | null>>,
): HeadStep {
  const entries = Object.entries(changed)
  const names = new Set(entries.map(([key]) => key.toLowerCase()))
  // What has no body has no length either (RFC 9110, section 8.6).
  if (status === 204) names.add('content-length')
  const kept = step.headers.filter(([key]) => !names.has(key.toLowerCase()))
  const added: Headers = entries.flatMap(([key, text]) => (text === null ? [] : [[key, text]]))
  const taken = entries.flatMap(([key, text]) => (text === null ? [key.toLowerCase()] : []))
  const without = [...(step.without ?? []), ...taken]
  return { ...step, status, headers: [...kept, ...added], ...(taken.length > 0 ? { without } : {}) }
}
