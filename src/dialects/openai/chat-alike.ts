/** Which replies have the same chunks but for their ids. */
import type { Alike, ReplyContext } from '../../core/dialect.ts'
import { inputTokens } from '../shapes/input-tokens.ts'
import { type ChatPlan, identity, logprobsRandom, streamOption } from './chat-plan.ts'

/** Undefined where chance decides of every chunk, or where calls get ids that chance draws. */
export function alike(plan: ChatPlan, reply: ReplyContext): Alike | undefined {
  if (logprobsRandom(reply) || streamOption(reply, 'include_obfuscation')) return undefined
  const slots = identity(plan, reply)
  const { id = '', created = '', fingerprint = '', requestId = '', model, seed = '' } = slots
  const asksUsage = streamOption(reply, 'include_usage')
  const tellsInput = asksUsage || plan.variant.usageRule !== 'option'
  const input = tellsInput ? inputTokens(reply.request.messages) : ''
  const own = [id, created, fingerprint, requestId, seed]
  return { key: `${model} ${asksUsage} ${input}`, own }
}
