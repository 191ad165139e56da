/**
 * Properties are tried on values drawn from one seed, so that a run finds the same everywhere, and
 * what fails is what was changed. `SEED=7 npx vitest run` looks further afield.
 */
import fc from 'fast-check'

const { SEED = '1' } = process.env
if (!/^\d{1,9}$/.test(SEED)) throw new Error(`SEED must be a whole number, not ${SEED}`)

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(SEED) })
