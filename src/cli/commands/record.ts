/** `record`: stands between a client and a live service. */
import type { Command } from 'commander'
import { listening, matching, relaying } from './options.ts'

export function addRecord(program: Command): void {
  matching(relaying(listening(program.command('record')), { isNeeded: true }))
    .description('stand between a client and a live service, and tape every exchange')
    .argument('[source...]', 'with --missing: scenarios and recordings that are asked first')
    .option('-o, --out <folder>', 'where recordings go', 'recordings')
    .option('--missing', 'tape only what none of them answers')
    .action(async (sources, options) => (await import('../serve.ts')).record(sources, options))
}
