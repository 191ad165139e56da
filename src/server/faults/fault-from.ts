/** Who asked for a fault, as the journal says of each that acted. */

export interface FaultFrom {
  /** `control`: added at run time. `hand`: no fault that was waiting, but an ending made by hand. */
  readonly from: 'rule' | 'scenario' | 'server' | 'control' | 'request' | 'hand'
  /** Which entry of the plan, from 1, where a plan says it. */
  readonly entry?: number
  /** The id under which it was added at run time. */
  readonly id?: number
}
