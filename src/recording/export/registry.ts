/** All formats that recordings can be written as. */
import type { Exporter } from './exporter.ts'
import { genaiPerf } from './genai-perf.ts'
import { har } from './har.ts'
import { scenario } from './scenario.ts'
import { vcrpy } from './vcrpy.ts'
import { vllm } from './vllm.ts'

export const exporters: readonly Exporter[] = [har, vcrpy, scenario, vllm, genaiPerf]
