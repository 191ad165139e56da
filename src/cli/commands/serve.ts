/** `serve`: plays scenarios. */
import type { Command } from 'commander'
import { listening, relaying } from './options.ts'

export function addServe(program: Command): void {
  relaying(listening(program.command('serve')))
    .description('play scenarios; without any, the shipped demo')
    .argument('[scenario...]', 'scenario files or folders')
    .option('-o, --out <folder>', 'where answers of live services are recorded (default: nowhere)')
    .option('--no-watch', 'do not reload when a file changes')
    .action(async (scenarios, options) => (await import('../serve.ts')).serve(scenarios, options))
}
