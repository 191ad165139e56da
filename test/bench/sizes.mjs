/**
 * How much of everything is measured: enough for figures that stand within three minutes on two
 * cores, or so little that a test can see that it works. What is not `tiny` is not for tests.
 */
import { fullSpeed, fullSpeedTable } from './parts/full-speed.mjs'
import { paced, pacedTable } from './parts/paced.mjs'
import { recordings, recordingsTable } from './parts/recordings.mjs'
import { replay, replayTable } from './parts/replay.mjs'
import { startUp, startUpTable } from './parts/start-up.mjs'
import { taping, tapingTable } from './parts/taping.mjs'
import { ttft, ttftTable } from './parts/ttft.mjs'
import { missingWorkers, workers, workersTable } from './parts/workers.mjs'

const limitMs = 60_000

/** How warm.mjs has a server answer before it is measured. */
const warmUp = { connections: 32, mostReplies: 12_000, forMs: 4000 }
const barely = { connections: 4, mostReplies: 4, forMs: 20 }

/** Paced, a round takes seconds, and against these no goal is held. */
const once = ['aimock', 'node-http']

export const parts = {
  'full-speed': {
    run: fullSpeed,
    print: fullSpeedTable,
    leavesTo: 'ttft',
    sizes: {
      firstReplies: 200,
      warmUp,
      forMs: 250,
      waves: [
        { connections: 1, rounds: 2 },
        { connections: 32, rounds: 9, spareMs: 2000 },
        { connections: 256, rounds: 2 },
      ],
    },
    tiny: {
      firstReplies: 5,
      warmUp: barely,
      forMs: 20,
      waves: [{ connections: 4, rounds: 1 }],
    },
  },
  ttft: {
    run: ttft,
    print: ttftTable,
    sizes: {
      rounds: 2,
      warmUp,
      idleMs: 300,
      loadMs: 600,
      connections: 64,
      perSecond: 400,
    },
    tiny: {
      servers: ['stuntdouble', 'bare-net'],
      rounds: 1,
      warmUp: barely,
      idleMs: 10,
      loadMs: 30,
      connections: 4,
      perSecond: 200,
    },
  },
  paced: {
    run: paced,
    print: pacedTable,
    sizes: {
      gapMs: 20,
      rampMs: 400,
      limitMs,
      inFlight: { streams: 1000, gapMs: 80, isWarm: true },
      // Those in flight are played to their end, too: 2,500 streams in all.
      warmUp: { connections: 1000, mostReplies: 1500, forMs: 1600 },
      waves: [
        { streams: 500, rounds: 3, spareMs: 2000, once },
        { streams: 2000, rounds: 2, once },
        { streams: 3000, rounds: 2, servers: ['stuntdouble', 'bare-net'] },
        // More than any of them can keep on one core: here it shows how they fall behind.
        { streams: 5000, rounds: 1, servers: ['stuntdouble', 'bare-net', 'aimock'] },
      ],
    },
    tiny: {
      servers: ['stuntdouble', 'bare-net'],
      gapMs: 4,
      rampMs: 5,
      limitMs,
      inFlight: { streams: 10, gapMs: 4, isWarm: false },
      warmUp: barely,
      waves: [{ streams: 10, rounds: 1 }],
    },
  },
  taping: {
    run: taping,
    print: tapingTable,
    sizes: {
      rounds: 4,
      spareMs: 2000,
      once: ['aimock'],
      gapMs: 10,
      // As long as a stream is: a steady load, in which one begins as another ends.
      rampMs: 670,
      connections: 32,
      warmUp: { mostReplies: 6000, forMs: 3000 },
      speedRounds: 3,
      forMs: 500,
      limitMs,
    },
    tiny: {
      proxies: ['stuntdouble', 'undici-pipe'],
      rounds: 1,
      gapMs: 2,
      rampMs: 5,
      connections: 2,
      // No throughput: it would need two more servers, and nothing that other parts have not shown.
      forMs: 0,
      limitMs,
    },
  },
  'start-up': {
    run: startUp,
    print: startUpTable,
    sizes: { rounds: 4, warmUps: 1 },
    tiny: { servers: ['stuntdouble', 'bare node'], rounds: 1, warmUps: 0 },
  },
  replay: {
    run: replay,
    print: replayTable,
    sizes: { rounds: 2, megabytes: 100, limitMs },
    tiny: { rounds: 1, megabytes: 1, limitMs },
  },
  workers: {
    run: workers,
    print: workersTable,
    missing: missingWorkers,
    sizes: {
      rounds: 3,
      warmUp: { replies: 12_000, forMs: 6000 },
      forMs: 400,
      connections: 32,
    },
  },
  recordings: {
    run: recordings,
    print: recordingsTable,
    /** Ten thousand files take a while to be written. */
    isOptional: true,
    sizes: { rounds: 3, files: 10_000 },
  },
}
