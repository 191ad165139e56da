/** A law that is tried on every dialect: few tries of each find what many tries of one would. */
import fc from 'fast-check'

const usualRuns = 12

/** `LAW_RUNS=1000 npm test` looks harder. */
const numRuns = Number(process.env['LAW_RUNS'] ?? usualRuns)

export const holds = <Ts>(property: fc.IProperty<Ts>): void => fc.assert(property, { numRuns })
