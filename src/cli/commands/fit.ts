/** `fit`: a pacing profile from the times of recordings. */
import type { Command } from 'commander'

export function addFit(program: Command): void {
  program
    .command('fit')
    .description('make a pacing for scenarios from the times of recordings, as YAML')
    .argument('<recording...>', 'recordings, or folders of them; of one model, best')
    .option('--dialect <name>', "what to decode them by (default: each recording's own)")
    .option('--name <text>', 'how the comment above it calls it')
    .option('--json', 'the figures for programs')
    .addHelpText('after', examples)
    .action(async (paths, options) => (await import('../fit.ts')).fit(paths, options))
}

const examples = `
Examples:
  stuntdouble fit tapes --name "our model in May"    print it, to be pasted into a scenario
  stuntdouble fit tapes > pacing.yaml
`
