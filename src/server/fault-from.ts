/** Who asked for a fault, as the journal says of each that acted. */

export interface FaultFrom {
  readonly from: 'rule' | 'scenario' | 'server' | 'control' | 'request'
  /** Which entry of the plan, from 1, where a plan says it. */
  readonly entry?: number
  /** The id under which it was added at run time. */
  readonly id?: number
}
