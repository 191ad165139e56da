/** Who is measured when: always in turn, so that what is compared was measured side by side. */
import { performance } from 'node:perf_hooks'
import { watchStolen } from './machine.mjs'

/** What the host takes of a round up to here is less than its other noise. */
const quietPart = 0.005

/**
 * Measures every server once a round, those in `once` in the first alone: what is many times slower
 * than the others needs no second look, and would take the time of a third one.
 *
 * A round in which the host gave the machine to others says little of anybody. While fewer rounds than
 * `rounds` were quiet, and `spareMs` more have not passed, there is another; those count of which the
 * host took least, whatever was measured in them, and all in which there was an error.
 *
 * @param options `watch` tells of a round how much of it was taken; a test hands in another
 * @returns for each server's name what `measure` gave in each round that counts, in their order
 */
export async function inTurn(servers, options, measure) {
  const { rounds, spareMs = 0, once = [], watch = watchStolen } = options
  const again = servers.filter(({ name }) => !once.includes(name))
  const all = []
  const another = async (going) =>
    all.push(await oneRound(turned(going, all.length), { measure, watch }))
  await another(servers)
  while (all.length < rounds) await another(again)
  const untilMs = performance.now() + spareMs
  while (quietOnes(all).length < rounds && performance.now() < untilMs) await another(again)
  const counting = leastStolen(all, rounds)
  const roundsOf = ({ name }) => (once.includes(name) ? all.slice(0, 1) : counting)
  return new Map(
    servers.map((server) => [
      server.name,
      roundsOf(server).map(({ seen }) => seen.get(server.name)),
    ]),
  )
}

/** Each round begins with another, so that none has always the same neighbours. */
const turned = (servers, round) => {
  const at = round % servers.length
  return [...servers.slice(at), ...servers.slice(0, at)]
}

async function oneRound(servers, { measure, watch }) {
  const stolenPart = watch()
  const seen = new Map()
  for (const server of servers) seen.set(server.name, await measure(server))
  // A machine that cannot tell has to be trusted.
  return { seen, stolen: stolenPart() ?? 0 }
}

const quietOnes = (all) => all.filter(({ stolen }) => stolen <= quietPart)

function leastStolen(all, count) {
  const ascending = [...all].sort((one, other) => one.stolen - other.stolen)
  const chosen = new Set(ascending.slice(0, count))
  return all.filter((round) => chosen.has(round) || hasErrors(round))
}

const hasErrors = ({ seen }) => [...seen.values()].some(({ errors }) => errors > 0)
