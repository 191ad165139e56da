/** `show`: any timeline as text. */
import type { Command } from 'commander'
import { parseSeed } from './options.ts'

export function addShow(program: Command): void {
  program
    .command('show')
    .description('print the timeline of a recording, or of each rule of a scenario')
    .argument('<file>', 'a recording or a scenario, or a folder')
    .option('--events', 'decode the frames')
    .option('--rule <name>', 'only this rule of a scenario')
    .option(
      '--dialect <name>',
      "what to show it in (default: openai-chat for a scenario, a recording's own)",
    )
    .option('--user <text>', 'what the user is taken to have said', 'Hello')
    .option('--whole', 'a scenario as it answers when not streaming')
    .option('--seed <n>', "instead of the scenario's own", parseSeed)
    .action(async (file, options) => (await import('../show.ts')).show(file, options))
}
