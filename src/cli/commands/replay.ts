/** `replay`: answers from recordings. */
import type { Command } from 'commander'
import { listening } from './options.ts'

export function addReplay(program: Command): void {
  listening(program.command('replay'))
    .description('answer from recordings only')
    .argument('<recording...>', 'recordings or folders of them')
    .option('--pace <pace>', 'recorded, instant, x2 (any factor), or a profile', 'recorded')
    .action(async (recordings, options) =>
      (await import('../serve.ts')).replay(recordings, options),
    )
}
