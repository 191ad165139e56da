/** `plan`: a plan of faults, drawn from a seed. */
import { type Command, Option } from 'commander'
import { integerFrom, parseSeed } from './options.ts'

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description('draw a plan of faults from a seed and print it as YAML')
    .option('--seed <n>', 'what it is drawn from', parseSeed, 1)
    .option('--requests <n>', 'how many requests it is for', integerFrom(1, 100_000), 20)
    .option('--kinds <names>', `kinds of faults to draw from (default: ${usual})`)
    .option('--profile <name>', 'draw from this profile, each of its faults by its own chance')
    .option(
      '--often <chance>',
      'the chance that a request is broken by one of the kinds, not a profile (default: 0.5)',
    )
    .option('--frames <range>', 'places are frames of these (default: 1-12)')
    .option('--bytes <range>', 'places are bytes of these; with --frames, either')
    .option('--longest <time>', 'the longest delay or silence (default: 5s)')
    .addOption(
      new Option('--after <mode>', 'what requests get after the last entry').choices([
        'clean',
        'repeat-last',
        'loop',
      ]),
    )
    .option('--name <text>', 'what the plan is called')
    .addHelpText('after', examples)
    .action(async (options) => (await import('../plan.ts')).plan(options))
}

/** As `plan-draw.ts` has them, which would be long in loading. */
const usual = 'end,close,reset,refuse,error,delay,stall,slice,duplicate,drop,corrupt'

const examples = `
Examples:
  stuntdouble plan --seed 9 --requests 20 > plan.yaml    then: stuntdouble serve --plan plan.yaml
  stuntdouble plan --profile flaky-mobile --seed 3
  stuntdouble plan --kinds reset,close --often 1 --bytes 0-4000
`
