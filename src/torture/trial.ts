/** One variant: its run, and the verdict on it. */
import type { HeadStep, Step } from '../core/timeline.ts'
import type { FaultSpec } from '../faults/fault.ts'
import { faultSchema } from '../faults/registry.ts'
import { brokenBy } from '../sweep/reply.ts'
import type { VariantPlan } from '../sweep/variant.ts'
import type { Clean } from './clean.ts'
import type { VariantResult } from './report.ts'
import { runClient } from './run.ts'
import type { TortureSettings } from './settings.ts'
import type { Stand } from './stand.ts'
import { judge } from './verdict.ts'

/** A report shows no more of a timeline. */
const shownSteps = 200

export async function tryVariant(
  plan: VariantPlan,
  clean: Clean,
  stand: Stand,
  settings: TortureSettings,
): Promise<VariantResult> {
  const faults = plan.fault.map((one): FaultSpec => faultSchema.parse(one))
  const timeline = firstSteps(brokenBy(clean.reply, faults, plan.seed), shownSteps)
  const { limitMs } = clean
  const cleanRequests = clean.seen.requests.length
  const runPlan = { faults, seed: plan.seed, head: timeline.find(isHead) }
  const { seen } = await runClient(stand, runPlan, { ...settings, limitMs, cleanRequests })
  const judged = judge(seen, { clean: clean.seen, comparing: clean.comparing, limitMs })
  const { verdict } = judged
  const { name, group, family, size, fault, seed, expect } = plan
  const allowed = settings.allowed({ name, verdict, expect })
  const about = { name, group, family, size, fault, seed, expect }
  return { ...about, ...judged, allowed, seen, timeline, shrunk: false }
}

const isHead = (step: Step): step is HeadStep => step.do === 'head'

function firstSteps(steps: Iterable<Step>, most: number): Step[] {
  const first: Step[] = []
  for (const step of steps) {
    first.push(step)
    if (first.length >= most) break
  }
  return first
}
