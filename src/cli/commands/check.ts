/** `check`: every mistake in scenarios and recordings. */
import type { Command } from 'commander'

export function addCheck(program: Command): void {
  program
    .command('check')
    .description('report every mistake in scenarios and recordings; exit code 1 if there is any')
    .argument('<file...>', 'scenarios, recordings, or folders')
    .option('--json', 'print the mistakes as JSON')
    .action(async (files, options) => (await import('../check.ts')).check(files, options))
}
