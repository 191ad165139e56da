/** Asks an upstream, and gives what a client and a reader of the tape would see. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Headers, HttpRequest } from '../../src/core/http.ts'
import type { Step } from '../../src/core/timeline.ts'
import type { Recording } from '../../src/recording/format.ts'
import { createTape, openRecording, type Tape } from '../../src/recording/store.ts'
import { openUpstream, type Upstream, type UpstreamSpec } from '../../src/sources/upstream.ts'
import { RealClock } from '../../src/time/clock.ts'

export const clock = new RealClock()

export function chatRequest(changes: Partial<HttpRequest> = {}): HttpRequest {
  const url = changes.url ?? '/v1/chat'
  const at = new URL(url, 'http://x')
  return {
    ...{ method: 'POST', url, path: at.pathname, query: at.searchParams, params: {} },
    ...{ headers: [['content-type', 'application/json']], body: Buffer.from('{"n":1}') },
    ...changes,
  }
}

/** A step as a test writes it: a head as its status, a write as its text, an ending as its name. */
export function plain(step: Step): unknown {
  if (step.do === 'head') return step.status
  return step.do === 'write' ? Buffer.from(step.bytes).toString('latin1') : step.do
}

export interface Relayed {
  readonly seen: readonly unknown[]
  readonly headers: Headers
  readonly steps: readonly Step[]
  readonly recording: Recording
  readonly taped: readonly unknown[]
  /** When each of them was taped. */
  readonly tapedAtMs: readonly number[]
  /** The tape as it stands on disk. */
  readonly text: string
}

export const open = (spec: UpstreamSpec): Upstream => openUpstream({ ...spec, clock })

export async function relay(
  to: UpstreamSpec | Upstream,
  request: HttpRequest = chatRequest(),
): Promise<Relayed> {
  const folder = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
  try {
    let tape: Tape | undefined
    const upstream = 'relay' in to ? to : open(to)
    const walk = upstream.relay(request, {
      tape: (url, onOpen) => {
        tape = createTape(folder, { by: 'test', arrivedMs: 0, request, url }, onOpen)
        return tape
      },
    })
    const steps: Step[] = []
    for await (const step of { [Symbol.asyncIterator]: () => walk[Symbol.asyncIterator]() }) {
      steps.push(step)
    }
    const recording = openRecording(tape?.path ?? '')
    const kept = [...recording.timeline()]
    const [head] = steps
    return {
      ...{ steps, recording, seen: steps.map(plain) },
      headers: head?.do === 'head' ? head.headers : [],
      taped: kept.map(plain),
      tapedAtMs: kept.map(({ atMs }) => atMs),
      text: readFileSync(tape?.path ?? '', 'utf8'),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What an error of ours says. */
export function saidByUs({ steps }: Relayed): string {
  const body = steps.find((step) => step.do === 'write')
  const parsed: unknown = JSON.parse(body?.do === 'write' ? Buffer.from(body.bytes).toString() : '')
  return JSON.stringify(parsed)
}

/** Counts how often each outcome was seen. */
export async function tally(
  times: number,
  once: () => Promise<string>,
): Promise<Record<string, number>> {
  const seen: Record<string, number> = {}
  for (let i = 0; i < times; i++) {
    const outcome = await once()
    seen[outcome] = (seen[outcome] ?? 0) + 1
  }
  return seen
}
