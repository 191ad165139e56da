/** Secrets of every kind, and exchanges that they are planted in. */
import { expect } from 'vitest'
import type { Headers } from '../../src/core/http.ts'
import { defaultSettings, type RedactSettings } from '../../src/core/recording-settings.ts'
import { parseRecording } from '../../src/recording/read.ts'
import { Transcriber } from '../../src/recording/transcribe.ts'

export interface Planted {
  readonly secret: string
  /** What it may show: the letters that all keys of its service have. */
  readonly letters?: string
  readonly headers?: Headers
  readonly redact?: Partial<RedactSettings>
}

const hunted = 'gate-42/Way+t=7é'
export const kinds: Readonly<Record<string, Planted>> = {
  'a key by its shape': { secret: 'sk-Ab3dEf6hIj9kLm', letters: 'sk-' },
  'a JWT': {
    secret: 'eyJhbGciOiJI.eyJzdWI.dozjgN',
    letters: 'eyJ',
  },
  "the request's own token": {
    secret: hunted,
    headers: [['authorization', `Bearer ${hunted}`]],
  },
  'an e-mail address': { secret: 'jo.doe+x@mail.example.org', redact: { emails: true } },
  "a pattern of the user's own": {
    secret: 'Kunde 4711-ßx-99',
    redact: { patterns: [/kunde \d{4}-\w?ß?x-\d\d/i] },
  },
}

export const bytes = (text: string): Buffer => Buffer.from(text, 'utf8')

export interface Exchange {
  readonly request?: {
    readonly url?: string
    readonly headers?: Headers
    readonly body?: Uint8Array
  }
  readonly head?: Headers
  readonly chunks?: readonly Uint8Array[]
  readonly note?: string
  readonly failed?: string
}

/** The lines of the recording. */
export function tape(
  { redact = {}, headers = [] }: Planted,
  exchange: Exchange,
): readonly string[] {
  const { url = '/v1/chat', body = bytes('{}'), headers: more = [] } = exchange.request ?? {}
  const transcriber = new Transcriber({
    ...{ by: 'a test', arrivedMs: 0, note: exchange.note, url: `http://upstream${url}` },
    redact: { ...defaultSettings.redact, ...redact },
    request: {
      ...{ method: 'POST', url, path: url, query: new URLSearchParams(), params: {}, body },
      headers: [...headers, ...more],
    },
  })
  if (exchange.failed !== undefined)
    return [...transcriber.opening, ...transcriber.fail(exchange.failed, 1)]
  const head = { atMs: 0, do: 'head', status: 200, headers: exchange.head ?? [] } as const
  const writes = (exchange.chunks ?? []).map(
    (chunk, at) => ({ atMs: at + 1, do: 'write', bytes: chunk }) as const,
  )
  return [
    ...transcriber.opening,
    ...transcriber.push(head),
    ...writes.flatMap((write) => transcriber.push(write)),
    ...transcriber.end('end', 9999),
  ]
}

/** The chunks of a recording, as bytes. */
export function chunksOf(lines: readonly string[]): Buffer[] {
  const parsed = parseRecording(lines, 'planted.jsonl')
  if ('mistakes' in parsed) throw new Error(JSON.stringify(parsed.mistakes))
  return parsed.recording.steps.flatMap((step) =>
    step.do === 'write' ? [Buffer.from(step.bytes)] : [],
  )
}

/** Four letters in a row of what is secret are too many. */
const tooMany = 5

export function showsNothing(text: string, { secret, letters = '' }: Planted, where: string): void {
  const hidden = secret.slice(letters.length)
  for (let from = 0; from + tooMany <= hidden.length; from++) {
    const part = hidden.slice(from, from + tooMany)
    if (text.includes(part)) expect.fail(`"${part}" of the secret is in ${where}: ${text}`)
  }
}

/** In two at every byte from a little before where the secret begins to where it is over. */
export function everyCut(whole: Buffer, kept: Buffer): Uint8Array[][] {
  const from = Math.max(0, [...whole].findIndex((byte, at) => byte !== kept[at]) - 6)
  const to = whole.length - [...whole].reverse().findIndex((b, at) => b !== kept.at(-1 - at)) + 2
  return Array.from({ length: Math.min(to, whole.length) - from + 1 }, (_, n) => [
    whole.subarray(0, from + n),
    whole.subarray(from + n),
  ])
}

export const eachByte = (whole: Uint8Array): Uint8Array[] =>
  [...whole].map((byte) => Uint8Array.of(byte))

export const json = (value: unknown): string => JSON.stringify(value)
