/** `record`: stands between a client and a live service. */
import type { Command } from 'commander'
import { listening } from './options.ts'

export function addRecord(program: Command): void {
  listening(program.command('record'))
    .description('stand between a client and a live service, and tape every exchange')
    .argument('[scenario...]', 'with --missing: scenarios that are asked first')
    .requiredOption('--upstream <url>', 'base URL of the one service that is asked')
    .option('-o, --out <folder>', 'where recordings go', 'recordings')
    .option('--note <text>', 'a note that is kept in each recording')
    .option('--missing', 'tape only what no rule of the scenarios answers')
    .action(async (scenarios, options) => (await import('../serve.ts')).record(scenarios, options))
}
