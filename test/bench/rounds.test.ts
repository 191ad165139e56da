import { expect, it } from 'vitest'
// @ts-expect-error: a script without types
import { verdict } from './goals.mjs'
// @ts-expect-error: a script without types
import { inTurn } from './rounds.mjs'

/** What a host that takes such parts of the rounds leaves of figures that are the rounds' numbers. */
async function counting(
  taken: readonly (number | null)[],
  options: object,
  errorsIn: readonly number[] = [],
): Promise<Record<string, number[]>> {
  let round = 0
  const watch = () => () => taken[round++] ?? null
  const measure = async () => ({ round, errors: errorsIn.includes(round) ? 1 : 0 })
  const servers = [{ name: 'ours' }, { name: 'slow' }]
  const seen: Map<string, { round: number }[]> = await inTurn(
    servers,
    { spareMs: 60_000, watch, ...options },
    measure,
  )
  return Object.fromEntries([...seen].map(([name, all]) => [name, all.map((one) => one.round)]))
}

it.each([
  ['measures no more than was asked for on a quiet machine', [0, 0.001, 0], [0, 1, 2]],
  ['trusts a machine that cannot tell', [null, null, null], [0, 1, 2]],
  ['measures again what the host disturbed', [0.2, 0, 0.1, 0, 0.3, 0], [1, 3, 5]],
])('the bench %s', async (_, taken, rounds) => {
  expect(await counting(taken, { rounds: 3 })).toEqual({ ours: rounds, slow: rounds })
})

it('takes the least disturbed rounds where the time for more is over', async () => {
  const { ours } = await counting([0.2, 0.1, 0.3], { rounds: 3, spareMs: 0 })
  expect(ours).toEqual([0, 1, 2])
})

it('never drops a round in which something went wrong', async () => {
  const { ours } = await counting([0.2, 0, 0], { rounds: 2 }, [0])
  expect(ours).toEqual([0, 1, 2])
})

it('measures in the first round alone what needs no second look', async () => {
  const seen = await counting([0.2, 0, 0], { rounds: 2, once: ['slow'] })
  expect(seen).toEqual({ ours: [1, 2], slow: [0] })
})

it.each([
  [{ reached: true, stolenPart: 0.2 }, 'reached'],
  [{ reached: false, stolenPart: 0 }, 'NOT reached'],
  [{ reached: false, stolenPart: null }, 'NOT reached'],
  [{ reached: false, stolenPart: 0.05, errors: 1 }, 'NOT reached: there were errors'],
  [{ reached: false, stolenPart: 0.05 }, 'not certain: the host took 5 % meanwhile'],
])('says of a goal with %o "%s"', (judged, said) => {
  expect(verdict(judged)).toBe(said)
})
