/** Replies as written to replies as they are used: every short form spelled out. */
import type { Headers } from '../core/http.ts'
import { header } from '../core/http.ts'
import type { ReplayPace } from '../core/pacing.ts'
import { endings } from '../core/timeline.ts'
import { compilePacing, noPacing } from './compile-pacing.ts'
import type { Reply, ScriptStep } from './scenario.ts'
import {
  kindOf,
  type WrittenAnswer,
  type WrittenChoice,
  type WrittenReply,
  type WrittenStep,
} from './schema-reply.ts'

type WrittenTool = NonNullable<WrittenChoice['tool']>

/** @param resolve makes the paths of recordings and folders absolute */
export function compileReply(written: WrittenReply, resolve: (path: string) => string): Reply {
  if (typeof written === 'string') return { kind: 'script', steps: [{ do: 'text', text: written }] }
  if (Array.isArray(written)) return { kind: 'script', steps: written.flatMap(stepsOf) }
  switch (kindOf(written)) {
    case 'error':
      return { kind: 'error', error: written.error ?? { code: 'server-error' } }
    case 'recording': {
      const pacing = replayPace(written.pacing)
      return { kind: 'recording', file: resolve(written.recording ?? ''), pacing }
    }
    case 'replay':
      return {
        kind: 'replay',
        path: resolve(written.replay ?? ''),
        pacing: replayPace(written.pacing),
        missing: written.missing ?? 'error',
        upstream: nameOf(written.upstream),
      }
    case 'upstream': {
      const { tape } = written
      const folder = typeof tape === 'string' ? resolve(tape) : tape
      return { kind: 'upstream', upstream: nameOf(written.upstream), tape: folder }
    }
    case 'http':
      return httpReply(written)
    default:
      return { kind: 'script', steps: answerSteps(written) }
  }
}

const nameOf = (upstream: WrittenAnswer['upstream']): string | undefined =>
  upstream === true ? undefined : upstream

function replayPace(written: WrittenAnswer['pacing']): ReplayPace | undefined {
  if (written === undefined || written === 'recorded' || written === 'instant') return written
  if (typeof written === 'string' && /^x\d/.test(written)) return `x${Number(written.slice(1))}`
  return compilePacing(written, noPacing)
}

function httpReply({ status, headers = [], body, base64 }: WrittenAnswer): Reply {
  const reply = { kind: 'http', status: status ?? 200, headers } as const
  if (base64) return { ...reply, body: base64 }
  if (body === undefined || typeof body === 'string') return { ...reply, body: body ?? '' }
  return { ...reply, headers: withJsonType(headers), body: JSON.stringify(body) }
}

const withJsonType = (headers: Headers): Headers =>
  header(headers, 'content-type') === undefined
    ? [['content-type', 'application/json'], ...headers]
    : headers

function answerSteps({ choices, usage, ...answer }: WrittenAnswer): ScriptStep[] {
  const steps = choices
    ? choices.flatMap((choice, index) =>
        choiceSteps(choice).map((step): ScriptStep => ({ ...step, choice: index })),
      )
    : choiceSteps(answer)
  return usage ? [...steps, { do: 'usage', usage }] : steps
}

/** In the order in which services stream them. */
function choiceSteps({
  text,
  reasoning,
  refusal,
  tool,
  tools,
  citation,
  finish,
}: WrittenChoice): ScriptStep[] {
  const steps: ScriptStep[] = []
  if (reasoning !== undefined) steps.push({ do: 'reasoning', text: reasoning })
  if (text !== undefined) steps.push({ do: 'text', text })
  if (refusal !== undefined) steps.push({ do: 'refusal', text: refusal })
  for (const call of [...(tool ? [tool] : []), ...(tools ?? [])]) steps.push(toolStep(call))
  if (citation !== undefined) {
    for (const one of [citation].flat()) steps.push({ do: 'citation', citation: one })
  }
  if (finish !== undefined) steps.push({ do: 'finish', reason: finish })
  return steps
}

const toolStep = ({ name, id, arguments: args }: WrittenTool): ScriptStep => ({
  do: 'tool',
  name,
  arguments: args ?? {},
  ...(id === undefined ? {} : { id }),
})

function stepsOf(written: WrittenStep): ScriptStep[] {
  if (typeof written === 'string') return [{ do: written, afterMs: 0 }]
  const step = stepOf(written)
  if (!step) return []
  return [written.choice === undefined ? step : { ...step, choice: written.choice }]
}

type WrittenAction = Exclude<WrittenStep, string>

function stepOf(written: WrittenAction): ScriptStep | undefined {
  const { wait, text, reasoning, refusal, tool, usage, comment, error, finish } = written
  if (wait !== undefined) return { do: 'wait', ms: wait }
  if (text !== undefined) return { do: 'text', text }
  if (reasoning !== undefined) return { do: 'reasoning', text: reasoning }
  if (refusal !== undefined) return { do: 'refusal', text: refusal }
  if (tool) return toolStep(tool)
  if (written.citation !== undefined) return { do: 'citation', citation: written.citation }
  if (usage) return { do: 'usage', usage }
  if (comment !== undefined) return { do: 'comment', text: comment }
  if (error) return { do: 'error', error }
  if (finish !== undefined) return { do: 'finish', reason: finish }
  return rawStep(written) ?? endingStep(written)
}

function rawStep({ raw, base64 }: WrittenAction): ScriptStep | undefined {
  const parts = raw ?? base64
  return parts === undefined ? undefined : { do: 'raw', parts: [parts].flat() }
}

function endingStep(written: WrittenAction): ScriptStep | undefined {
  for (const ending of endings) {
    const options = written[ending]
    if (options !== undefined) return { do: ending, afterMs: options?.after ?? 0 }
  }
  return undefined
}
