/** A plan of faults within a scenario: the plan itself, or the file that it is in. */
import { choose } from '../faults/options.ts'
import { type FaultPlan, planInShort, planSchema } from '../faults/plan.ts'
import { filledText } from './schema-basics.ts'

const file = filledText.describe('The path of a YAML file that holds the plan.')

export const plan = choose<string | FaultPlan>(
  (written) => (typeof written === 'string' ? file : planSchema),
  () => [file, planInShort],
  'A plan of faults, or the path of the file that holds it.',
)
