/** stuntdouble as a user starts it as a library: playing a scenario, or taping an upstream. */
import { start } from '../../../dist/index.js'
import { answerAsServer, settings } from '../answering.mjs'
import { deltas } from '../reply.mjs'

const { gapMs = 0, upstream, tapes } = settings

const scenario = {
  name: 'bench',
  pacing: gapMs === 0 ? 'instant' : { ttft: gapMs, itl: gapMs },
  rules: [{ name: 'count', when: { user: { contains: 'Count' } }, reply: { text: deltas } }],
}

answerAsServer(async () => {
  const sources = upstream ? { upstream, tapes } : { scenarios: [scenario] }
  const double = await start(sources)
  return double.port
})
