/** The bench's reply as a scenario of stuntdouble. */
import { deltas } from './reply.mjs'

export const scenario = (gapMs) => ({
  name: 'bench',
  pacing: gapMs === 0 ? 'instant' : { ttft: gapMs, itl: gapMs },
  rules: [{ name: 'count', when: { user: { contains: 'Count' } }, reply: { text: deltas } }],
})
