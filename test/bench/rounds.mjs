/** Who is measured when: always in turn, so that what is compared was measured side by side. */

/**
 * Measures every server once a round, those in `once` in the first alone: what is many times slower
 * than the others needs no second look, and would take the time of a third one.
 *
 * @returns for each server's name what `measure` gave in each round
 */
export async function inTurn(servers, { rounds, once = [] }, measure) {
  const seen = new Map(servers.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1) {
    const going = round === 0 ? servers : servers.filter(({ name }) => !once.includes(name))
    for (const server of going) seen.get(server.name).push(await measure(server))
  }
  return seen
}
