/** `torture`: a client against everything that may go wrong. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { collect, integerFrom, parseSeed } from './options.ts'

const commas = (text: string, before: readonly string[] = []): string[] => {
  const items = text.split(',').map((item) => item.trim())
  if (items.includes('')) throw new InvalidArgumentError('It must be a list such as a,b.')
  return [...before, ...items]
}

export function addTorture(program: Command): void {
  program
    .command('torture')
    .description('run a client against every way in which a reply can break, and judge it')
    .argument('[command...]', 'the client and its arguments, behind --; {url} is the address')
    .option('--scenario <file>', 'where the reply comes from (default: the shipped demo)')
    .option('--recording <file>', 'or from a recording, or a folder of them')
    .option(
      '--ignore <place>',
      'do not compare this with the recording: $.run_id, query:page',
      collect,
    )
    .option(
      '--volatile <kind>',
      'nor what changes: /a pattern/, dates, uuids, ids; or none',
      collect,
    )
    .option('--dialect <name>', 'ask this dialect first where several have one path', collect)
    .option('--seed <n>', 'seed of all chance', parseSeed)
    .option(
      '--only <name>',
      'only these variants: split/byte-17, cut/reset, cut/*; and several times',
      collect,
    )
    .option('--budget <much>', 'so many runs (200), so long (60s), or all (default: 500)')
    .option('--timeout <time>', 'how long a client may take (default: by the clean run)')
    .option('-j, --jobs <n>', 'clients at once (default: one for each core)', integerFrom(1, 256))
    .option(
      '--allow <verdicts>',
      'which are no failures: VERDICT or VERDICT:NAME, by commas',
      commas,
    )
    .option('--allow-error-reply', 'the clean reply may be an HTTP error that no rule asks for')
    .option('--mask </regex/>', 'what this finds in the output is not compared', collect)
    .addOption(
      new Option('--pace <pace>', 'chunks a few milliseconds apart, or as the reply says')
        .choices(['quick', 'own'])
        .default('quick'),
    )
    .option('--list', 'only say which variants there are, or fit --only')
    .option('--json <file>', 'the results for programs; - is stdout')
    .option('--junit <file>', 'the results for build servers')
    .option('--html <file>', 'the results as a page')
    .addHelpText('after', examples)
    .action(async (command, options) => (await import('../torture.ts')).torture(command, options))
}

const examples = `
Examples:
  stuntdouble torture -- node client.mjs                 with OPENAI_BASE_URL and others set
  stuntdouble torture --budget 60s --junit torture.xml -- npm test
  stuntdouble torture --only cut/reset -- curl -sN {url}/v1/chat/completions -d @ask.json
`
