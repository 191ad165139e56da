/** `list`: what is in folders of recordings, a line for each. */
import { type Command, Option } from 'commander'

const keys = ['time', 'file', 'dialect', 'path', 'model', 'status', 'ending', 'size']

export function addList(program: Command): void {
  program
    .command('list')
    .description('list recordings: when, what was asked of which model, and how it ended')
    .argument('[folder...]', 'recordings, or folders of them (default: recordings)')
    .option('--long', 'also chunks, bytes, first token and duration; reads every file')
    .addOption(new Option('--sort <key>', 'the order').choices(keys).default('time'))
    .option('--reverse', 'the other way round')
    .option('--json', 'for programs')
    .addHelpText('after', examples)
    .action(async (paths: string[], options) => {
      const { list } = await import('../list.ts')
      await list(paths.length > 0 ? paths : ['recordings'], options)
    })
}

const examples = `
Examples:
  stuntdouble list                               what is in recordings/
  stuntdouble list tapes --sort size --long      the largest first, with all figures
  stuntdouble list tapes --json | jq '.[] | select(.status >= 400) | .file'
`
