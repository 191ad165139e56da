/** `show`: any timeline as text, as figures, as JSON, or drawn. */
import type { Command } from 'commander'
import { parseSeed } from './options.ts'

export function addShow(program: Command): void {
  program
    .command('show')
    .description('print the timeline of a recording, or of each rule of a scenario')
    .argument('<file>', 'a recording or a scenario, or a folder')
    .option('--events', 'decode the frames')
    .option('--stats', 'figures: first token, gaps, rate, bursts, stalls; of a folder, a table')
    .option('--plot', 'draw it in the terminal: what arrived when, and how the gaps are spread')
    .option('--svg <file>', 'draw it as an SVG; - is stdout')
    .option('--json', 'figures and events for programs; with --stats, figures only')
    .option('--rule <name>', 'only this rule of a scenario')
    .option(
      '--dialect <name>',
      "what to show it in (default: openai-chat for a scenario, a recording's own)",
    )
    .option('--user <text>', 'what the user is taken to have said', 'Hello')
    .option('--whole', 'a scenario as it answers when not streaming')
    .option('--seed <n>', "instead of the scenario's own", parseSeed)
    .addHelpText('after', examples)
    .action(async (file, options) => (await import('../show.ts')).show(file, options))
}

const examples = `
Examples:
  stuntdouble show tapes/chat.jsonl --events     what came, decoded, with its times
  stuntdouble show tapes --stats                 a line of figures for each recording
  stuntdouble show tapes/chat.jsonl --plot       drawn in the terminal
  stuntdouble show tapes/chat.jsonl --svg chat.svg
`
