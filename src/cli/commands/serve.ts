/** `serve`: plays scenarios. */
import type { Command } from 'commander'
import { listening } from './options.ts'

export function addServe(program: Command): void {
  listening(program.command('serve'))
    .description('play scenarios; without any, the shipped demo')
    .argument('[scenario...]', 'scenario files or folders')
    .option('--no-watch', 'do not reload when a file changes')
    .action(async (scenarios, options) => (await import('../serve.ts')).serve(scenarios, options))
}
