/** stuntdouble as a user starts it as a library: playing a scenario, or taping an upstream. */
import { pathToFileURL } from 'node:url'
import { answerAsServer, settings } from '../answering.mjs'
import { scenario } from '../scenario.mjs'

const { dist, gapMs = 0, upstream, tapes } = settings
const { start } = await import(pathToFileURL(`${dist}/index.js`).href)

let double

answerAsServer(
  async () => {
    const sources = upstream ? { upstream, tapes } : { scenarios: [scenario(gapMs)] }
    double = await start(sources)
    return double.port
  },
  { lag: () => lag() },
)

const nothing = { count: 0, buckets: [] }
let before = nothing

/** How late it says that it wrote since it was last asked; null where it does not say. */
async function lag() {
  const response = await fetch(double.url('/_stuntdouble/lag'))
  if (!response.ok) return null
  const { chunks } = await response.json()
  const since = new Map(chunks.buckets)
  for (const [upToMs, count] of before.buckets) since.set(upToMs, since.get(upToMs) - count)
  const all = chunks.count - before.count
  before = chunks
  return all === 0 ? null : quantilesOf(since, all)
}

/** No quantile is less than what was measured; it is at most the width of a bucket more. */
function quantilesOf(buckets, all) {
  const filled = [...buckets].filter(([, count]) => count > 0).sort(([a], [b]) => a - b)
  const upTo = (wanted) => {
    let seen = 0
    for (const [upToMs, count] of filled) {
      seen += count
      if (seen >= wanted) return upToMs
    }
    return 0
  }
  return { p50: upTo(all * 0.5), p99: upTo(all * 0.99), max: upTo(all) }
}
