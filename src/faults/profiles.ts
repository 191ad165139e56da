/**
 * Networks and services that people know, as lists of faults with their chances. Plain data in the
 * form of a scenario; must never hold more than a scenario could say by itself.
 */
import { z } from 'zod'
import type { WrittenFault } from './fault.ts'
import { strict } from './options.ts'

export interface FaultProfile {
  readonly name: string
  /** What it does, for users; it is published in the JSON Schema of scenarios. */
  readonly summary: string
  /** Where its figures come from. */
  readonly source: string
  readonly faults: readonly WrittenFault[]
}

export const profileOptions = strict({
  strength: z
    .number({ error: 'must be a number of at least 0' })
    .min(0, { error: 'must be at least 0' })
    .default(1)
    .describe('Every chance in it times this, 1 at the most: 2 is twice as often, 0 never.'),
})

export const faultProfiles: readonly FaultProfile[] = [
  {
    name: 'flaky-mobile',
    summary:
      'A phone on the move: a slow and uneven start, silences of up to some seconds, and now and then a lost connection.',
    source:
      'The extra round trip and its jitter are the order of what browsers call "slow 4G" (150 ms and up); silences and losses are what a change of cell or a tunnel does, their chances our choice.',
    faults: [
      { delay: { for: '150ms' } },
      { jitter: { by: '120ms' } },
      { delay: { for: '600ms' }, probability: 0.2 },
      { stall: { for: '1500ms', at: { frame: 3 } }, probability: 0.2 },
      { stall: { for: '4s', at: { frame: 10 } }, probability: 0.1 },
      { reset: { at: { frame: 6 } }, probability: 0.06 },
      { hang: { at: { frame: 16 } }, probability: 0.03 },
      { refuse: {}, probability: 0.03 },
    ],
  },
  {
    name: 'satellite',
    summary:
      'A geostationary link: more than half a second before anything, uneven gaps, a narrow pipe, no losses.',
    source:
      '35,786 km up and down, twice, is 477 ms at the speed of light; with what the modems add, 600 ms and more are usual. The rate is that of a busy cell, 256 kbit/s.',
    faults: [
      { delay: { for: '600ms' } },
      { jitter: { by: '80ms' } },
      { throttle: { bytesPerSecond: 32_000 } },
    ],
  },
  {
    name: 'overloaded',
    summary:
      'A service with too many users: a third of the requests are refused, the others start late, pause, and sometimes break off with an error in the stream.',
    source:
      'The forms are those of the vendors (529 or 503 before the stream, an error event within it); the chances are our choice, for a bad hour rather than a bad day.',
    faults: [
      { error: { code: 'overloaded' }, probability: 0.33 },
      { delay: { for: '2s' }, probability: 0.5 },
      { stall: { for: '3s', at: { frame: 4 } }, probability: 0.25 },
      { inject: { at: { frame: 6 }, error: { code: 'overloaded' } }, probability: 0.1 },
    ],
  },
  {
    name: 'rate-limited',
    summary:
      'A key at its limit: half of the requests get a 429 that says when to come back, most of them soon, some in twenty seconds.',
    source:
      'Limits by the minute refill within seconds, so that vendors mostly ask for one to twenty seconds. For limits that really count use `limits` in a scenario.',
    faults: [
      { error: { code: 'rate-limited', retryAfter: '20s' }, probability: 0.1 },
      { error: { code: 'rate-limited', retryAfter: '1s' }, probability: 0.44 },
    ],
  },
  {
    name: 'aws-bad-day',
    summary:
      'A region in trouble: throttling, 500 and 503 before the stream, connections refused, slow heads, streams that stop in the middle.',
    source:
      'What status pages call increased error rates and latencies: about two requests in five fail. The kinds are those of such days, the chances our choice.',
    faults: [
      { refuse: {}, probability: 0.05 },
      { error: { code: 'unavailable' }, probability: 0.12 },
      { error: { code: 'server-error' }, probability: 0.1 },
      { error: { code: 'rate-limited' }, probability: 0.1 },
      { delay: { for: '8s' }, probability: 0.1 },
      { reset: { at: { frame: 5 } }, probability: 0.05 },
      { hang: { at: { frame: 9 } }, probability: 0.03 },
    ],
  },
  {
    name: 'proxy-that-buffers',
    summary:
      'A proxy between that gathers the stream: nothing for a second, then all of that second at once, cut without regard to frames.',
    source:
      'What response buffering does that nobody has turned off. 4 KiB is the size of a memory page, which is the usual buffer; the second stands for its flush.',
    faults: [{ merge: { window: '1s' } }, { slice: { bytes: 4096 } }],
  },
  {
    name: 'proxy-that-cuts-at-60s',
    summary:
      'A proxy between that closes the connection sixty seconds after the request, whatever is still to come.',
    source:
      'Sixty seconds is the default timeout of the common load balancers and proxies. Most of them count silence alone; this is the one that counts all.',
    faults: [{ close: { at: { time: '60s' } } }],
  },
]

const profileByName = new Map(faultProfiles.map((profile) => [profile.name, profile]))

export const faultProfile = (name: string): FaultProfile | undefined => profileByName.get(name)
