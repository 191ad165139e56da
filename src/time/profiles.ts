/**
 * Named pacing profiles: dated presets, not truth. Public sources of the same model disagree by two
 * to four times, so each profile says where its figures come from and which of them are assumed.
 */
import type { Pacing } from '../core/pacing.ts'

export interface Profile {
  readonly summary: string
  readonly source: string
  /** What nobody measured. */
  readonly assumed: string
  readonly pacing: Pacing
}

const none = { fixed: 0 } as const

export const profiles: Readonly<Record<string, Profile>> = {
  instant: {
    summary: 'no delay at all',
    source: 'for tests',
    assumed: 'nothing',
    pacing: { head: none, ttft: none, itl: none },
  },
  'gpt-4o': {
    summary: 'first token near 430 ms, then about 96 tokens/s in uneven steps',
    source:
      'TTFT and gaps: 29,045 TLS records of 180 sessions with api.openai.com, 2026-03-29 (Whisper Leak data); head: openai-processing-ms of 221 recorded streams',
    assumed: 'that a record is one burst; gaps are cut at 600 ms, the longest stall seen',
    pacing: {
      head: { lognormal: { median: 261, sigma: 0.6 }, max: 400 },
      ttft: { lognormal: { median: 430, sigma: 0.45 } },
      itl: { lognormal: { median: 12.8, sigma: 1.27 }, max: 600 },
      burst: { probability: 0.196 },
    },
  },
  claude: {
    summary: 'first words near 900 ms, then a phrase every 48 ms',
    source:
      'TTFT: x-envoy-upstream-service-time of 28 recorded streams; gap: 19.4 characters a delta (recorded) at 104 tokens/s (Artificial Analysis as quoted 2026-06-24)',
    assumed: 'the shape and spread of the gaps (sigma 0.5); other sources have 44 tokens/s',
    pacing: {
      head: { lognormal: { median: 800, sigma: 0.65 } },
      ttft: { lognormal: { median: 900, sigma: 0.65 } },
      itl: { lognormal: { median: 48, sigma: 0.5 } },
    },
  },
  'gemini-flash': {
    summary: 'first paragraph near 680 ms, then a paragraph every 175 ms',
    source:
      'TTFT: server-timing of 29 recorded streams and published medians (500 to 860 ms); gap: 141 characters a chunk (recorded) at 200 tokens/s (published 2026-06-24)',
    assumed: 'the shape and spread of the gaps (sigma 0.4)',
    pacing: {
      head: { lognormal: { median: 650, sigma: 0.6 } },
      ttft: { lognormal: { median: 680, sigma: 0.6 } },
      itl: { lognormal: { median: 175, sigma: 0.4 } },
    },
  },
  'ollama-local': {
    summary: 'first token at 300 ms, then one every 32 ms, almost without jitter',
    source:
      'created_at stamps of recorded llama3 sessions on one machine: p5 7.1, p50 32.0, p99 33.9 ms',
    assumed: 'a model that is loaded already; a cold start adds about 1.5 s',
    pacing: {
      head: { fixed: 300 },
      ttft: { fixed: 300 },
      itl: { normal: { mean: 32, sd: 0.6 } },
    },
  },
  groq: {
    summary: 'first token near 220 ms, then one every 2 to 3.5 ms',
    source:
      'gap: x_groq.usage of recorded streams, 288 to 475 tokens/s; TTFT: llmperf leaderboard, p50 222 ms, p95 304 ms (2023-12)',
    assumed: 'that gaps are spread evenly between those two rates',
    pacing: {
      head: { lognormal: { median: 200, sigma: 0.2 } },
      ttft: { lognormal: { median: 220, sigma: 0.2 } },
      itl: { uniform: { min: 2, max: 3.5 } },
    },
  },
  reasoning: {
    summary: 'five to ten seconds of silence, then as gpt-4o',
    source: 'TTFT: Gemini 2.5 Pro 6,065 ms (modelstats.ai probes, 2026-04-03); gaps as gpt-4o',
    assumed: 'the range of 5 to 10 s for other thinking models; that the head comes early',
    pacing: {
      head: { lognormal: { median: 261, sigma: 0.6 }, max: 400 },
      ttft: { uniform: { min: 5000, max: 10_000 } },
      itl: { lognormal: { median: 12.8, sigma: 1.27 }, max: 600 },
      burst: { probability: 0.196 },
    },
  },
}
