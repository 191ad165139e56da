/** Faults as they are asked for, to compare: what they mean, however they were written. */
import type { FaultSpec } from '../../src/faults/fault.ts'

export { faults } from './toy-stream.ts'

export const meanings = (specs: readonly FaultSpec[]): Omit<FaultSpec, 'written'>[] =>
  specs.map(({ written: _, ...meaning }) => meaning)
