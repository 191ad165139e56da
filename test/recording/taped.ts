/** Recordings made by hand, as they stand in a file. */
import { builtInDialects } from '../../src/dialects/registry.ts'
import type { LostPart, RecordedEnding, Recording } from '../../src/recording/format.ts'
import { parseRecording } from '../../src/recording/read.ts'

export interface Taped {
  readonly file?: string
  readonly dialect?: string
  readonly lost?: readonly LostPart[]
  readonly status?: number
  readonly contentType?: string
  readonly headMs?: number
  readonly request?: object
  /** Undefined is a file that was cut off. */
  readonly ending?: RecordedEnding | undefined
  readonly endMs?: number
}

/** Chunks with their times; the ending comes with the last of them unless said otherwise. */
export function taped(
  chunks: readonly (readonly [atMs: number, bytes: string | Uint8Array])[],
  options: Taped = {},
): Recording {
  const { file = 'taped.jsonl', dialect, lost, status = 200 } = options
  const { contentType = 'text/event-stream', ending, headMs = 0 } = options
  const url = 'https://api.example.com/v1/chat/completions'
  const lastMs = options.endMs ?? chunks.at(-1)?.[0] ?? headMs
  const lines = [
    { recording: 1, by: 'a test', at: '2026-11-22T10:00:00.000Z', dialect, lost },
    { request: { method: 'POST', url, headers: [], body: '{}', ...options.request } },
    { atMs: headMs, head: { status, headers: [['content-type', contentType]] } },
    ...chunks.map(([atMs, bytes]) =>
      typeof bytes === 'string'
        ? { atMs, text: bytes }
        : { atMs, base64: Buffer.from(bytes).toString('base64') },
    ),
    ...(ending === undefined && 'ending' in options
      ? []
      : [{ atMs: lastMs, end: ending ?? 'end' }]),
  ]
  const parsed = parseRecording(
    lines.map((line) => JSON.stringify(line)),
    file,
  )
  if ('mistakes' in parsed) throw new Error(parsed.mistakes[0]?.message)
  return parsed.recording
}

/** One chunk of an answer of OpenAI's chat. */
export const delta = (content: string): string =>
  `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`

export const openAi = builtInDialects.find(({ name }) => name === 'openai-chat')
