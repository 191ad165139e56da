/** `diff`: in what two recordings differ, or two folders of them. */
import type { Command } from 'commander'

export function addDiff(program: Command): void {
  program
    .command('diff')
    .description('compare two recordings, or two folders: bytes, meaning, chunks, times, ending')
    .argument('<a>', 'a recording, or a folder of them')
    .argument('<b>', 'another; of folders, what was asked says which belong together')
    .option('--ignore-times', 'times do not count')
    .option('--ignore-chunks', 'nor does how the bytes are cut into chunks')
    .option('--level-ids', 'ids, dates, and headers that are new each time do not count')
    .option('--dialect <name>', "what to decode them by (default: each recording's own)")
    .option('--json', 'for programs')
    .addHelpText('after', examples)
    .action(async (a, b, options) => (await import('../diff.ts')).diff(a, b, options))
}

const examples = `
Exit code: 0 the same, 1 different, 2 they could not be compared.

Examples:
  stuntdouble diff old/chat.jsonl new/chat.jsonl
  stuntdouble diff old new --level-ids --ignore-times   what has changed in what the service says
`
