/** `export`: recordings in the formats of others. */
import { type Command, Option } from 'commander'

const formats = ['har', 'vcrpy', 'scenario', 'vllm', 'genai-perf']
const timings = ['steps', 'profile', 'none']

export function addExport(program: Command): void {
  program
    .command('export')
    .description('write recordings as HAR, vcrpy cassette, scenario, or timing for benchmarks')
    .argument('<recording...>', 'recordings, or folders of them')
    .addOption(new Option('--as <format>', 'what to write').choices(formats).makeOptionMandatory())
    .option('-o, --out <file>', 'where to; standard output unless given')
    .option('--force', 'write over a file that exists')
    .option('--dialect <name>', 'what to read recordings by that name no dialect')
    .addOption(
      new Option('--timing <how>', 'in a scenario: each wait, a distribution, or no times')
        .choices(timings)
        .default('steps'),
    )
    .action(async (recordings, options) =>
      (await import('../export.ts')).exportRecordings(recordings, options),
    )
}
