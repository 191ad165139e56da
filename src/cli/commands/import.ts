/** `import`: recordings from what other tools have kept. */
import type { Command } from 'commander'
import { masking } from './options.ts'

export function addImport(program: Command): void {
  masking(program.command('import'))
    .description('make recordings of cassettes, HAR files and other dumps of exchanges')
    .argument('<file...>', 'files, or folders of them')
    .option('-o, --out <folder>', 'where recordings go', 'recordings')
    .option('--from <format>', 'what the files are (default: told by their content)')
    .option('--dialect <name>', 'the wire format, where it cannot be told or is told wrongly')
    .option('--url <url>', 'what was asked, for files that do not tell')
    .option('--body <text>', 'the body of that request; @FILE reads it from a file')
    .option('--note <text>', 'a note that is kept in each recording')
    .option('--all', 'of a HAR, also what a page consists of')
    .option('--force', 'replace recordings that were changed since')
    .option('--json', 'print what was done as JSON')
    .action(async (files, options) => (await import('../import.ts')).importFiles(files, options))
}
