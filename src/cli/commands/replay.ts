/** `replay`: answers from recordings. */
import type { Command } from 'commander'
import { listening, matching } from './options.ts'

export function addReplay(program: Command): void {
  matching(listening(program.command('replay')))
    .description('answer from recordings only')
    .argument('<recording...>', 'recordings or folders of them')
    .option('--pace <pace>', 'recorded, instant, x2 (any factor), or a profile', 'recorded')
    .option('--strict', 'fail at the end if a recording was never used or a request missed')
    .action(async (recordings, options) =>
      (await import('../serve.ts')).replay(recordings, options),
    )
}
